"""Pages: which part of a list is asked for, and what is said of it."""

from typing import Any

import pytest

from dragoman.dialects.carrierx_batch.wire.paging import (
    Ordering,
    Slice,
    envelope,
    parse_order,
    parse_selection,
    parse_slice,
)
from dragoman.domain.errors import Invalid
from tests.unit.carrierx_batch.asking import asked

SID = "0f3c9f5e-8d0b-4a53-a7b4-6c1e2a7d9b10"


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("", Slice()),
        ("limit=1&offset=0", Slice(1, 0)),
        ("limit=1000&offset=999999999999999999", Slice(1000, 999999999999999999)),
        (f"after={SID}", Slice(after=SID)),
        (f"before={SID}&limit=3", Slice(3, before=SID)),
    ],
)
def test_a_part_is_read(query: str, part: Slice) -> None:
    assert parse_slice(asked(query)) == part


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=",
        "limit=1.0",
        "limit=-5",
        "limit=%2B5",
        "limit=\u0661",
        "offset=-1",
        "offset=x",
        "offset=9999999999999999999",
        "after=x",
        f"after={SID}&offset=0",
        f"before={SID}&offset=3",
        f"after={SID}&before={SID}",
    ],
)
def test_a_part_that_there_is_not_is_refused(query: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_slice(asked(query))
    assert refused.value.code == "bad_parameter"


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", None),
        ("order=", None),
        ("order=type", Ordering("type")),
        ("order=type+asc", Ordering("type")),
        ("order=type%20DESC", Ordering("type", descending=True)),
        ("order=shuffle", Ordering(None)),
    ],
)
def test_an_order_is_read(query: str, order: Ordering | None) -> None:
    assert parse_order(asked(query), ["type", "total"]) == order


@pytest.mark.parametrize("text", ["data", "type up", "type asc total", "shuffle desc", "asc", "type,total", "type-asc"])
def test_an_order_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="order"):
        parse_order(asked(f"order={text.replace(' ', '+')}"), ["type", "total"])


def test_keys_are_chosen_in_either_spelling() -> None:
    chosen = parse_selection(asked("include_fields=status,%20total&includeFields=type&exclude_fields=total,zzz"))
    assert [name for name in ("status", "total", "type", "data") if chosen.shows(name)] == ["status", "type"]
    assert parse_selection(asked("include_fields=")).shows("data")


def told(query: str, count: int, *, first: int, total: int) -> Any:
    request = asked(query)
    sids = [f"sid-{first + at}" for at in range(count)]
    return envelope(request, parse_slice(request), list(sids), first=first, total=total, sids=sids)


def test_the_next_page_keeps_what_the_client_wrote() -> None:
    page = told("limit=2&order=date_created+asc&filter=a%20eq%20b", 2, first=0, total=3)
    url = "https://tasks.example/core/v2/batch/tasks?limit=2&order=date_created+asc&filter=a%20eq%20b&offset=2"
    assert page["pagination"] == {"next": url}
    assert (page["count"], page["has_more"], page["limit"], page["offset"], page["total"]) == (2, True, 2, 0, 3)


def test_pages_between_point_both_ways() -> None:
    page = told("limit=2&offset=3", 2, first=3, total=9)
    assert {name: url.partition("?")[2] for name, url in page["pagination"].items()} == {
        "next": "limit=2&offset=5",
        "previous": "limit=2&offset=1",
    }


def test_the_page_before_the_second_one_begins_at_the_beginning() -> None:
    assert told("limit=5&offset=3", 1, first=3, total=4)["pagination"]["previous"].endswith("?limit=5&offset=0")


def test_pages_by_sid_go_on_by_sid() -> None:
    page = told(f"after={SID}&limit=2", 2, first=4, total=9)
    assert {name: url.partition("?")[2] for name, url in page["pagination"].items()} == {
        "next": "limit=2&after=sid-5",
        "previous": "limit=2&before=sid-4",
    }


def test_an_empty_page_has_nothing_behind_it() -> None:
    assert told("offset=9", 0, first=9, total=3)["has_more"] is False
    assert told("", 0, first=0, total=0)["pagination"] == {}


def test_a_place_is_read_in_letters_of_either_case() -> None:
    assert parse_slice(asked(f"after={SID.upper()}")).after == SID
