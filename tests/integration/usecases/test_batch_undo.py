"""Undo: what the entries of a batch changed is taken back, in reverse order, from history (REVIEWED-BULK 7)."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.bulk import Batch, Decision, Method, OnConflict, Origin, Status
from dragoman.domain.case import Stage
from dragoman.domain.errors import Expected
from dragoman.domain.message import Message, MessageHead
from dragoman.usecases.batches.outcomes import undo as undos
from dragoman.usecases.batches.outcomes.undo import Undo
from dragoman.usecases.batches.review import previews
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.batches import BatchWorld
from tests.support.shared_application import tenant_of
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE
FAIL, MERGE, OVERWRITE = OnConflict.FAIL, OnConflict.MERGE, OnConflict.OVERWRITE


@pytest.fixture
def world(opened: World) -> BatchWorld:
    """A tenant of the test's own."""
    return tenant_of(opened, BatchWorld)


def made(world: BatchWorld, noun: str, **members: Any) -> str:
    """The id of a new object of anna's."""
    status, found = world.native("anna", "POST", f"/v1/{noun}s", members)
    assert status == 201, found
    return str(found["id"])


def shown(world: BatchWorld, noun: str, uid: str) -> dict[str, Any] | None:
    """An object as its own GET shows it, without what every change moves; None where there is none."""
    status, found = world.native("anna", "GET", f"/v1/{noun}s/{uid}")
    if status == 404:
        return None
    return {name: value for name, value in found.items() if name not in ("revision", "modified_at")}


def patched(world: BatchWorld, noun: str, uid: str, **members: Any) -> None:
    status, found = world.native("anna", "PATCH", f"/v1/{noun}s/{uid}", members)
    assert status == 200, found


def asked(world: BatchWorld, batch: Batch, how: OnConflict = FAIL, **named: Any) -> Batch:
    """A new undo of a batch."""
    command = Undo(batch=batch.uid, on_conflict=how, **named)
    found: Batch = world.core(lambda uow: undos.undo(uow, command).batch, world.anna)
    return found


def undone(world: BatchWorld, batch: Batch, how: OnConflict = FAIL) -> Batch:
    """An undo of a batch, when it is over."""
    new = asked(world, batch, how, review=False)
    world.run_jobs()
    world.run_jobs()
    world.run_jobs()
    return world.batch(new.number)


def refused(world: BatchWorld, batch: Batch) -> str:
    with pytest.raises(Expected) as error:
        asked(world, batch)
    return error.value.code


def counts(batch: Batch) -> tuple[Any, ...]:
    return batch.status, batch.total, batch.success, batch.failure


def test_an_undo_restores_the_members_that_a_patch_changed_and_no_others(world: BatchWorld) -> None:
    one = made(world, "task", title="a", priority=1, properties={"shelf": "3", "row": "x"})
    before = shown(world, "task", one)
    data = {"priority": 9, "description": "new", "properties": {"shelf": "4", "wave": "spring"}}
    batch = world.done(PATCH, "task", field="id", entries=[one], data=data)
    patched(world, "task", one, title="meanwhile")
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0)
    assert shown(world, "task", one) == {**(before or {}), "title": "meanwhile"}


def test_an_undo_says_what_it_does(world: BatchWorld) -> None:
    one = made(world, "task", title="a", properties={"shelf": "3"})
    batch = world.done(
        PATCH, "task", field="id", entries=["x", one], data={"priority": 9, "properties": {"shelf": "4"}}
    )
    undo = asked(world, batch)
    assert (undo.method, undo.field, undo.review, undo.status) == (PATCH, "id", True, Status.CREATED)
    assert (undo.origin, undo.origin_batch, undo.title) == (Origin.UNDO, batch.uid, "PATCH 1 × task by id")
    assert world.batch(batch.number).undone_by == undo.uid
    world.run_jobs()
    [chunk] = world.core(lambda uow: list(uow.chunks.of(undo.uid)))
    assert json.loads(chunk.entries) == [one]
    assert json.loads(chunk.data) == [{"priority": None, "properties": {"shelf": "3"}}]
    assert json.loads(chunk.sources)[0][0] == 1


