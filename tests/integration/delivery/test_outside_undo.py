"""Undos of batches on the objects of another server, where the type is configured for them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.delivery.site import BATCHES, Site, site
from tests.support.databases import BACKENDS, Databases
from tests.support.outside_server import act_then_drop, status

ONE = {"id": "1", "reference": "A", "title": "one"}
TWO = {"id": "2", "reference": "B", "title": "two"}


@pytest.fixture(scope="module", params=BACKENDS)
def shared(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Site]:
    with databases.lent(request.param) as url, site(url, undo=True) as made:
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


def undo(crm: Site, batch: dict[str, Any], **body: Any) -> str:
    """The undo of a batch; its id."""
    made = crm.asked("POST", f"{BATCHES}/{batch['id']}/undo", body)
    assert made["origin"] == {"kind": "undo", "batch": batch["id"]}
    id_: str = made["id"]
    return id_


def undone(crm: Site, batch: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The undo of a batch without review, when it is over."""
    return crm.rested(undo(crm, batch, review=False, **body))


def shown(crm: Site, id_: str) -> list[dict[str, Any]]:
    crm.rested(id_, "pending_review")
    items: list[dict[str, Any]] = crm.preview(id_)["items"]
    return items


def counts(batch: dict[str, Any]) -> tuple[int, ...]:
    return tuple(batch["counts"][name] for name in ("success", "unchanged", "failure"))


def failed(row: dict[str, Any]) -> tuple[str, list[str | None]]:
    """The code of a failure, and the members that it names."""
    return row["error"]["code"], [each.get("field") for each in row["error"]["errors"]]


def writes(crm: Site) -> list[tuple[str, str, Any]]:
    return [(each.method, each.path, each.body) for each in crm.tickets.requests if each.method != "GET"]


def test_changed_members_alone_are_put_back_in_reverse_order(crm: Site) -> None:
    batch = crm.done("PATCH", field="reference", entries=["A", "B", "Z"], data={"title": "new", "shelf": 7})
    crm.tickets.put("1", **crm.tickets.objects["1"] | {"owner": "bert"})
    crm.tickets.requests.clear()
    id_ = undo(crm, batch)
    first, second = shown(crm, id_)
    assert (first["entry"], second["entry"], second["effect"]) == ("2", "1", "will_change")
    assert (second["object"], second["version"]) == ("1", crm.tickets.etag("1"))
    assert second["before"] == ONE | {"title": "new", "shelf": 7, "owner": "bert"}
    assert second["after"] == ONE | {"owner": "bert"}
    assert second["changed"] == ["/shelf", "/title"]
    assert not writes(crm)
    tags = [crm.tickets.etag(each) for each in ("2", "1")]
    assert counts(crm.approved(id_)) == (2, 0, 0)
    assert crm.tickets.objects == {"1": ONE | {"owner": "bert"}, "2": TWO}
    assert sorted(writes(crm)) == [
        ("PATCH", "/api/tickets/1", {"title": "one", "shelf": None}),
        ("PATCH", "/api/tickets/2", {"title": "two", "shelf": None}),
    ]
    sent = sorted(crm.tickets.sent("PATCH"), key=lambda each: each.headers["Idempotency-Key"])
    assert [each.headers["Idempotency-Key"] for each in sent] == [f"{id_}:0", f"{id_}:1"]
    assert [each.headers["If-Match"] for each in sent] == tags


