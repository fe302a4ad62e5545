"""Lists of batches: the table and a look at each batch agree on what matches, in which order, from where on."""

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.dialects.carrierx_batch.handlers import task_search as searching
from dragoman.dialects.carrierx_batch.wire.filter import parse
from dragoman.dialects.carrierx_batch.wire.paging import Ordering
from dragoman.dialects.carrierx_batch.wire.statuses import STATUS_WORDS
from dragoman.dialects.carrierx_batch.wire.tasks import NAMES
from dragoman.domain.bulk import Batch, Method, Status
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches import lists as batch_lists
from dragoman.usecases.batches.lists import BatchSort, Wanted
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

# A list of so many statements doesn't get through where every eighth one fails.
pytestmark = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)

COUNT = 14
COLUMNS = ("number", *searching.COLUMNS.values())
STATUSES = (Status.CREATED, Status.IN_REVIEW, Status.RUNNING, Status.COMPLETED)
LATE_STATUSES = {12: Status.STOPPED, 13: Status.CANARY_REVIEW}


def furnish(uow: UnitOfWork) -> None:
    """Batches of every kind: some without counts, some without a field, with moments finer than are shown."""
    for at in range(COUNT):
        method = tuple(Method)[at % 3]
        data = f'{{"name":"{"ab"[at % 2]}","deep":{{"n":{at}}}}}'
        order = batches.NewBatch(
            method=method,
            type=("phonenumber", "prefix")[at % 2],
            field=None if method is Method.POST else ("phonenumber", "did_sid")[at % 2],
            entries=None if method is Method.POST else '["1"]',
            data={Method.POST: f"[{data}]", Method.PATCH: data, Method.DELETE: None}[method],
            review=at % 5 > 1,
            size=4,
        )
        batch = batches.create(uow, order).batch
        uow.batches.save(_as_of(batch, at))


