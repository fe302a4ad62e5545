"""An outside server that fails, stalls, drops the connection, limits, redirects, or never stops replying."""

import asyncio
from typing import Any

import pytest

from dragoman.delivery.collection import Done, Entry, Seen
from dragoman.delivery.outside import Outside
from dragoman.delivery.pace import Later
from dragoman.domain.bulk_failures import Failure, FailureCode
from dragoman.domain.clock import FixedClock, Moment, SystemClock
from tests.integration.delivery.tickets import BATCH, FIRST, Crm
from tests.support.outside_server import (
    Fault,
    Handler,
    act_then_drop,
    broken_body,
    drop,
    endless,
    serving,
    stall,
    status,
)

ONE = Seen(1, "1", '"v1"', {"id": "1", "reference": "A", "title": "one"})


def patch(crm: Crm, entry: Entry = FIRST, change: Any = None) -> Done | Failure:
    return crm.run(lambda tickets: tickets.patch("1", change or {"title": "new"}, ONE, entry))


def said(result: Any) -> tuple[FailureCode, str, str]:
    assert isinstance(result, Failure), result
    return result.code, result.message, result.errors[0].message


@pytest.mark.parametrize("fault", [status(503), status(429), drop, act_then_drop])
def test_a_fault_that_passes_is_tried_again_with_the_same_key(crm: Crm, fault: Fault) -> None:
    crm.tickets.fail("PATCH", fault, fault)
    assert isinstance(patch(crm), Done)
    assert crm.tickets.objects["1"]["title"] == "new"
    assert [each.headers["Idempotency-Key"] for each in crm.tickets.sent("PATCH")] == [f"{BATCH}:0"] * 3


def test_a_fault_that_stays_ends_after_the_tries(crm: Crm) -> None:
    crm.tickets.fail("PATCH", *[status(503, {"message": "maintenance"})] * 9)
    assert said(patch(crm)) == (
        FailureCode.OUTSIDE_REFUSED,
        "HTTP 503 from crm_ticket",
        '{"message": "maintenance"}',
    )
    assert len(crm.tickets.requests) == 3
    crm.tickets.fail("GET", *[drop] * 3)
    looked = crm.run(lambda tickets: tickets.look("id", "1"))
    assert said(looked) == (FailureCode.OUTSIDE_SILENT, "connection broken", "3 attempts made")


def test_other_statuses_are_not_tried_again(crm: Crm) -> None:
    crm.tickets.fail("PATCH", status(501))
    assert said(patch(crm))[1] == "HTTP 501 from crm_ticket"
    assert len(crm.tickets.requests) == 1


def test_a_server_that_stalls_is_silent(crm: Crm) -> None:
    crm.table["http"] |= {"timeout_s": 0.1, "retry": {"tries": 1}}
    crm.tickets.fail("PATCH", stall(1))
    assert said(patch(crm)) == (FailureCode.OUTSIDE_SILENT, "timeout after 0.1 s", "1 attempt made")


def test_a_server_that_is_not_there_is_silent(crm: Crm) -> None:
    with serving() as (base, _):
        crm.base = base
    crm.table["http"]["retry"]["tries"] = 2
    assert said(patch(crm)) == (FailureCode.OUTSIDE_SILENT, "no connection", "2 attempts made")


def test_a_name_that_is_not_known_is_silent(crm: Crm) -> None:
    crm.base = "https://no-such-host.invalid/api"
    crm.table["http"]["retry"]["tries"] = 1
    assert said(patch(crm)) == (FailureCode.OUTSIDE_SILENT, "host not found", "1 attempt made")


def test_a_server_without_a_certificate_is_silent(crm: Crm) -> None:
    crm.base = crm.base.replace("http:", "https:")
    crm.table["http"]["retry"]["tries"] = 1
    assert said(patch(crm)) == (FailureCode.OUTSIDE_SILENT, "no connection", "1 attempt made")
    assert not crm.tickets.requests


def test_a_lost_reply_to_a_change_is_no_change_by_others(crm: Crm) -> None:
    crm.tickets.remembers = False  # the second try meets the version that the first one made
    crm.tickets.fail("PATCH", act_then_drop)
    assert patch(crm) == Done("1", {"id": "1", "reference": "A", "title": "new"})
    assert [len(crm.tickets.sent(method)) for method in ("PATCH", "GET")] == [2, 1]


def test_a_change_by_others_between_two_tries_is_found(crm: Crm) -> None:
    def write_then_drop(handler: Handler) -> None:
        crm.tickets.put("1", title="theirs")
        drop(handler)

    crm.tickets.fail("PATCH", write_then_drop)
    assert said(patch(crm))[0] is FailureCode.CHANGED_SINCE_REVIEW
    assert crm.tickets.objects["1"]["title"] == "theirs"


@pytest.mark.parametrize(("gone_is_success", "code"), [(True, None), (False, FailureCode.NOT_FOUND)])
def test_an_object_that_is_gone_at_the_second_try_was_deleted(
    crm: Crm, gone_is_success: bool, code: FailureCode | None
) -> None:
    crm.table["http"]["gone_is_success"] = gone_is_success
    crm.tickets.remembers = False
    crm.tickets.fail("DELETE", act_then_drop)
    result = crm.run(lambda tickets: tickets.delete("1", ONE, FIRST))
    assert (result.code if isinstance(result, Failure) else None) is code


