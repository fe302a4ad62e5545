"""Users and groups have histories: each change a row, facts beside their fields too, and no secret in any."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.people import Group
from dragoman.store.maintenance.verification import verify
from dragoman.store.unit.overlay import HistoryRow
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World


@pytest.fixture
def world(database_url: str) -> Any:
    world = World(database_url)
    yield world
    world.close()


def history(world: World, entity: str, number: int) -> list[HistoryRow]:
    rows: list[HistoryRow] = world.core(lambda uow: uow.history.page(entity, number))
    return rows


def changed(world: World, login: str, **fields: Any) -> Any:
    uid = world.people[login].user
    assert uid is not None
    return world.core(lambda uow: uow.users.save(replace(uow.users.get(uid), **fields)))


def test_a_password_is_never_in_the_history(world: World) -> None:
    world.add("anna")
    changed(world, "anna", password_hash="$argon2id$one")
    changed(world, "anna", password_hash="$argon2id$two", title="Clerk")
    changed(world, "anna", password_hash=None)
    told = [json.loads(row.changes).get("password_hash") for row in history(world, "user", 1)]
    assert told == [None, [None, "set"], ["set", "changed"], ["set", None]]
    assert "argon2id" not in "".join(row.changes for row in history(world, "user", 1))
    assert verify(world.app.store.engine).broken is None


def test_a_fact_beside_the_fields_is_a_row_by_itself(world: World) -> None:
    world.add("anna")
    uid = world.people["anna"].user
    assert uid is not None

    def change(uow: UnitOfWork) -> None:
        uow.record("user", uid, "token.created", {"token": [None, {"id": "0123"}]})
        uow.users.save(replace(uow.users.get(uid), title="Clerk"))

    world.core(change, world.people["anna"])
    made, titled, told = history(world, "user", 1)
    assert (made.operation, titled.operation, told.operation) == ("core", "core", "token.created")
    assert json.loads(told.changes) == {"token": [None, {"id": "0123"}]}
    assert (told.revision, told.actor) == (3, uid)
    assert world.core(lambda uow: uow.users.get(uid)).revision == 3
    assert verify(world.app.store.engine).broken is None


def test_a_fact_of_what_is_not_there_or_of_a_refused_command_leaves_nothing(world: World) -> None:
    world.add("anna")
    uid = world.people["anna"].user
    assert uid is not None
    world.core(lambda uow: uow.record("user", "nobody", "token.created", {}))

    def refused(uow: UnitOfWork) -> None:
        uow.record("user", uid, "token.created", {})
        raise KeyError("refused")

    with pytest.raises(KeyError):
        world.core(refused)
    assert len(history(world, "user", 1)) == 1


def test_a_group_has_a_history_and_a_tombstone(world: World) -> None:
    made = world.core(
        lambda uow: uow.groups.add(Group(uow.tenant, "g", "desk", number=uow.numbers.draw("group"), created_at=uow.now))
    )
    world.core(lambda uow: uow.groups.save(replace(made, roles=("reviewer",))))
    world.core(lambda uow: uow.groups.remove(uow.groups.get("g")))
    assert [sorted(json.loads(row.changes)) for row in history(world, "group", 1)] == [
        ["created_at", "description", "name"],
        ["roles"],
        ["deleted"],
    ]
    assert verify(world.app.store.engine).broken is None