@pytest.mark.parametrize("method", [PATCH, DELETE])
@pytest.mark.parametrize("review", [False, True])
def test_an_undo_neither_tells_nor_restores_what_its_creator_may_not_see(
    world: BatchWorld, method: Method, *, review: bool
) -> None:
    world.add("bert")
    world.people["bert"] = replace(world.people["bert"], is_reviewer=True)
    person = {"kind": "person", "first_name": "Ann", "last_name": "Berg"}
    secret, open_ = (made(world, "contact", is_private=is_private, **person) for is_private in (True, False))
    data = {"first_name": "Mia"} if method is PATCH else None
    batch = world.done(method, "contact", field="id", entries=[secret, open_], data=data)
    undo = Undo(batch=batch.uid, review=review)
    new = world.core(lambda uow: undos.undo(uow, undo).batch, world.people["bert"])
    for _ in range(3):
        world.run_jobs()
    _, found = world.native("bert", "GET", f"/v1/batches/{new.uid}/entries")
    told = [entry["data"] for entry in found["items"]]
    assert [told[0]["first_name"], told[1]] == ["Ann", {}]  # in reverse order
    if not review:
        assert world.failures(world.batch(new.number)).keys() == {0, 1}  # he may change neither
    assert (shown(world, "contact", secret) or {}).get("first_name") == ("Mia" if method is PATCH else None)


def test_entries_are_undone_in_reverse_order(world: BatchWorld) -> None:
    one = made(world, "task", title="a")
    data = [{"title": "b"}, {"title": "c"}, {"title": "c"}]
    batch = world.done(PATCH, "task", field="id", entries=[one, one, one], data=data)
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 2, 2, 0)
    assert (shown(world, "task", one) or {})["title"] == "a"


def test_undoing_an_undo_does_the_batch_again(world: BatchWorld) -> None:
    one = made(world, "task", title="a", properties={"x": "1"})
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"title": "b", "properties": {"x": None}})
    after = shown(world, "task", one)
    undo = undone(world, batch)
    again = undone(world, undo)
    assert counts(again) == (Status.COMPLETED, 1, 1, 0)
    assert shown(world, "task", one) == after


@pytest.mark.parametrize("noun", ["task", "contact", "case"])
def test_deleted_objects_are_there_again_with_all_that_they_had(world: BatchWorld, noun: str) -> None:
    all_members: dict[str, dict[str, Any]] = {
        "task": {"title": "a", "priority": 4, "properties": {"x": "1"}, "extensions": {"Box": {"b": 1.50}}},
        "contact": {"kind": "person", "last_name": "x"},
        "case": {"title": "c"},
    }
    one = made(world, noun, **all_members[noun])
    before = shown(world, noun, one)
    batch = world.done(DELETE, noun, field="id", entries=[one])
    assert counts(batch) == (Status.COMPLETED, 1, 1, 0)
    assert shown(world, noun, one) is None
    undo = undone(world, batch)
    assert (undo.method, undo.field) == (POST, None)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert shown(world, noun, one) == before
    _, rows = world.native("anna", "GET", f"/v1/{noun}s/{one}/history")
    assert [row["revision"] for row in rows["items"]] == [1, 2, 3]
    again = undone(world, undo)
    assert counts(again) == (Status.COMPLETED, 1, 1, 0), world.failures(again)
    assert shown(world, noun, one) is None
    assert counts(undone(world, again)) == (Status.COMPLETED, 1, 1, 0)
    assert shown(world, noun, one) == before