def test_an_object_that_is_gone_after_a_try_of_an_earlier_run_was_deleted(crm: Crm) -> None:
    del crm.tickets.objects["1"]
    again = Entry(BATCH, 0, "id", was_tried=True)
    assert crm.run(lambda tickets: tickets.delete("1", ONE, again)) == Done("1")


def test_a_change_that_an_earlier_run_made_is_a_success(crm: Crm) -> None:
    crm.tickets.put("1", reference="A", title="new")
    assert isinstance(patch(crm, Entry(BATCH, 0, "id", was_tried=True)), Done)
    assert isinstance(patch(crm, Entry(BATCH, 1, "id")), Failure)


def test_a_reply_of_10_gigabytes_is_not_read(crm: Crm) -> None:
    crm.tickets.fail("GET", endless)
    looked = crm.run(lambda tickets: tickets.look("id", "1"))
    assert said(looked) == (
        FailureCode.OUTSIDE_REFUSED,
        "HTTP 200 from crm_ticket",
        "the reply is longer than 1 MiB",
    )
    crm.tickets.fail("PATCH", endless)
    assert patch(crm) == Done("1", None)


def test_a_reply_that_breaks_off_is_read_again_but_not_written_again(crm: Crm) -> None:
    crm.tickets.fail("GET", broken_body(200))
    assert crm.run(lambda tickets: tickets.look("id", "1")) == ONE
    crm.tickets.fail("POST", broken_body(201))
    assert crm.run(lambda tickets: tickets.create({}, FIRST)) == Done(None, None)
    assert len(crm.tickets.sent("POST")) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_blocked(crm: Crm, code: int) -> None:
    crm.tickets.fail("PATCH", status(code, location=f"{crm.base}/tickets/2"))
    assert said(patch(crm)) == (
        FailureCode.OUTSIDE_BLOCKED,
        "redirect not followed (crm_ticket)",
        "redirect not followed",
    )
    assert [each.path for each in crm.tickets.requests] == ["/api/tickets/1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "127.1"])
def test_an_address_that_is_not_allowed_gets_no_request(crm: Crm, host: str) -> None:
    crm.table["http"]["allow"] = ["10.0.0.0/8"]
    crm.base = crm.base.replace("127.0.0.1", host)
    assert said(patch(crm))[:2] == (FailureCode.OUTSIDE_BLOCKED, "address not allowed (crm_ticket)")
    crm.base = crm.base.replace("http:", "https:")
    assert said(patch(crm))[0] is FailureCode.OUTSIDE_BLOCKED
    assert not crm.tickets.requests


def test_a_name_that_moves_to_this_machine_is_blocked_at_the_next_request(crm: Crm) -> None:
    crm.base = crm.base.replace("127.0.0.1", "crm.example")
    crm.table["http"]["allow"] = ["127.0.0.1"]
    addresses = ["127.0.0.1"]

    async def resolve(_host: str, _port: int) -> list[str]:
        return addresses

    async def run() -> list[Any]:
        async with Outside([crm.type()], SystemClock(), resolve).collection("crm_ticket") as tickets:
            first = await tickets.look("id", "1")
            addresses[:] = ["127.0.0.1", "192.168.0.1"]
            return [first, await tickets.look("id", "1")]

    first, second = asyncio.run(run())
    assert first == ONE
    assert said(second)[0] is FailureCode.OUTSIDE_BLOCKED
    assert len(crm.tickets.requests) == 1
    assert crm.tickets.requests[0].headers["Host"].startswith("crm.example:")


def test_proxies_of_the_environment_are_not_used(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(patch(crm), Done)


def test_retry_after_is_obeyed_by_all_requests_of_the_type(crm: Crm) -> None:
    crm.tickets.fail("GET", status(429, retry_after="1"))

    async def run() -> None:
        outside = Outside([crm.type()], SystemClock())
        async with outside.collection("crm_ticket") as one, outside.collection("crm_ticket") as other:
            first = asyncio.create_task(one.look("id", "1"))
            while not crm.tickets.requests:
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.1)
            await asyncio.gather(first, other.look("id", "2"))

    asyncio.run(run())
    at = [request.at for request in crm.tickets.requests]
    assert len(at) == 3
    assert min(at[1:]) - at[0] >= 1.0


def test_a_long_retry_after_is_reported_for_the_whole_type(crm: Crm) -> None:
    crm.tickets.fail("PATCH", status(503, retry_after="7200"))

    async def run() -> None:
        async with Outside([crm.type()], SystemClock()).collection("crm_ticket") as tickets:
            for call in (tickets.patch("1", {"title": "new"}, ONE, FIRST), tickets.look("id", "2")):
                with pytest.raises(Later) as later:
                    await call
                assert 1800 < later.value.seconds <= 3600  # at most an hour of the two that were asked for

    asyncio.run(run())
    assert len(crm.tickets.requests) == 1


def test_tries_are_counted_on_after_a_long_pause(crm: Crm) -> None:
    crm.tickets.fail("PATCH", *[status(503, retry_after="60")] * 9)
    clock = FixedClock(Moment(0))
    outside = Outside([crm.type()], clock)

    async def run() -> Done | Failure:
        async with outside.collection("crm_ticket") as tickets:
            return await tickets.patch("1", {"title": "new"}, ONE, FIRST)

    async def whole() -> Done | Failure:
        for _ in range(2):
            with pytest.raises(Later):
                await run()
            clock.advance(60)
        return await run()

    assert said(asyncio.run(whole()))[1] == "HTTP 503 from crm_ticket"
    assert len(crm.tickets.requests) == 3
