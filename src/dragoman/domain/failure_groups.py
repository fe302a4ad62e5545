"""Equal failures of a batch, counted as its slices go: by code, and by field and message of the first problem."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from dragoman.domain.bulk import BatchDetail, FailureGroup
from dragoman.domain.bulk_failures import Failure

KEPT = 1_000
SHOWN = 100
EXAMPLES = 3

_read = msgspec.json.Decoder(Failure).decode


def counted(detail: BatchDetail, failures: Iterable[tuple[int, str]]) -> BatchDetail:
    """With more failures: the index of each entry, and its failure as JSON text. Beyond `KEPT` groups they are counted
    without their text."""
    groups = {(each.code, each.field, each.message): each for each in detail.failures}
    other = detail.other_failures
    for index, text in failures:
        key = _key(_read(text))
        known = groups.get(key)
        if known is not None:
            groups[key] = _with(known, index)
        elif len(groups) < KEPT:
            groups[key] = FailureGroup(*key, 1, (index,))
        else:
            other += 1
    return replace(detail, failures=tuple(groups.values()), other_failures=other)


def shown(detail: BatchDetail) -> tuple[tuple[FailureGroup, ...], int]:
    """The largest groups, and how many failures are in none of them."""
    ordered = sorted(detail.failures, key=lambda each: (-each.count, each.examples))
    rest = sum(each.count for each in ordered[SHOWN:])
    return tuple(ordered[:SHOWN]), rest + detail.other_failures


def _key(failure: Failure) -> tuple[str, str | None, str]:
    if not failure.errors:
        return str(failure.code), None, failure.message
    first = failure.errors[0]
    return str(failure.code), first.field, first.message


def _with(group: FailureGroup, index: int) -> FailureGroup:
    examples = group.examples if len(group.examples) >= EXAMPLES else (*group.examples, index)
    return replace(group, count=group.count + 1, examples=examples)