@pytest.mark.parametrize("noun", ["task", "contact", "case"])
def test_new_objects_are_deleted(world: BatchWorld, noun: str) -> None:
    data = [{"title": "a"}] if noun != "contact" else [{"kind": "person", "last_name": "x"}]
    batch = world.done(POST, noun, data=data)
    [outcome] = world.core(lambda uow: uow.batches.outcomes(batch.number, limit=5))
    assert shown(world, noun, outcome.object) is not None
    undo = undone(world, batch)
    assert (undo.method, undo.field, undo.title) == (DELETE, "id", f"DELETE 1 × {noun} by id")
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert shown(world, noun, outcome.object) is None


def test_numbers_of_a_vendor_are_undone_alike(world: BatchWorld) -> None:
    batch = world.done(POST, "phonenumber", data=[{"phonenumber": "15551234567", "name": "a"}])
    [outcome] = world.core(lambda uow: uow.batches.outcomes(batch.number, limit=5))
    patch = world.done(PATCH, "phonenumber", field="phonenumber", entries=["15551234567"], data={"name": "b"})

    def name() -> Any:
        found = world.core(lambda uow: uow.resources.find(outcome.number))
        return None if found is None else found.body.get("name")

    assert name() == "b"
    assert counts(undone(world, patch)) == (Status.COMPLETED, 1, 1, 0)
    assert name() == "a"
    removal = world.done(DELETE, "phonenumber", field="phonenumber", entries=["15551234567"])
    assert name() is None
    undo = undone(world, removal)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert name() == "a"


# Changed since


def changed(world: BatchWorld) -> tuple[str, Batch]:
    """A task whose title was changed since the batch changed title and priority."""
    one = made(world, "task", title="a", priority=1)
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"title": "b", "priority": 2})
    patched(world, "task", one, title="c")
    return one, batch


def test_a_changed_member_fails_the_entry_and_is_named(world: BatchWorld) -> None:
    one, batch = changed(world)
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 1, 0, 1)
    assert world.failures(undo)[0][1] == {
        "code": "changed_since_batch",
        "message": "changed since batch",
        "errors": [{"message": "was changed since the batch", "field": "title"}],
    }
    found = shown(world, "task", one) or {}
    assert (found["title"], found["priority"]) == ("c", 2)


def test_merge_leaves_a_changed_member_as_it_is(world: BatchWorld) -> None:
    one, batch = changed(world)
    assert counts(undone(world, batch, MERGE)) == (Status.COMPLETED, 1, 1, 0)
    found = shown(world, "task", one) or {}
    assert (found["title"], found["priority"]) == ("c", 1)


def test_overwrite_restores_a_changed_member_all_the_same(world: BatchWorld) -> None:
    one, batch = changed(world)
    assert counts(undone(world, batch, OVERWRITE)) == (Status.COMPLETED, 1, 1, 0)
    found = shown(world, "task", one) or {}
    assert (found["title"], found["priority"]) == ("a", 1)


@pytest.mark.parametrize(("how", "outcome"), [(FAIL, (0, 1)), (MERGE, (0, 1)), (OVERWRITE, (1, 0))])
def test_a_new_object_that_was_changed_is_deleted_by_overwrite_alone(
    world: BatchWorld, how: OnConflict, outcome: tuple[int, int]
) -> None:
    batch = world.done(POST, "task", data=[{"title": "a"}])
    [made_] = world.core(lambda uow: uow.batches.outcomes(batch.number, limit=5))
    patched(world, "task", made_.object, priority=3)
    undo = undone(world, batch, how)
    assert (undo.success, undo.failure) == outcome
    assert (shown(world, "task", made_.object) is None) is (how is OVERWRITE)
    if outcome[1]:
        assert world.failures(undo)[0][1]["errors"] == [{"message": "was changed since the batch", "field": "priority"}]


def forgotten(world: BatchWorld, batch: Batch) -> None:
    """As if the batch had not been undone: somebody else brought its objects back."""
    world.core(lambda uow: uow.batches.save(replace(uow.batches.get(batch.number), undone_by=None)))