def test_an_object_that_several_entries_changed_is_put_back_step_by_step(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1", "1", "1"], data=[{"title": n} for n in "abc"])
    id_ = undo(crm, batch)
    rows = shown(crm, id_)
    assert [each["after"]["title"] for each in rows] == ["b", "a", "one"]
    assert counts(crm.approved(id_)) == (3, 0, 0)
    assert crm.tickets.objects["1"] == ONE


def test_entries_that_changed_nothing_are_left_out(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1", "2", "99"], data={"title": "two"})
    assert [each["entry"] for each in shown(crm, undo(crm, batch))] == ["1"]


def test_created_objects_are_deleted(crm: Site) -> None:
    batch = crm.done("POST", data=[{"reference": "C"}, {"reference": "D"}])
    id_ = undo(crm, batch)
    rows = shown(crm, id_)
    # Two requests are under way at once, so that the other system may make the second object first.
    assert [(each["before"]["reference"], each["after"]) for each in rows] == [("D", None), ("C", None)]
    assert {each["object"] for each in rows} == {"102", "103"}
    assert counts(crm.approved(id_)) == (2, 0, 0)
    assert list(crm.tickets.objects) == ["1", "2"]


def test_an_undo_of_many_entries_is_filled_piece_by_piece(crm: Site) -> None:
    batch = crm.done("POST", concurrency=64, data=[{"reference": f"N{number}"} for number in range(120)])
    assert counts(undone(crm, batch)) == (120, 0, 0)
    assert list(crm.tickets.objects) == ["1", "2"]


def test_created_objects_whose_reply_was_empty_are_compared_as_they_were_shown(crm: Site) -> None:
    crm.tickets.fail("POST", created_silently)
    batch = crm.done("POST", data=[{"reference": "C"}])
    assert counts(undone(crm, batch)) == (1, 0, 0)
    assert list(crm.tickets.objects) == ["1", "2"]


def created_silently(handler: Any) -> None:
    _, made = handler._done(handler.tickets.requests[-1].body)
    handler.reply(201, None, {"Location": f"/api/tickets/{made['id']}"})


def test_deleted_objects_are_made_again_as_they_were(crm: Site) -> None:
    batch = crm.done("DELETE", field="reference", entries=["A", "B"])
    id_ = undo(crm, batch)
    rows = shown(crm, id_)
    assert [(each["entry"], each["effect"], each["before"], each["after"]) for each in rows] == [
        (None, "will_change", None, TWO),
        (None, "will_change", None, ONE),
    ]
    assert counts(crm.approved(id_)) == (2, 0, 0)
    assert crm.tickets.objects == {"1": ONE, "2": TWO}
    assert {each.headers["Idempotency-Key"] for each in crm.tickets.sent("POST")} == {f"{id_}:0", f"{id_}:1"}


@pytest.mark.parametrize("how", ["fail", "merge", "overwrite"])
def test_members_changed_since_are_refused_left_or_overwritten(crm: Site, how: str) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new", "shelf": 7})
    crm.tickets.put("1", reference="A", title="theirs", shelf=7)
    id_ = undo(crm, batch, on_conflict=how)
    [row] = shown(crm, id_)
    result = crm.approved(id_)
    [outcome] = crm.results(id_)
    if how == "fail":
        assert (row["effect"], row["object"], failed(row)) == ("invalid", "1", ("changed_since_batch", ["title"]))
        assert failed(outcome) == ("changed_since_batch", ["title"])
        assert crm.tickets.objects["1"] == ONE | {"title": "theirs", "shelf": 7}
    elif how == "merge":
        assert (row["changed"], row["warning"]) == (["/shelf"], "Changed since the batch, left as they are: title")
        assert crm.tickets.objects["1"] == ONE | {"title": "theirs"}
    else:
        assert (row["changed"], row["warning"]) == (["/shelf", "/title"], None)
        assert crm.tickets.objects["1"] == ONE
    assert counts(result) == ((0, 0, 1) if how == "fail" else (1, 0, 0))


@pytest.mark.parametrize("how", ["fail", "merge"])
def test_members_that_all_changed_since_are_left_without_a_request(crm: Site, how: str) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    crm.tickets.put("1", reference="A", title="theirs")
    crm.tickets.requests.clear()
    assert counts(undone(crm, batch, on_conflict=how)) == ((0, 0, 1) if how == "fail" else (1, 1, 0))
    assert not writes(crm)


@pytest.mark.parametrize("how", ["fail", "overwrite"])
def test_a_created_object_that_was_changed_is_deleted_only_by_force(crm: Site, how: str) -> None:
    batch = crm.done("POST", data=[{"reference": "C"}])
    crm.tickets.put("102", reference="C", title="theirs")
    result = undone(crm, batch, on_conflict=how)
    if how == "fail":
        assert failed(crm.results(result["id"])[0]) == ("changed_since_batch", ["title"])
    assert ("102" in crm.tickets.objects) is (how == "fail")


def test_a_deleted_object_that_is_there_again_is_not_made_twice(crm: Site) -> None:
    batch = crm.done("DELETE", field="id", entries=["1", "2"])
    crm.tickets.put("1", reference="A", title="theirs")
    crm.tickets.put("7", reference="B", title="another")
    id_ = undo(crm, batch)
    rows = shown(crm, id_)
    assert [(each["effect"], *failed(each)) for each in rows] == [
        ("invalid", "changed_since_batch", ["reference"]),
        ("invalid", "changed_since_batch", ["id"]),
    ]
    assert rows[0]["error"]["errors"][0]["reference"] == "7"
    assert counts(crm.approved(id_)) == (0, 0, 2)
    assert not crm.tickets.sent("POST")


def test_an_object_changed_since_the_review_is_left_alone(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    id_ = undo(crm, batch)
    crm.rested(id_, "pending_review")
    crm.tickets.put("1", reference="A", title="new", owner="bert")
    assert counts(crm.approved(id_)) == (0, 0, 1)
    assert failed(crm.results(id_)[0]) == ("changed_since_review", ["owner"])
    assert crm.tickets.objects["1"]["title"] == "new"


def test_an_entry_shown_as_changed_that_fits_again_is_not_done(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    crm.tickets.put("1", reference="A", title="theirs")
    id_ = undo(crm, batch)
    crm.rested(id_, "pending_review")
    crm.tickets.put("1", reference="A", title="new")
    assert counts(crm.approved(id_)) == (0, 0, 1)
    assert failed(crm.results(id_)[0])[0] == "changed_since_review"


def test_an_object_that_is_gone_is_missing(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    del crm.tickets.objects["1"]
    id_ = undo(crm, batch)
    assert shown(crm, id_)[0]["effect"] == "missing"
    assert counts(crm.approved(id_)) == (0, 0, 1)


def test_a_lost_reply_is_no_change_by_others(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    crm.tickets.fail("PATCH", status(503), act_then_drop)
    assert counts(undone(crm, batch)) == (1, 0, 0)
    assert crm.tickets.objects["1"] == ONE


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_undoing_an_undo_does_the_batch_again(crm: Site, method: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "POST": {"data": [{"reference": "C", "title": "three"}]},
        "PATCH": {"field": "id", "entries": ["1", "2"], "data": {"title": "new", "at": {"shelf": 7}}},
        "DELETE": {"field": "id", "entries": ["1"]},
    }
    batch = crm.done(method, **bodies[method])
    done = dict(crm.tickets.objects)
    first = undone(crm, batch)
    assert crm.tickets.objects == {"1": ONE, "2": TWO}
    again = undone(crm, first)
    assert again["method"] == method
    assert crm.tickets.objects == done


def test_an_undo_needs_nothing_of_a_batch_that_is_deleted_meanwhile(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    id_ = undo(crm, batch)
    crm.rested(id_, "pending_review")
    assert crm.ask("DELETE", f"{BATCHES}/{batch['id']}").status == 204
    assert counts(crm.approved(id_)) == (1, 0, 0)
    assert crm.tickets.objects["1"] == ONE


def test_a_batch_is_undone_once(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    undone(crm, batch)
    answer = crm.ask("POST", f"{BATCHES}/{batch['id']}/undo", {})
    assert (answer.status, answer.json()["code"]) == (409, "already_undone")


def test_the_carrierx_form_undoes_as_well(crm: Site) -> None:
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    made = crm.asked("POST", f"/core/v2/batch/tasks/{batch['id']}/undo", {"review": False})
    crm.rested(made["task_sid"])
    assert crm.tickets.objects["1"] == ONE
    found = crm.asked("GET", f"/core/v2/batch/tasks/{made['task_sid']}")
    assert [found[name] for name in ("method", "field", "entries", "data")] == [
        "PATCH",
        "id",
        ["1"],
        [{"title": "one"}],
    ]


def test_the_members_that_the_server_spells_its_own_way_are_no_later_change(crm: Site) -> None:
    crm.tickets.fail("PATCH", patched_in_capitals)
    batch = crm.done("PATCH", field="id", entries=["1"], data={"title": "new"})
    assert crm.tickets.objects["1"]["title"] == "NEW"
    assert counts(undone(crm, batch)) == (1, 0, 0)
    assert crm.tickets.objects["1"] == ONE | {"stamp": 1}


def patched_in_capitals(handler: Any) -> None:
    tickets, body = handler.tickets, handler.tickets.requests[-1].body
    tickets.put("1", **tickets.objects["1"] | {"title": body["title"].upper(), "stamp": 1})
    handler.reply(200, tickets.objects["1"])
