"""Undo against a model: random changes by a batch, random later changes, all three ways of meeting them. Members return
byte for byte, and no others change (REVIEWED-BULK 7)."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.domain.bulk import Batch, Method, OnConflict, Status
from dragoman.domain.pointers import differing
from dragoman.store.maintenance.verification import verify
from dragoman.usecases.batches.outcomes import undo as undos
from dragoman.usecases.batches.outcomes.undo import Undo
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.sizes import sized
from tests.support.world import World

ABSENT = object()
MOVED = ("revision", "modified_at")
"""Members that every change moves."""

texts = st.text(alphabet="ab ~/é", min_size=1, max_size=3)
numbers = st.integers(0, 9)
names = st.sampled_from(["a", "b/c", "d~"])
values = st.recursive(
    st.one_of(st.booleans(), st.integers(-1, 2), st.just(1.5), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(names, inner, max_size=2)),
    max_leaves=4,
)
extension = st.one_of(st.none(), st.dictionaries(names, values, min_size=1, max_size=3))
extensions = st.dictionaries(st.sampled_from(["Box", "Parcel"]), extension, max_size=2)

PATCHES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "task": st.fixed_dictionaries(
        {},
        optional={
            "title": st.one_of(st.none(), texts),
            "description": st.one_of(st.none(), texts),
            "priority": st.one_of(st.none(), numbers),
            "properties": st.dictionaries(names, st.one_of(st.none(), texts), max_size=3),
            "extensions": extensions,
        },
    ),
    "contact": st.fixed_dictionaries(
        {},
        optional={
            "first_name": st.one_of(st.none(), texts),
            "about": st.one_of(st.none(), texts),
            "is_private": st.booleans(),
            "extensions": extensions,
        },
    ),
    "case": st.fixed_dictionaries(
        {},
        optional={"title": texts, "description": st.one_of(st.none(), texts), "extensions": extensions},
    ),
}
NEW: dict[str, dict[str, Any]] = {
    "task": {"title": "t"},
    "contact": {"kind": "person", "last_name": "x"},
    "case": {"title": "c"},
}


@pytest.fixture(scope="module", params=BACKENDS)
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[BatchWorld]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield BatchWorld.beside(opened, "model")
        assert verify(opened.app.store.engine).broken is None
        opened.close()


def made(world: BatchWorld, noun: str, patch: dict[str, Any]) -> str:
    status, found = world.native("anna", "POST", f"/v1/{noun}s", NEW[noun])
    assert status == 201, found
    if noun != "task":
        patch = {name: value for name, value in patch.items() if name != "extensions"}
    patched(world, noun, found["id"], patch)
    return str(found["id"])


def patched(world: BatchWorld, noun: str, uid: str, patch: dict[str, Any]) -> None:
    """A change of a single one; extensions of contacts and cases are written by batches alone."""
    status, found = world.native("anna", "PATCH", f"/v1/{noun}s/{uid}", patch)
    assert status == 200, found


def shown(world: BatchWorld, noun: str, uid: str) -> Any:
    status, found = world.native("anna", "GET", f"/v1/{noun}s/{uid}")
    return None if status == 404 else {name: value for name, value in found.items() if name not in MOVED}


def at(document: Any, pointer: str) -> Any:
    value = document
    for name in map(unescaped, pointer.split("/")[1:]):
        if not isinstance(value, dict) or name not in value:
            return ABSENT
        value = value[name]
    return value


def put(document: Any, pointer: str, value: Any) -> Any:
    """The document with a member as it was. An object that a member leaves empty stays."""
    path = [unescaped(part) for part in pointer.split("/")[1:]]
    return _put(document, path, value)


def _put(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    others = document if isinstance(document, dict) else {}
    inner = others.get(path[0], ABSENT)
    if value is ABSENT and inner is ABSENT:
        return document
    after = _put(inner, path[1:], value)
    if after is ABSENT:
        return {name: kept for name, kept in others.items() if name != path[0]}
    return {**others, path[0]: after}


def unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def same(one: Any, other: Any) -> bool:
    return (one is ABSENT) is (other is ABSENT) and not (one is not ABSENT and differing(one, other))


def expected(before: Any, left: Any, now: Any, how: OnConflict) -> tuple[Any, bool]:
    """The object after the undo, and whether its entry succeeds."""
    touched = differing(before, left)
    changed = [pointer for pointer in touched if not same(at(now, pointer), at(left, pointer))]
    if changed and how is OnConflict.FAIL:
        return now, False
    kept = changed if how is OnConflict.MERGE else []
    for pointer in touched:
        if pointer not in kept and not pointer.startswith("/display_name"):
            now = put(now, pointer, at(before, pointer))
    return now, True


def undone(world: BatchWorld, batch: Batch, how: OnConflict) -> Batch:
    command = Undo(batch=batch.uid, on_conflict=how, review=False)
    number: int = world.core(lambda uow: undos.undo(uow, command).batch.number, world.anna)
    for _ in range(3):
        world.run_jobs()
    return world.batch(number)


@pytest.mark.parametrize("noun", ["task", "contact", "case"])
@settings(max_examples=sized(7, 25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_undo_does_what_the_model_does(world: BatchWorld, noun: str, data: st.DataObject) -> None:
    patches = PATCHES[noun]
    ids = [made(world, noun, data.draw(patches)) for _ in range(data.draw(st.integers(1, 3)))]
    changes = [data.draw(patches) or {"extensions": {}} for _ in ids]
    first = [shown(world, noun, uid) for uid in ids]
    batch = world.done(
        Method.PATCH, noun, field="id", entries=ids, data=[change or {"extensions": {}} for change in changes]
    )
    assert batch.status is Status.COMPLETED
    left = [shown(world, noun, uid) for uid in ids]
    for uid in ids:
        later = data.draw(patches)
        if noun != "task":
            later = {name: value for name, value in later.items() if name != "extensions"}
        patched(world, noun, uid, later)
    now = [shown(world, noun, uid) for uid in ids]
    how = data.draw(st.sampled_from(OnConflict))
    if not (batch.success or 0) - (batch.unchanged or 0):
        return
    undo = undone(world, batch, how)
    for uid, one, two, three in zip(ids, first, left, now, strict=True):
        wanted, _ = expected(one, two, three, how)
        found = shown(world, noun, uid)
        wanted["display_name"] = found.get("display_name") if isinstance(wanted, dict) else None
        assert {"display_name": None, **found} == wanted, (how, undo.status)
    succeeded = sum(
        expected(one, two, three, how)[1] for one, two, three in zip(first, left, now, strict=True) if one != two
    )
    assert undo.success == succeeded


CHANGE: dict[str, dict[str, Any]] = {
    "task": {"title": "later"},
    "contact": {"about": "later"},
    "case": {"title": "later"},
}
"""What no random patch brings."""
LATER = ("nothing", "restored", "changed", "deleted")
"""What becomes of a deleted task: brought back, and changed, and deleted again."""


def live_again(world: BatchWorld, uid: str, later: str, patch: dict[str, Any]) -> Any:
    """A deleted task after this; gives its last document."""
    if later == "nothing":
        return None
    status, _ = world.native("anna", "POST", f"/v1/tasks/{uid}/restore", {})
    assert status == 200
    if later != "restored":
        patched(world, "task", uid, patch)
    last = shown(world, "task", uid)
    if later == "deleted":
        assert world.native("anna", "DELETE", f"/v1/tasks/{uid}", None)[0] in (200, 204)
    return last


@pytest.mark.parametrize("noun", ["task", "contact", "case"])
@settings(max_examples=sized(3, 10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_deleted_objects_return_as_they_were(world: BatchWorld, noun: str, data: st.DataObject) -> None:
    """What became of them since keeps the undo away, or is overwritten."""
    laters = data.draw(st.permutations(LATER)) if noun == "task" else ["nothing"] * 2
    ids = [made(world, noun, data.draw(PATCHES[noun])) for _ in laters]
    before = [shown(world, noun, uid) for uid in ids]
    batch = world.done(Method.DELETE, noun, field="id", entries=ids)
    last = [live_again(world, uid, later, data.draw(PATCHES[noun])) for uid, later in zip(ids, laters, strict=True)]
    how = data.draw(st.sampled_from(OnConflict))
    undo = undone(world, batch, how)
    wanted = []
    for later, one, two in zip(laters, before, last, strict=True):
        is_restored = later == "nothing" or how is OnConflict.OVERWRITE
        wanted.append(one if is_restored else None if later == "deleted" else two)
    assert [shown(world, noun, uid) for uid in ids] == wanted, (how, laters)
    assert undo.success == (len(ids) if how is OnConflict.OVERWRITE else laters.count("nothing"))


def new(noun: str, patch: dict[str, Any]) -> dict[str, Any]:
    """The content of a new object: a patch that takes nothing away."""
    content = {name: value for name, value in patch.items() if value is not None}
    for name in ("properties", "extensions"):
        content[name] = {key: value for key, value in content.get(name, {}).items() if value is not None}
    return {**NEW[noun], **{name: value for name, value in content.items() if value != {}}}


@pytest.mark.parametrize("noun", ["task", "contact", "case"])
@settings(max_examples=sized(2, 10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_new_objects_go_unless_they_were_changed(world: BatchWorld, noun: str, data: st.DataObject) -> None:
    patches = PATCHES[noun]
    batch = world.done(Method.POST, noun, data=[new(noun, data.draw(patches)) for _ in range(2)])
    assert batch.success == 2
    outcomes = world.core(lambda uow: uow.batches.outcomes(batch.number, limit=10))
    ids = [outcome.object for outcome in outcomes]
    left = [world.native("anna", "GET", f"/v1/{noun}s/{uid}")[1] for uid in ids]
    for uid, more in zip(ids, ({}, CHANGE[noun]), strict=True):
        later = {name: each for name, each in data.draw(patches).items() if name != "extensions"}
        patched(world, noun, uid, later | more)
    now = [world.native("anna", "GET", f"/v1/{noun}s/{uid}")[1] for uid in ids]
    how = data.draw(st.sampled_from(OnConflict))
    undo = undone(world, batch, how)
    stays = [how is not OnConflict.OVERWRITE and one != two for one, two in zip(left, now, strict=True)]
    found = [world.native("anna", "GET", f"/v1/{noun}s/{uid}") for uid in ids]
    assert [status for status, _ in found] == [200 if each else 404 for each in stays]
    assert [body for (_, body), each in zip(found, stays, strict=True) if each] == [
        two for two, each in zip(now, stays, strict=True) if each
    ]
    assert undo.success == stays.count(False)