AGAIN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "task": (
        {"title": "a", "priority": 1, "properties": {"x": "1"}, "extensions": {"Parcel": {"weight": 1.50}}},
        {"title": "b", "properties": {"x": None, "y": "2"}, "extensions": {"Parcel": {"weight": 2, "new": 1}}},
    ),
    "contact": (
        {"kind": "person", "first_name": "Ann", "last_name": "Berg"},
        {"first_name": "Mia", "about": "new", "is_private": True},
    ),
    "case": ({"title": "a"}, {"title": "b", "description": "new"}),
}


@pytest.mark.parametrize("noun", AGAIN)
def test_a_deleted_object_that_exists_again_is_as_it_was_where_an_undo_overwrites(world: BatchWorld, noun: str) -> None:
    members, later = AGAIN[noun]
    one = made(world, noun, **members)
    before = shown(world, noun, one)
    batch = world.done(DELETE, noun, field="id", entries=[one])
    assert undone(world, batch).success == 1
    patched(world, noun, one, **later)
    second = world.done(DELETE, noun, field="id", entries=[one])
    assert undone(world, second).success == 1
    forgotten(world, batch)
    refused_ = undone(world, batch)
    assert (refused_.success, refused_.failure) == (0, 1)
    assert world.failures(refused_)[0][1]["errors"][0]["message"] == "exists again"
    changed = shown(world, noun, one)
    assert changed != before
    forgotten(world, batch)
    undo = undone(world, batch, OVERWRITE)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert shown(world, noun, one) == before
    forgotten(world, batch)
    same = undone(world, batch, OVERWRITE)
    [outcome] = world.core(lambda uow: uow.batches.outcomes(same.number, limit=5))
    assert outcome.unchanged
    assert counts(undone(world, undo)) == (Status.COMPLETED, 1, 1, 0)  # does the batch again
    assert shown(world, noun, one) is None


def test_the_preview_shows_what_an_undo_overwrites_and_a_later_change_is_noticed(world: BatchWorld) -> None:
    one, two = (made(world, "task", title=title) for title in "ab")
    batch = world.done(DELETE, "task", field="id", entries=[one, two])
    assert undone(world, batch).success == 2
    for uid in (one, two):
        patched(world, "task", uid, title="later")
    forgotten(world, batch)
    undo = asked(world, batch, OVERWRITE)
    world.run_jobs()
    _, found = world.native("anna", "GET", f"/v1/batches/{undo.uid}/preview")
    assert [(each["effect"], each["before"]["title"], each["after"]["title"]) for each in found["items"]] == [
        ("will_change", "later", "b"),
        ("will_change", "later", "a"),
    ]
    _, told = world.native("anna", "GET", f"/v1/batches/{undo.uid}/entries")
    assert [each["data"]["title"] for each in told["items"]] == ["b", "a"]
    patched(world, "task", two, title="latest")
    world.decide(undo.number, Decision.APPROVE)
    world.run_jobs()
    assert {index: code["code"] for index, (_, code) in world.failures(world.batch(undo.number)).items()} == {
        0: "changed_since_review"
    }
    assert ((shown(world, "task", one) or {})["title"], (shown(world, "task", two) or {})["title"]) == ("a", "latest")


def test_parts_that_exist_again_are_overwritten_with_their_whole(world: BatchWorld) -> None:
    ids = family(world)
    before = all_shown(world, ids)
    batch = world.done(DELETE, "task", field="id", entries=[ids[0]])
    assert undone(world, batch).success == 1
    for uid in ids:
        patched(world, "task", uid, title="later")
    forgotten(world, batch)
    undo = undone(world, batch, OVERWRITE)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert all_shown(world, ids) == before


