"""Outside collections: objects are found, created, changed and deleted with the requests that are configured."""

import asyncio
from typing import Any

import pytest

from dragoman.delivery.collection import NOTHING, Collection, Done, Entry, Seen
from dragoman.domain.bulk_failures import Failure, FailureCode
from tests.integration.delivery.tickets import BATCH, FIRST, SECRET, Crm
from tests.support.outside_server import status

ONE = {"id": "1", "reference": "A", "title": "one"}


def seen(crm: Crm, key: str = "id", value: str = "1") -> Seen:
    found = crm.run(lambda tickets: tickets.look(key, value))
    assert isinstance(found, Seen)
    return found


def failed(result: Any) -> tuple[FailureCode, str]:
    assert isinstance(result, Failure), result
    return result.code, result.message


def test_an_object_is_found_by_its_id_with_its_version(crm: Crm) -> None:
    assert seen(crm) == Seen(1, "1", '"v1"', ONE)


def test_an_object_is_found_by_another_key_and_then_read_itself(crm: Crm) -> None:
    assert seen(crm, "reference", "A") == Seen(1, "1", '"v1"', ONE)
    assert [each.path for each in crm.tickets.sent("GET")] == ["/api/tickets?reference=A", "/api/tickets/1"]


def test_without_a_key_that_is_the_id_the_item_is_the_object(crm: Crm) -> None:
    del crm.table["find"]["id"]
    assert seen(crm, "reference", "A") == Seen(1, "1", None, ONE)


def test_nothing_or_several_objects_are_counted(crm: Crm) -> None:
    crm.tickets.put("3", reference="B")
    assert seen(crm, "id", "99") == NOTHING
    assert seen(crm, "reference", "Z") == NOTHING
    assert seen(crm, "reference", "B") == Seen(2)


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_values_that_name_another_path_find_nothing_and_are_not_sent(crm: Crm, value: str) -> None:
    assert seen(crm, "id", value) == NOTHING
    assert not crm.tickets.requests


def test_values_are_sent_as_one_part_of_the_path(crm: Crm) -> None:
    crm.tickets.put("a/b?c", title="odd")
    assert seen(crm, "id", "a/b?c").objects == 1
    assert crm.tickets.requests[0].path == "/api/tickets/a%2Fb%3Fc"


def test_versions_can_be_turned_off_or_be_missing(crm: Crm) -> None:
    crm.tickets.has_etags = False
    assert seen(crm).etag is None
    crm.tickets.has_etags = True
    crm.table["http"]["version"] = "none"
    assert seen(crm).etag is None


def test_an_object_is_created(crm: Crm) -> None:
    made = crm.run(lambda tickets: tickets.create({"reference": "C", "n": 1.10}, FIRST))
    assert made == Done("102", {"id": "102", "reference": "C", "n": 1.1})
    [request] = crm.tickets.sent("POST")
    assert request.path == "/api/tickets"
    assert request.headers["Authorization"] == SECRET
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == f"{BATCH}:0"


@pytest.mark.parametrize(
    ("content", "headers", "made"),
    [
        (None, {"location": "/api/tickets/a%20b"}, "a b"),
        (None, {"location": "https://crm.example/api/tickets/7/"}, "7"),
        ({"id": 8}, {"location": "/api/tickets/7"}, "8"),
        ({"id": True}, {}, None),
        (b"made", {}, None),
        (None, {}, None),
    ],
)
def test_the_id_of_a_new_object_is_in_the_reply(crm: Crm, content: Any, headers: dict[str, str], made: str) -> None:
    crm.tickets.fail("POST", status(201, content, **headers))
    result = crm.run(lambda tickets: tickets.create({}, FIRST))
    assert isinstance(result, Done)
    assert result.id == made


def test_an_object_is_changed_if_it_has_the_version_that_was_seen(crm: Crm) -> None:
    old = seen(crm)
    done = crm.run(lambda tickets: tickets.patch("1", {"title": "new"}, old, Entry(BATCH, 7, "id")))
    assert done == Done("1", {**ONE, "title": "new"})
    [request] = crm.tickets.sent("PATCH")
    assert request.headers["If-Match"] == '"v1"'
    assert request.headers["Idempotency-Key"] == f"{BATCH}:7"
    assert request.body == {"title": "new"}


def test_an_object_that_was_changed_meanwhile_is_left_alone(crm: Crm) -> None:
    old = seen(crm)
    crm.tickets.put("1", reference="A", title="theirs")
    for result in (
        crm.run(lambda tickets: tickets.patch("1", {"title": "new"}, old, FIRST)),
        crm.run(lambda tickets: tickets.delete("1", old, FIRST)),
    ):
        assert failed(result) == (FailureCode.CHANGED_SINCE_REVIEW, "changed since review")
    assert crm.tickets.objects["1"]["title"] == "theirs"


