"""Pages and counts of what a filter finds. What no index finds is looked at task by task, up to a bound."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from dragoman.domain.limits import PAGE_BYTES
from dragoman.domain.task import Task
from dragoman.domain.task_query.inspection import Test, passes
from dragoman.usecases.tasks.lists import Sort, TaskFilter
from dragoman.usecases.uow import UnitOfWork

MOST_LOOKED_AT = 10_000
"""Tasks that a search without an index looks at."""
COUNTED = 1_000
"""Where counts stop."""

Place = tuple[Any, ...]
"""The sorted values and the number of a task, behind which a page begins."""

_properties = msgspec.json.Decoder(dict[str, str]).decode


class Found(NamedTuple):
    """One page. `has_before` and `has_after`: whether the list goes on there. `is_cut`: the search looked at as many
    tasks as it may, and there may be more."""

    tasks: list[Task]
    has_before: bool
    has_after: bool
    is_cut: bool = False


def page(
    uow: UnitOfWork,
    wanted: TaskFilter,
    tests: Sequence[Test],
    sorts: Sequence[Sort],
    *,
    limit: int,
    after: Place | None = None,
    before: Place | None = None,
    with_extensions: bool = False,
) -> Found:
    """The page behind `after`, or the one that ends before `before`; of what the principal may see."""
    wanted = replace(wanted, visible_to=uow.principal)
    keys = list(sorts) or [Sort("number")]
    if before is not None:
        keys = [replace(key, descending=not key.descending) for key in keys]
    place = after if before is None else before
    if tests:
        numbers, is_cut = _looked_at(uow, wanted, tests, keys, limit + 1, place)
        found = uow.tasks.of_numbers_read(numbers[: limit + 1])
    else:
        is_cut = False
        if not with_extensions:
            found = uow.tasks.row_page(wanted, keys, limit=limit + 1, after=place)
            return _ordered(
                found[:limit], goes_on=len(found) > limit, backwards=before is not None, place=place, is_cut=False
            )
        found, is_short = uow.tasks.bounded_page(wanted, keys, limit=limit + 1, after=place, max_bytes=PAGE_BYTES)
        if is_short:
            return _ordered(found, goes_on=True, backwards=before is not None, place=place, is_cut=False)
    return _ordered(found[:limit], goes_on=len(found) > limit, backwards=before is not None, place=place, is_cut=is_cut)


def _ordered(tasks: list[Task], *, goes_on: bool, backwards: bool, place: Place | None, is_cut: bool) -> Found:
    if backwards:
        return Found(tasks[::-1], goes_on, True, is_cut)
    return Found(tasks, place is not None, goes_on, is_cut)


def counts(
    uow: UnitOfWork, filters: Sequence[tuple[TaskFilter, Sequence[Test]]], nearly: Sequence[TaskFilter] = ()
) -> list[int]:
    """How many tasks that the principal may see each of these finds, counted up to `COUNTED`; then the same of those
    that may be counted a moment late: without tasks that timers bring, which are due and have not fired."""
    found: dict[int, int] = {}
    seen = [(replace(wanted, visible_to=uow.principal), tests) for wanted, tests in filters]
    plain = [place for place, (_, tests) in enumerate(seen) if not tests]
    late = [replace(wanted, visible_to=uow.principal) for wanted in nearly]
    (*counted,) = uow.tasks.bounded_counts([seen[place][0] for place in plain], COUNTED, late)
    found |= dict(zip(plain, counted, strict=False))
    for place, (wanted, tests) in enumerate(seen):
        if tests:
            numbers, is_cut = _looked_at(uow, wanted, tests, [Sort("number")], COUNTED, None)
            found[place] = COUNTED if is_cut else len(numbers)
    return [*(found[place] for place in range(len(seen))), *counted[len(plain) :]]


def _looked_at(
    uow: UnitOfWork,
    wanted: TaskFilter,
    tests: Sequence[Test],
    sorts: Sequence[Sort],
    limit: int,
    after: Place | None,
) -> tuple[list[int], bool]:
    """The first that pass the tests, and whether the search ended before it knew them all."""
    candidates = uow.tasks.numbers_page(wanted, sorts, limit=MOST_LOOKED_AT + 1, after=after)
    passed: list[int] = []
    for number in passing(uow, candidates[:MOST_LOOKED_AT], tests):
        passed.append(number)
        if len(passed) == limit:
            return passed, False
    return passed, len(candidates) > MOST_LOOKED_AT


def passing(uow: UnitOfWork, numbers: Sequence[int], tests: Sequence[Test]) -> Iterator[int]:
    """Those of these tasks that pass the tests. For readers."""
    names = sorted({test.name for test in tests if test.source == "attribute"})
    batches = sorted({number for test in tests for number in test.batches})
    for facts in uow.tasks.facts(numbers, names, batches):
        properties = _properties(facts.properties)
        extensions = dict(zip(names, facts.extensions, strict=True))
        if all(passes(test, properties, extensions, bool(facts.batches & set(test.batches))) for test in tests):
            yield facts.number