def test_a_taken_natural_key_keeps_a_deleted_object_away(world: BatchWorld) -> None:
    world.done(POST, "phonenumber", data=[{"phonenumber": "15551234567"}])
    batch = world.done(DELETE, "phonenumber", field="phonenumber", entries=["15551234567"])
    world.done(POST, "phonenumber", data=[{"phonenumber": "15551234567"}])
    undo = undone(world, batch)
    assert (undo.success, undo.failure) == (0, 1)
    assert world.failures(undo)[0][1]["code"] == "changed_since_batch"
    assert world.failures(undo)[0][1]["errors"][0]["field"] == "phonenumber"


def test_a_new_object_that_was_changed_since_names_members_of_its_document(world: BatchWorld) -> None:
    batch = world.done(POST, "phonenumber", data=[{"phonenumber": "15551234567", "name": "a"}])
    world.done(PATCH, "phonenumber", field="phonenumber", entries=["15551234567"], data={"name": "b"})
    undo = undone(world, batch)
    assert world.failures(undo)[0][1]["errors"] == [{"message": "was changed since the batch", "field": "name"}]


def test_a_new_task_that_was_ended_since_names_no_bookkeeping(world: BatchWorld) -> None:
    batch = world.done(POST, "task", data=[{"title": "a"}])
    [outcome] = world.core(lambda uow: uow.batches.outcomes(batch.number, limit=5))
    world.done(PATCH, "task", field="id", entries=[outcome.object], data={"state": "completed"})
    undo = undone(world, batch)
    named = {error["field"] for error in world.failures(undo)[0][1]["errors"]}
    assert "state" in named
    assert not named & {"completed_at", "state_changed_at", "outcome_code"}


def test_extensions_return_member_by_member(world: BatchWorld) -> None:
    one = made(world, "task", title="a", extensions={"Parcel": {"weight": 1.50, "colour": "red"}})
    batch = world.done(
        PATCH, "task", field="id", entries=[one], data={"extensions": {"Parcel": {"weight": 2, "new": True}}}
    )
    patched(world, "task", one, extensions={"Parcel": {"colour": "blue"}})
    assert counts(undone(world, batch)) == (Status.COMPLETED, 1, 1, 0)
    assert (shown(world, "task", one) or {})["extensions"] == {"Parcel": {"weight": 1.5, "colour": "blue"}}


def test_a_changed_member_of_an_extension_is_named_by_its_path(world: BatchWorld) -> None:
    one = made(world, "task", title="a", extensions={"Parcel": {"weight": 1}})
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"extensions": {"Parcel": {"weight": 2}}})
    patched(world, "task", one, extensions={"Parcel": {"weight": 3}})
    undo = undone(world, batch)
    assert world.failures(undo)[0][1]["errors"] == [
        {"message": "was changed since the batch", "field": "extensions/Parcel/weight"}
    ]


# States


@pytest.mark.parametrize("data", [{"state": "completed"}, {"state": "terminated"}, {"assignee": "anna"}])
def test_state_moments_outcome_and_assignee_return_directly(world: BatchWorld, data: dict[str, Any]) -> None:
    one = made(world, "task", title="a")
    before = shown(world, "task", one)
    batch = world.done(PATCH, "task", field="id", entries=[one], data=data)
    assert shown(world, "task", one) != before
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert shown(world, "task", one) == before


def test_under_merge_state_and_assignee_stay_together(world: BatchWorld) -> None:
    world.add("bert")
    one = made(world, "task", title="a")
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"assignee": "anna", "title": "b"})
    patched(world, "task", one, assignee="bert")
    undo = undone(world, batch, MERGE)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    found = shown(world, "task", one) or {}
    assert (found["state"], found["assignee"], found["title"]) == ("claimed", world.people["bert"].user, "a")


