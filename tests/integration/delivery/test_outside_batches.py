"""Batches on the objects of another server, from the request to the outcome of each entry."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.delivery.site import BATCHES, Site, site
from tests.support.databases import BACKENDS, Databases
from tests.support.outside_server import act_then_drop, drop, stall, status


@pytest.fixture(scope="module", params=BACKENDS)
def shared(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Site]:
    with databases.lent(request.param) as url, site(url) as made:
        yield made


@pytest.fixture
def crm(shared: Site) -> Site:
    """The servers with the two tickets as they were, and nothing sent yet."""
    tickets = shared.tickets
    tickets.objects.clear()
    tickets.versions.clear()
    tickets.faults.clear()
    tickets.put("1", reference="A", title="one")
    tickets.put("2", reference="B", title="two")
    tickets.requests.clear()
    return shared


def counts(batch: dict[str, Any]) -> tuple[int, ...]:
    return tuple(batch["counts"][name] for name in ("success", "unchanged", "failure", "skipped"))


def errors(crm: Site, batch: dict[str, Any]) -> list[dict[str, Any] | None]:
    return [each["error"] for each in crm.results(batch["id"])]


def test_each_entry_is_one_request_with_a_key_of_its_own(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1", 2, "99"], data={"title": "two"})
    assert counts(batch) == (2, 1, 1, 0)
    rows = crm.results(batch["id"])
    assert [(each["outcome"], each["unchanged"], each["object"]) for each in rows] == [
        ("success", False, "1"),
        ("success", True, "2"),
        ("failure", False, None),
    ]
    assert rows[2]["error"] == {
        "code": "not_found",
        "message": "Cannot find item by id",
        "errors": [{"field": "id", "message": "no crm_ticket matches"}],
    }
    assert [each["title"] for each in crm.tickets.objects.values()] == ["two", "two"]
    assert [each.headers["Idempotency-Key"] for each in crm.tickets.sent("PATCH")] == [f"{batch['id']}:0"]


def test_objects_are_created_and_deleted(crm: Site) -> None:
    batch = crm.done("POST", data=[{"reference": "C"}, {"reference": "D"}])
    assert counts(batch) == (2, 0, 0, 0)
    assert {each["object"] for each in crm.results(batch["id"])} == {"102", "103"}
    batch = crm.done("DELETE", field="reference", entries=["C", "Z", "D"])
    assert counts(batch) == (2, 0, 1, 0)
    assert [each["reference"] for each in crm.tickets.objects.values()] == ["A", "B"]


def test_an_entry_that_meets_an_object_again_waits_for_the_first(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1", "1", "1", "2"], data=[{"n": n} for n in (1, 2, 3, 4)])
    assert counts(batch) == (4, 0, 0, 0)
    assert crm.tickets.objects["1"]["n"] == 3


def test_faults_that_pass_are_tried_again(crm: Site) -> None:
    crm.tickets.fail("PATCH", drop, status(503), act_then_drop)
    batch = crm.done("PATCH", field="id", entries=["1", "2"], data={"title": "new"})
    assert counts(batch) == (2, 0, 0, 0)


def test_a_refusal_is_told_without_the_secret(crm: Site) -> None:
    crm.tickets.fail("POST", status(409, b"no: Bearer hush-hush-4711"))
    batch = crm.done("POST", data=[{"reference": "C"}])
    refusal = {"code": "outside_refused", "message": "HTTP 409 from crm_ticket", "errors": [{"message": "no: ***"}]}
    assert errors(crm, batch) == [refusal]
    failures = crm.asked("GET", f"{BATCHES}/{batch['id']}/failures")
    assert [(each["code"], each["message"], each["count"]) for each in failures["items"]] == [
        ("outside_refused", "no: ***", 1)
    ]
    details = crm.asked("GET", f"/core/v2/batch/tasks/{batch['id']}/errors")["items"]
    error = {"errors": [{"message": "no: ***"}], "message": "HTTP 409 from crm_ticket"}
    assert details == [{"error": error, "key": '{"reference":"C"}'}]


def test_a_creator_without_the_scope_may_do_nothing(crm: Site) -> None:
    poor = Site(crm.tenant, crm.tickets, "batch.manage crm_ticket.create")
    batch = poor.done("PATCH", field="id", entries=["1", "2"], data={"title": "new"})
    forbidden = {
        "code": "forbidden",
        "message": "Forbidden",
        "errors": [{"message": "scope crm_ticket.update is missing"}],
    }
    assert errors(poor, batch) == [forbidden, forbidden]
    assert not crm.tickets.requests
    assert counts(poor.done("POST", data=[{"reference": "C"}])) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"method": "PATCH", "field": "title", "entries": ["one"], "data": {"n": 1}}, ("unknown_key", "/field")),
        ({"method": "PATCH", "field": "id", "entries": ["1"]}, ("missing", "/data")),
        ({"method": "POST", "type": "crm_tickets", "data": [{}]}, ("unknown_type", "/type")),
        ({"method": "DELETE", "select": {}}, ("not_allowed", "/select")),
    ],
)
def test_what_the_type_does_not_have_is_refused_at_once(
    crm: Site, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = crm.ask("POST", BATCHES, {"type": "crm_ticket", "review": False, **body})
    assert answer.status == 400, answer.text
    assert [(each["code"], each["pointer"]) for each in answer.json()["errors"]] == [fault]


def test_a_dry_run_asks_the_other_server_nothing(crm: Site) -> None:
    body = {"method": "PATCH", "type": "crm_ticket", "field": "id", "entries": ["1"], "data": {"title": "new"}}
    trial = crm.asked("POST", f"{BATCHES}?dry_run=true", body)
    assert (trial["id"], trial["counts"]["total"], trial["summary"]) == (None, 1, None)
    assert not crm.tickets.requests


def test_failed_entries_are_tried_again_by_a_new_batch(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1", "98", "99"], data={"title": "new"})
    sent = len(crm.tickets.requests)
    trial = crm.asked("POST", f"{BATCHES}/{batch['id']}/retry?dry_run=true", {})
    assert (trial["counts"]["total"], trial["summary"], len(crm.tickets.requests)) == (2, None, sent)
    crm.tickets.put("99", title="late")
    again = crm.asked("POST", f"{BATCHES}/{batch['id']}/retry", {"review": False})
    assert counts(crm.rested(again["id"])) == (1, 0, 1, 0)
    assert crm.tickets.objects["99"]["title"] == "new"


def test_undo_is_refused_where_it_is_not_configured(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    answer = crm.ask("POST", f"{BATCHES}/{batch['id']}/undo", {})
    assert (answer.status, answer.json()["code"]) == (409, "not_undoable")
    answer = crm.ask("POST", f"/core/v2/batch/tasks/{batch['id']}/undo", {})
    message = "Batches of the type crm_ticket can't be undone."
    assert (answer.status, answer.json()) == (
        409,
        {"errors": [{"message": message, "type": "not_undoable"}], "message": "Conflict"},
    )


def test_a_reviewed_batch_is_shown_approved_and_done(crm: Site) -> None:
    id_ = crm.reviewed("PATCH", field="id", entries=["1", "99"], data={"title": "new"})
    preview = crm.preview(id_)
    assert preview["summary"] == {
        "total": 2,
        "will_change": 1,
        "no_op": 0,
        "missing": 1,
        "ambiguous": 0,
        "invalid": 0,
        "forbidden": 0,
    }
    first, second = preview["items"]
    assert (first["object"], first["version"], first["stale"], first["hidden"]) == (
        "1",
        crm.tickets.etag("1"),
        None,
        False,
    )
    assert first["before"] == {"id": "1", "reference": "A", "title": "one"}
    assert first["after"] == {"id": "1", "reference": "A", "title": "new"}
    assert first["changed"] == ["/title"]
    assert (second["effect"], second["error"]["code"]) == ("missing", "not_found")
    assert counts(crm.approved(id_)) == (1, 0, 1, 0)


def test_too_many_failures_stop_it(crm: Site) -> None:
    entries = [str(number) for number in range(100, 140)]
    id_ = crm.made("PATCH", max_failures=5, field="id", entries=entries, data={"n": 1})
    batch = crm.rested(id_, "stopped")
    assert batch["ended_because"]["code"] == "max_failures"
    _, _, failure, skipped = counts(batch)
    assert 6 <= failure <= 6 + 4
    assert failure + skipped == 40
    assert len(crm.tickets.sent("GET")) == failure


def test_the_slower_of_two_rates_counts(crm: Site) -> None:
    entries = [str(number) for number in range(100, 108)]
    began_at = time.monotonic()
    id_ = crm.made("DELETE", rate_per_second=8, field="id", entries=entries)
    crm.rested(id_)
    at = [request.at for request in crm.tickets.sent("DELETE")]
    assert len(at) == 8
    assert at[-1] - began_at >= (8 - 1 - 2) / 8  # a slow machine only lengthens it


def test_a_canary_waits_for_a_word(crm: Site) -> None:
    id_ = crm.reviewed("PATCH", canary=1, field="id", entries=["1", "2"], data={"title": "new"})
    crm.asked("POST", f"{BATCHES}/{id_}/approve", {})
    crm.rested(id_, "canary_review")
    assert [each["title"] for each in crm.tickets.objects.values()] == ["new", "two"]
    assert counts(crm.approved(id_)) == (2, 0, 0, 0)


def test_a_batch_that_is_stopped_counts_what_was_on_its_way(crm: Site) -> None:
    crm.tickets.fail("DELETE", *[stall(1.0, "act")] * 2)
    entries = ["1", "2", *(str(number) for number in range(100, 120))]
    id_ = crm.made("DELETE", concurrency=2, field="id", entries=entries)
    for _ in range(2):
        assert crm.tickets.hung.acquire(timeout=30)
    crm.asked("POST", f"{BATCHES}/{id_}/stop", {})
    batch = crm.eventually(id_, lambda found: found["counts"]["processed"] == 2)
    assert (batch["status"], counts(batch)) == ("stopped", (2, 0, 0, 20))
    assert len(crm.tickets.sent("DELETE")) == 2


def test_a_batch_that_is_paused_goes_on_where_it_was(crm: Site) -> None:
    crm.tickets.fail("DELETE", *[stall(1.0, "act")] * 2)
    id_ = crm.made("DELETE", concurrency=2, field="id", entries=["1", "2", "98", "99"])
    for _ in range(2):
        assert crm.tickets.hung.acquire(timeout=30)
    crm.asked("POST", f"{BATCHES}/{id_}/pause", {})
    batch = crm.eventually(id_, lambda found: found["counts"]["processed"] == 2)
    assert (batch["status"], counts(batch)) == ("paused", (2, 0, 0, 0))
    crm.asked("POST", f"{BATCHES}/{id_}/resume", {})
    assert counts(crm.rested(id_)) == (2, 0, 2, 0)
    assert len(crm.tickets.sent("DELETE")) == 4
