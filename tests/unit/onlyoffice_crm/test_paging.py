"""Pages of lists: what a client says of them is read leniently, and cut, sorted and chosen from as told."""

from typing import Any

import pytest

from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.responses import array, listed
from dragoman.dialects.onlyoffice_crm.wire.paging import Paging, choose, in_order, matching, read_paging
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from tests.unit.onlyoffice_crm.asking import ask

ITEMS = [
    {"title": "b", "sortOrder": 2, "createBy": {"id": "x"}, "id": 1},
    {"title": "C", "sortOrder": 1, "id": 2, "isClosed": True},
    {"title": "a", "id": 3},
]


def paging(query: str) -> Paging:
    return read_paging(gather(ask("GET", query=query)))


def ids(items: list[dict[str, Any]]) -> list[int]:
    return [item["id"] for item in items]


@pytest.mark.parametrize(
    ("query", "start", "count"),
    [
        ("", 0, 1000),
        ("count=2&startIndex=4", 4, 2),
        ("count=0", 0, 0),
        ("count=5000", 0, 1000),
        ("count=x&startIndex=y", 0, 1000),
        ("count=-1&startIndex=-1", 0, 1000),
        ("count=1.5&startIndex=" + "9" * 40, 0, 1000),
        ("COUNT=%202%20", 0, 2),
    ],
)
def test_where_a_page_begins_and_ends(query: str, start: int, count: int) -> None:
    found = paging(query)
    assert (found.start, found.count) == (start, count)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", None),
        ("fields=", None),
        ("fields=id,Title", {"id", "title"}),
        ("fields[]=id&fields[]=title", {"id", "title"}),
        ("fields=+id+,,", {"id"}),
    ],
)
def test_fields(query: str, fields: set[str] | None) -> None:
    assert paging(query).fields == fields


@pytest.mark.parametrize(("order", "down"), [("descending", True), ("Descending", False), ("desc", False), ("", False)])
def test_only_one_word_reverses(order: str, down: bool) -> None:
    assert paging(f"sortOrder={order}").is_descending is down


def test_chosen_members_keep_their_order_and_stay_whole() -> None:
    assert choose(ITEMS[0], frozenset({"id", "createby"})) == {"createBy": {"id": "x"}, "id": 1}
    assert list(choose(ITEMS[0], frozenset({"id", "title"}))) == ["title", "id"]
    assert choose(ITEMS, frozenset({"id"})) == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert choose({}, frozenset({"id"})) == {}
    assert choose(ITEMS, None) is ITEMS


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3]),
        ("sortBy=title", [3, 1, 2]),
        ("sortBy=Title&sortOrder=descending", [2, 1, 3]),
        ("sortBy=sortOrder", [3, 2, 1]),
        ("sortBy=createBy", [1, 2, 3]),
        ("sortBy=isClosed&sortOrder=descending", [2, 1, 3]),
        ("sortBy=nothing", [1, 2, 3]),
    ],
)
def test_sorting_on_a_member(query: str, expected: list[int]) -> None:
    assert ids(in_order(ITEMS, paging(query))) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filterValue=b", [1, 2, 3]),
        ("filterBy=title&filterValue=B", [1]),
        ("filterBy=title&filterOp=startsWith&filterValue=c", [2]),
        ("filterBy=title&filterOp=endswith&filterValue=A", [3]),
        ("filterBy=sortOrder&filterOp=present", [1, 2]),
        ("filterBy=id&filterOp=contains&filterValue=2", [2]),
        ("filterBy=isClosed&filterOp=equals&filterValue=true", [2]),
        ("filterBy=createBy&filterOp=present", []),
        ("filterBy=title&filterOp=unknown&filterValue=b", [1, 2, 3]),
    ],
)
def test_filtering_on_a_member(query: str, expected: list[int]) -> None:
    assert ids(matching(ITEMS, paging(query))) == expected


def page_of(start: int, count: int, matches: int, option: str = "vendor") -> dict[str, Any]:
    items: list[dict[str, Any]] = [{"id": number} for number in range(start, min(start + count, matches))]
    options = Options(next_index=option)
    members = listed(options, 200, items, Paging(start=start, count=count), matches, matches)
    return {name: members.get(name) for name in ("count", "startIndex", "nextIndex", "total")}


@pytest.mark.parametrize(
    ("start", "count", "matches", "expected"),
    [
        (0, 2, 5, {"count": 2, "startIndex": None, "nextIndex": 3, "total": 5}),
        (2, 2, 5, {"count": 2, "startIndex": 2, "nextIndex": 5, "total": 5}),
        (4, 2, 5, {"count": 1, "startIndex": 4, "nextIndex": None, "total": 5}),
        (3, 2, 5, {"count": 2, "startIndex": 3, "nextIndex": None, "total": 5}),
        (9, 2, 5, {"count": None, "startIndex": 9, "nextIndex": None, "total": 5}),
        (0, 2, 0, {"count": None, "startIndex": None, "nextIndex": None, "total": 0}),
    ],
)
def test_paging_members(start: int, count: int, matches: int, expected: dict[str, int | None]) -> None:
    assert page_of(start, count, matches) == expected


def test_next_index_may_be_where_the_next_page_begins() -> None:
    assert page_of(0, 2, 5, "correct")["nextIndex"] == 2


def test_other_arrays_are_paged_too_and_tell_a_total_only_when_they_are_longer() -> None:
    def same(item: dict[str, Any], _: Persons) -> dict[str, Any]:
        return item

    render = array(Options(), 200, same)
    assert render(ITEMS, ask("GET", query="fields=id")).body == (
        b'{"count":3,"status":0,"statusCode":200,"response":[{"id":1},{"id":2},{"id":3}]}'
    )
    assert render(ITEMS, ask("GET", query="fields=id&count=1&startIndex=1&sortBy=title")).body == (
        b'{"count":1,"startIndex":1,"nextIndex":3,"total":3,"status":0,"statusCode":200,"response":[{"id":1}]}'
    )