def test_links_return_with_their_counts(world: BatchWorld) -> None:
    old, new = (
        made(world, "contact", kind="person", last_name="x"),
        made(world, "contact", kind="person", last_name="y"),
    )
    one = made(world, "task", title="a", contact=old)
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"contact": new})
    assert counts(undone(world, batch)) == (Status.COMPLETED, 1, 1, 0)
    assert [(shown(world, "contact", uid) or {})["task_count"] for uid in (old, new)] == [1, 0]


def test_a_link_to_what_is_gone_is_not_made_again(world: BatchWorld) -> None:
    old, new = made(world, "case", title="x"), made(world, "case", title="y")
    one = made(world, "task", title="a", case=old)
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"case": new})
    assert world.native("anna", "DELETE", f"/v1/cases/{old}")[0] == 204
    undo = undone(world, batch)
    assert (undo.success, undo.failure) == (0, 1)
    assert world.failures(undo)[0][1]["errors"][0]["field"] == "case"


def test_a_deleted_task_of_a_case_that_is_gone_stays_deleted(world: BatchWorld) -> None:
    case = made(world, "case", title="x")
    one = made(world, "task", title="a", case=case)
    batch = world.done(DELETE, "task", field="id", entries=[one])
    assert world.native("anna", "DELETE", f"/v1/cases/{case}")[0] == 204
    undo = undone(world, batch)
    assert (undo.success, undo.failure) == (0, 1)
    assert shown(world, "task", one) is None


# What can't be undone


def test_what_cannot_be_undone_is_refused(world: BatchWorld) -> None:
    one = made(world, "task", title="a")
    waiting = world.order(PATCH, "task", field="id", entries=[one], data={"priority": 1}, review=True)
    assert refused(world, world.batch(waiting)) == "batch_not_ended"
    nothing = world.done(PATCH, "task", field="id", entries=["x"], data={"priority": 1})
    assert refused(world, nothing) == "nothing_to_undo"
    same = world.done(PATCH, "task", field="id", entries=[one], data={"title": "a"})
    assert (same.success, same.unchanged) == (1, 1)
    assert refused(world, same) == "nothing_to_undo"


def test_a_second_undo_waits_for_the_first_to_go(world: BatchWorld) -> None:
    one = made(world, "task", title="a")
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"priority": 1})
    undo = asked(world, batch)
    assert refused(world, batch) == "already_undone"
    world.run_jobs()
    world.run_jobs()
    world.decide(undo.number, Decision.REFUSE)
    assert world.batch(batch.number).undone_by is None
    assert counts(undone(world, batch)) == (Status.COMPLETED, 1, 1, 0)
    assert refused(world, batch) == "already_undone"


def test_after_images_are_gone_nothing_is_undone(world: BatchWorld) -> None:
    one = made(world, "task", title="a")
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"priority": 1})
    world.clock.advance(30 * 86_400)
    assert refused(world, batch) == "images_gone"


# What went along


def family(world: BatchWorld) -> list[str]:
    """A task, its part, and the part's part."""
    whole = made(world, "task", title="whole")
    part = made(world, "task", title="part", parent=whole, assignee="anna")
    return [whole, part, made(world, "task", title="below", parent=part)]


def all_shown(world: BatchWorld, ids: list[str]) -> list[Any]:
    return [shown(world, "task", uid) for uid in ids]


def test_parts_that_ended_with_their_whole_are_open_again(world: BatchWorld) -> None:
    ids = family(world)
    before = all_shown(world, ids)
    batch = world.done(PATCH, "task", field="id", entries=[ids[0]], data={"state": "terminated"})
    assert {each["state"] for each in all_shown(world, ids)} == {"terminated"}
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert all_shown(world, ids) == before
    assert counts(undone(world, undo)) == (Status.COMPLETED, 1, 1, 0)
    assert {each["state"] for each in all_shown(world, ids)} == {"terminated"}