def _as_of(batch: Batch, at: int) -> Batch:
    status = LATE_STATUSES.get(at, STATUSES[at % 4])
    moment = Moment(NOON + at // 2 * 5_000)
    batch = replace(batch, created_at=moment, modified_at=Moment(moment + at % 3))
    if status is Status.CREATED:
        return batch
    if status in LATE_STATUSES.values():
        return replace(batch, status=status, total=4, processed=2, success=1, failure=1, skipped=2 * (at == 12))
    failure = at % 3
    processed = 4 if status is Status.COMPLETED else failure if status is Status.RUNNING else 0
    failure = min(failure, processed)
    return replace(batch, status=status, total=4, processed=processed, success=processed - failure, failure=failure)


@pytest.fixture
def listed(world: World) -> World:
    """A world with those batches."""
    world.write(furnish, EXCLUSIVE)
    world.clock.advance(1)  # moments in the future are not shown yet
    return world


def page(world: World, **wanted: object) -> tuple[list[int], int, int]:
    """The numbers on a page, the place of the first, and how many there are."""

    def run(uow: UnitOfWork) -> tuple[list[int], int, int]:
        given: dict[str, object] = {"limit": 1_000, "with_payload": False, "with_failures": False, **wanted}
        found = batch_lists.find(uow, Wanted(**given))  # type: ignore[arg-type]
        return [seen.batch.number for seen in found.items], found.first, found.total

    answer: tuple[list[int], int, int] = world.read(run)
    return answer


def uid_of(world: World, number: int) -> str:
    """The sid of a batch."""
    uid: str = world.read(lambda uow: uow.batches.get(number).uid)
    return uid


FILTERS = [
    "status eq running",
    "status eq stopped",
    "status like '%ed'",
    "failure eq 3",
    "failure lt 3",
    "processed in (2, 4)",
    "processed ge 4",
    "processed eq null",
    "status ne running",
    "status gt created",
    "status in (created, running, null)",
    "status eq null",
    "status eq true",
    "field eq null",
    "field ne null",
    "field ne phonenumber",
    "field in (null, did_sid)",
    "field gt null",
    "method like 'P%'",
    "method ilike 'p%t'",
    "review eq true",
    "review ne true",
    "review eq null",
    "review gt false",
    "review in (true, false)",
    "failure eq 0",
    "failure ne 0",
    "failure eq null",
    "failure ne null",
    "failure gt 0",
    "failure ge 0.5",
    "failure lt many",
    "failure ne many",
    "failure in (0, 2, null)",
    f"status in (running{', nothing' * 999})",
    " and ".join(["status ne nothing"] * 100),
    "failure lt 99999999999999999999",
    "failure eq '1'",
    "failure gt null",
    "task_sid like '%-%'",
    "partner_sid ne null",
    "data eq null",
    "data.name eq a",
    "data.deep.n ge 5 and data.name ne null",
    "data.nothing eq null",
    "entries ne null",
    "error_details eq null",
    "type eq prefix and status eq completed and data.deep.n lt 9",
    "date_created ge {at}",
    "date_created gt {at}",
    "date_created lt {at}",
    "date_created le {at}",
    "date_created eq {at}",
    "date_created ne {at}",
    "date_created in ({at}, null)",
    "date_created gt {between}",
    "date_created le {between}",
    "date_created eq {between}",
    "date_modified ge 1999-01-01 and date_modified lt 2100-01-01",
    "date_created like '%Z'",
    "date_created eq null",
]
MOMENTS = {"at": "2026-09-21T14:13:20.001Z", "between": "2026-09-21T14:13:20.0015Z"}


def test_the_table_and_a_look_at_each_batch_agree(listed: World) -> None:
    for text in FILTERS:
        comparisons = parse(text.format(**MOMENTS), NAMES)
        conditions, rest = searching.split(comparisons)
        owner = listed.read(lambda uow: uow.home)
        by_table = page(listed, conditions=conditions, matches=searching.matcher(rest, owner))
        by_looking = page(listed, matches=searching.matcher(comparisons, owner))
        assert by_table == by_looking, text


def test_filters_find_something_and_leave_something(listed: World) -> None:
    found = set()
    for text in FILTERS:
        conditions, rest = searching.split(parse(text.format(**MOMENTS), NAMES))
        owner = listed.read(lambda uow: uow.home)
        found.add(page(listed, conditions=conditions, matches=searching.matcher(rest, owner))[2])
    assert {0, COUNT} < found
    assert len(found) > 5


def test_every_order_either_way_is_walked_once_each(listed: World) -> None:
    everything = [BatchSort(column, descending) for column in COLUMNS for descending in (False, True)]
    for sort in everything:
        for matches in (None, lambda batch, data_of: True):
            whole, first, total = page(listed, sort=sort, matches=matches)
            assert (sorted(whole), first, total) == (list(range(1, COUNT + 1)), 0, COUNT)
            edge = uid_of(listed, whole[4])
            assert page(listed, sort=sort, matches=matches, after=edge, limit=3) == (whole[5:8], 5, COUNT)
            assert page(listed, sort=sort, matches=matches, before=edge, limit=3) == (whole[1:4], 1, COUNT)
            assert page(listed, sort=sort, matches=matches, offset=COUNT - 2, limit=3) == (whole[-2:], COUNT - 2, COUNT)


def test_an_order_has_the_newest_first_among_equals(listed: World) -> None:
    numbers, _, _ = page(listed, sort=BatchSort("review", descending=False))
    reviewed = listed.read(lambda uow: {number: uow.batches.get(number).review for number in numbers})
    assert numbers == sorted(numbers, key=lambda number: (reviewed[number], -number))


def test_statuses_are_in_the_order_of_the_words_shown(listed: World) -> None:
    sort = searching.sort_of(Ordering("status"))
    numbers, _, _ = page(listed, sort=sort)
    words = listed.read(lambda uow: {number: STATUS_WORDS[uow.batches.get(number).status] for number in numbers})
    assert numbers == sorted(numbers, key=lambda number: (words[number], -number))
    assert page(listed, sort=sort, after=uid_of(listed, numbers[5]), limit=3)[0] == numbers[6:9]
    assert page(listed, sort=sort, matches=lambda batch, data_of: True)[0] == numbers


def test_an_edge_need_not_match_itself(listed: World) -> None:
    conditions, _ = searching.split(parse("method eq POST", NAMES))
    posts, _, total = page(listed, conditions=conditions)
    for matches in (None, lambda batch, data_of: batch.method is Method.POST):
        given = {"conditions": conditions} if matches is None else {"matches": matches}
        edge = uid_of(listed, posts[1] + 1)
        assert page(listed, after=edge, **given) == (posts[1:], 1, total)
        assert page(listed, before=edge, **given) == (posts[:1], 0, total)


def test_any_order_holds_every_batch(listed: World) -> None:
    numbers, first, total = page(listed, sort=None)
    assert (sorted(numbers), first, total) == (list(range(1, COUNT + 1)), 0, COUNT)
    assert len(page(listed, sort=None, limit=5, offset=COUNT - 3)[0]) == 3


def test_more_than_can_be_looked_at_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(furnish, EXCLUSIVE)
    monkeypatch.setattr(batch_lists, "MOST_LOOKED_AT", COUNT - 1)
    with pytest.raises(Invalid, match="add a condition"):
        page(world, matches=lambda batch, data_of: True)
