"""What a filter selects for a batch: all that it finds, in the order of numbers, some at a time."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from dragoman.domain.task import Kind
from dragoman.domain.task_query.inspection import passes
from dragoman.domain.task_query.terms import parse
from dragoman.usecases.inbox import filters
from dragoman.usecases.inbox.filters import Filter
from dragoman.usecases.tasks.lists import Sort, TaskFilter
from dragoman.usecases.uow import UnitOfWork

BY_NUMBER = (Sort("number"),)
LOOKED_AT = 1_000
"""Tasks that are looked at together."""

_properties = msgspec.json.Decoder(dict[str, str]).decode


def numbers(text: str, uow: UnitOfWork, after: int, limit: int) -> list[tuple[int, str]]:
    """Number and id of so many tasks behind a number, but of none that stands for a batch. Nothing for a filter that
    can't be read any more."""
    found = filters.read(uow, text, _dialects(text))
    if found.faults:
        return []
    work = filters.both(found.wanted, TaskFilter(kind=str(Kind.WORK)))
    wanted = replace(work, visible_to=uow.principal)
    known: list[int] = []
    while len(known) < limit:
        candidates = uow.tasks.numbers_page(wanted, BY_NUMBER, limit=LOOKED_AT, after=(after, after))
        if not candidates:
            break
        known += _passed(uow, found, candidates)
        after = candidates[-1]
    some = known[:limit]
    return [(task.number, task.uid) for task in uow.tasks.plain(some, 2**62)]


def _dialects(text: str) -> list[str]:
    """The dialects that the text names, which were known when it was typed."""
    return [value.text for term in parse(text).terms if term.key == "dialect" for value in term.values]


def _passed(uow: UnitOfWork, found: Filter, candidates: Sequence[int]) -> list[int]:
    """Those of the candidates that pass the tests."""
    if not found.tests:
        return list(candidates)
    names = sorted({test.name for test in found.tests if test.source == "attribute"})
    batches = sorted({number for test in found.tests for number in test.batches})
    passed = []
    for facts in uow.tasks.facts(list(candidates), names, batches):
        properties = _properties(facts.properties)
        extensions = dict(zip(names, facts.extensions, strict=True))
        by = facts.batches
        if all(passes(test, properties, extensions, bool(by & set(test.batches))) for test in found.tests):
            passed.append(facts.number)
    return passed