def test_a_part_that_was_changed_since_fails_the_entry_of_its_whole(world: BatchWorld) -> None:
    ids = family(world)
    batch = world.done(PATCH, "task", field="id", entries=[ids[0]], data={"state": "terminated"})
    assert world.native("anna", "POST", f"/v1/tasks/{ids[1]}/reopen")[0] == 200
    undo = undone(world, batch)
    assert (undo.success, undo.failure) == (0, 1)
    errors = world.failures(undo)[0][1]["errors"]
    assert {each["reference"] for each in errors} == {ids[1]}


def test_parts_that_were_deleted_with_their_whole_are_there_again(world: BatchWorld) -> None:
    ids = family(world)
    before = all_shown(world, ids)
    batch = world.done(DELETE, "task", field="id", entries=[ids[0]])
    assert all_shown(world, ids) == [None, None, None]
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert all_shown(world, ids) == before
    again = undone(world, undo)
    assert counts(again) == (Status.COMPLETED, 1, 1, 0), world.failures(again)
    assert all_shown(world, ids) == [None, None, None]


def test_part_and_whole_that_were_deleted_one_by_one_are_there_again(world: BatchWorld) -> None:
    ids = family(world)
    before = all_shown(world, ids)
    batch = world.done(DELETE, "task", field="id", entries=list(reversed(ids)))
    assert batch.success == 3
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 3, 3, 0), world.failures(undo)
    assert all_shown(world, ids) == before


def test_a_new_task_that_has_parts_by_now_is_not_deleted(world: BatchWorld) -> None:
    batch = world.done(POST, "task", data=[{"title": "a"}])
    [outcome] = world.core(lambda uow: uow.batches.outcomes(batch.number, limit=5))
    made(world, "task", title="part", parent=outcome.object)
    undo = undone(world, batch)
    assert (undo.success, undo.failure) == (0, 1)
    assert world.failures(undo)[0][1]["code"] == "changed_since_batch"


def test_stages_return_with_their_case(world: BatchWorld) -> None:
    case = made(world, "case", title="c")
    number = (shown(world, "case", case) or {})["number"]

    def stage(uow: Any) -> None:
        drawn = uow.numbers.draw("stage")
        uow.stages.add(Stage(uow.tenant, drawn, uow.new_id(), number, "first", created_at=uow.now))

    world.core(stage)
    before = world.native("anna", "GET", f"/v1/cases/{case}/stages")[1]["items"]
    batch = world.done(DELETE, "case", field="id", entries=[case])
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    after = world.native("anna", "GET", f"/v1/cases/{case}/stages")[1]["items"]
    assert [{**each, "revision": 1, "modified_at": ""} for each in after] == [
        {**each, "revision": 1, "modified_at": ""} for each in before
    ]


def with_message(world: BatchWorld) -> tuple[int, str]:
    """Number and id of a task with an input message."""

    def run(uow: Any) -> tuple[int, str]:
        head = MessageHead("text/plain", "0" * 64, None)
        task = tasks.add(uow, title="a", messages={"input": head})
        uow.messages.put(Message(uow.tenant, task.uid, "input", "text/plain", "hello"))
        return task.number, task.uid

    found: tuple[int, str] = world.core(run, world.anna)
    return found


def message(world: BatchWorld, uid: str) -> str | None:
    found = world.core(lambda uow: uow.messages.of(uid, "input"))
    return None if found is None else str(found.body)


def test_a_deleted_task_returns_with_its_messages(world: BatchWorld) -> None:
    number, uid = with_message(world)
    before = shown(world, "task", uid)
    batch = world.done(DELETE, "task", field="id", entries=[number])
    undo = undone(world, batch)
    assert counts(undo) == (Status.COMPLETED, 1, 1, 0), world.failures(undo)
    assert shown(world, "task", uid) == before
    assert message(world, uid) == "hello"


def test_messages_of_deleted_tasks_go_with_the_images(world: BatchWorld) -> None:
    number, uid = with_message(world)
    world.done(DELETE, "task", field="id", entries=[number])
    assert message(world, uid) == "hello"
    world.clock.advance(30 * 86_400 + 1)
    world.run_jobs()
    assert message(world, uid) is None