def test_no_version_is_sent_if_it_is_turned_off_or_none_was_seen(crm: Crm) -> None:
    crm.run(lambda tickets: tickets.patch("1", {"n": 1}, Seen(1, "1", None, ONE), FIRST))
    crm.table["http"]["if_match"] = False
    crm.run(lambda tickets: tickets.patch("1", {"n": 2}, Seen(1, "1", '"v1"', ONE), Entry(BATCH, 1)))
    assert all("If-Match" not in request.headers for request in crm.tickets.sent("PATCH"))
    crm.tickets.fail("PATCH", status(412))
    result = crm.run(lambda tickets: tickets.patch("1", {"n": 2}, Seen(1, "1", '"v1"', ONE), Entry(BATCH, 2)))
    assert failed(result) == (FailureCode.OUTSIDE_REFUSED, "HTTP 412 from crm_ticket")


def test_an_object_is_put_whole_where_that_is_configured(crm: Crm) -> None:
    crm.table["apply"]["PATCH"]["method"] = "PUT"
    old = seen(crm)
    crm.run(lambda tickets: tickets.patch("1", {"title": None, "n": {"a": 1}}, old, FIRST))
    [request] = crm.tickets.sent("PUT")
    assert request.body == {"id": "1", "reference": "A", "n": {"a": 1}}


def test_an_object_is_deleted(crm: Crm) -> None:
    old = seen(crm)
    assert crm.run(lambda tickets: tickets.delete("1", old, FIRST)) == Done("1")
    [request] = crm.tickets.sent("DELETE")
    assert request.headers["If-Match"] == '"v1"'
    assert request.body is None
    assert "1" not in crm.tickets.objects


def test_an_object_that_is_gone_is_not_found(crm: Crm) -> None:
    gone = Seen(1, "99", None, {})
    for result in (
        crm.run(lambda tickets: tickets.patch("99", {"n": 1}, gone, FIRST)),
        crm.run(lambda tickets: tickets.delete("99", gone, FIRST)),
    ):
        assert failed(result) == (FailureCode.NOT_FOUND, "Cannot find item by id")


def test_a_refusal_is_shown_with_its_status(crm: Crm) -> None:
    crm.tickets.fail("POST", status(409, {"message": "reference taken\n\x00"}))
    result = crm.run(lambda tickets: tickets.create({}, FIRST))
    assert failed(result) == (FailureCode.OUTSIDE_REFUSED, "HTTP 409 from crm_ticket")
    assert isinstance(result, Failure)
    assert result.errors[0].message == '{"message": "reference taken\\n\\u0000"}'
    assert len(crm.tickets.requests) == 1


@pytest.mark.parametrize("text", [b"x" * 600, b"\xff\x00\n" * 300, b""])
def test_at_most_500_printable_characters_of_a_refusal_are_shown(crm: Crm, text: bytes) -> None:
    crm.tickets.fail("POST", status(422, text))
    result = crm.run(lambda tickets: tickets.create({}, FIRST))
    assert isinstance(result, Failure)
    shown = result.errors[0].message
    assert 0 < len(shown) <= 500
    assert shown.isprintable()


def test_the_secret_is_blotted_out_of_all_that_a_reply_repeats(crm: Crm) -> None:
    crm.tickets.put("1", note=f"sent {SECRET}", token="hush-hush-4711")
    assert seen(crm).document == {"id": "1", "note": "sent ***", "token": "***"}
    crm.tickets.fail("POST", status(400, f"bad: {'.' * 480}{SECRET}".encode()))
    refused = crm.run(lambda tickets: tickets.create({}, FIRST))
    assert isinstance(refused, Failure)
    assert "hush" not in refused.errors[0].message
    crm.tickets.fail("GET", status(200, {"id": "1"}, etag=f'"{SECRET}"'))
    assert seen(crm).etag is None
    crm.tickets.fail("POST", status(201, {"id": SECRET}))
    assert crm.run(lambda tickets: tickets.create({}, Entry(BATCH, 1))) == Done(None, {"id": "***"})


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[1]", b"7", b'{"results": 1}', b'{"results": [{}]}', b'{"a":"\xff"}', b'{"n":1e999}']
    + [b"[" * depth + b"]" * depth for depth in (200, 100_000)],
)
def test_a_reply_that_cannot_be_read_is_a_failure(crm: Crm, content: bytes) -> None:
    for key in ("id", "reference"):
        crm.tickets.fail("GET", status(200, content))
        result = crm.run(lambda tickets: tickets.look(key, "A"))  # noqa: B023
        if key == "reference" or not content.startswith(b'{"results"'):
            assert failed(result) == (FailureCode.OUTSIDE_REFUSED, "HTTP 200 from crm_ticket")


def test_many_entries_share_one_pace(crm: Crm) -> None:
    crm.table["http"] |= {"concurrency": 3}

    async def all_of(tickets: Collection) -> Any:
        return await asyncio.gather(*(tickets.look("id", str(1 + index % 2)) for index in range(60)))

    assert all(found.objects == 1 for found in crm.run(all_of))
    assert crm.tickets.most_at_once <= 3