# Reviewed


def reviewed(world: BatchWorld, batch: Batch, how: OnConflict = FAIL) -> tuple[Batch, list[Any]]:
    """An undo that waits for its review, and the rows of its preview."""
    undo = asked(world, batch, how)
    for _ in range(3):
        world.run_jobs()
    waiting = world.batch(undo.number)
    assert waiting.status is Status.IN_REVIEW
    return waiting, world.core(lambda uow: previews.page(uow, waiting).rows, world.anna)


def approved(world: BatchWorld, undo: Batch) -> Batch:
    world.decide(undo.number, Decision.APPROVE)
    world.run_jobs()
    return world.batch(undo.number)


def test_the_preview_shows_what_will_be_restored(world: BatchWorld) -> None:
    one = made(world, "task", title="a", priority=1)
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"priority": 2, "properties": {"x": "1"}})
    undo, [row] = reviewed(world, batch)
    assert (row.effect, row.object, row.changed) == ("will_change", one, ["/priority", "/properties/x"])
    assert (row.before["priority"], row.after["priority"], row.after["properties"]) == (2, 1, {})
    assert counts(approved(world, undo)) == (Status.COMPLETED, 1, 1, 0)
    assert (shown(world, "task", one) or {})["priority"] == 1


def test_the_preview_shows_what_was_changed_since(world: BatchWorld) -> None:
    _, batch = changed(world)
    _, [row] = reviewed(world, batch)
    assert (row.effect, row.error["code"]) == ("invalid", "changed_since_batch")


def test_the_preview_of_a_merge_warns_of_what_stays(world: BatchWorld) -> None:
    one, batch = changed(world)
    undo, [row] = reviewed(world, batch, MERGE)
    assert (row.effect, row.changed) == ("will_change", ["/priority"])
    assert row.warning == "Changed since the batch, left as they are: title"
    assert counts(approved(world, undo)) == (Status.COMPLETED, 1, 1, 0)
    assert (shown(world, "task", one) or {})["title"] == "c"


@pytest.mark.parametrize("noun", ["task", "contact", "case"])
def test_the_preview_shows_deleted_objects_as_they_will_be(world: BatchWorld, noun: str) -> None:
    members = {"task": {"title": "a"}, "contact": {"kind": "person", "last_name": "x"}, "case": {"title": "c"}}
    ids = [made(world, noun, **members[noun]) for _ in range(2)]
    before = [shown(world, noun, uid) for uid in ids]
    batch = world.done(DELETE, noun, field="id", entries=ids)
    undo, rows = reviewed(world, batch)
    assert [(row.effect, row.before, row.hidden) for row in rows] == [("will_change", None, False)] * 2
    assert [shown(world, noun, uid) for uid in ids] == [None, None]
    assert counts(approved(world, undo)) == (Status.COMPLETED, 2, 2, 0), world.failures(undo)
    assert [shown(world, noun, uid) for uid in ids] == before


def test_what_was_changed_between_preview_and_run_is_not_overwritten(world: BatchWorld) -> None:
    one = made(world, "task", title="a", priority=1)
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"priority": 2})
    undo, _ = reviewed(world, batch)
    patched(world, "task", one, priority=7)
    ended = approved(world, undo)
    assert world.failures(ended)[0][1]["code"] in ("changed_since_review", "changed_since_batch")
    assert (shown(world, "task", one) or {})["priority"] == 7


def test_rows_of_history_name_the_undo_as_their_cause(world: BatchWorld) -> None:
    one = made(world, "task", title="a")
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"title": "b"})
    undo = undone(world, batch)
    number = (shown(world, "task", one) or {})["number"]
    rows = world.core(lambda uow: uow.history.page("task", number))
    assert [row.cause for row in rows] == [None, batch.number, undo.number]
