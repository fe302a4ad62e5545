"""People as commands find them: many by one statement, and as the command itself left them."""

import pytest
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.people import Alias
from dragoman.usecases.identity import called
from dragoman.usecases.uow import UnitOfWork
from tests.support.shared_application import opened, tenant_of  # noqa: F401 - a fixture
from tests.support.statements import counting
from tests.support.world import World

LOGINS = [f"user-{place}" for place in range(12)]


@pytest.fixture
def world(opened: World) -> World:  # noqa: F811 - the fixture
    world = tenant_of(opened, World)
    for login in LOGINS:
        world.add(login)
    return world


def uids(world: World) -> list[str]:
    return [str(world.people[login].user) for login in LOGINS]


def test_the_names_of_many_take_one_statement_and_are_known_then(world: World) -> None:
    wanted = [*uids(world), "00000000-0000-7000-8000-ffffffffffff", None]
    asked = []
    for _ in range(2):
        with counting(world.app.store.engine.raw) as statements:
            found = world.core(lambda uow: called.names(uow, wanted))
        asked.append([each for each in statements if "FROM user" in each.replace('"', "")])
        assert sorted(found.values()) == sorted(LOGINS)

    assert [len(each) for each in asked] == [1, 0]


def test_a_change_is_known_at_once(world: World) -> None:
    first, *rest = uids(world)
    world.core(lambda uow: called.names(uow, [first, *rest]))

    world.core(lambda uow: uow.users.save(replace(uow.users.get(first), display_name="Anna Berg")))

    assert world.core(lambda uow: called.names(uow, [first, *rest]))[first] == "Anna Berg"


def test_a_command_finds_people_by_condition_as_it_left_them(world: World) -> None:
    first, second, *rest = uids(world)

    def change(uow: UnitOfWork) -> list[list[str]]:
        for name in ("b", "a"):
            uow.aliases.add(Alias(uow.tenant, "ibm_htm", name, first, uow.now))
        known = [alias.alias for alias in uow.aliases.of_user(first)]
        uow.aliases.remove(uow.aliases.of_user(first)[0])
        user = uow.users.find(second, Lock.CHANGE)
        assert user is not None
        uow.users.save(replace(user, display_name="Changed"))
        changed = [user.display_name for user in uow.users.all() if user.uid in (first, second)]
        return [known, [alias.alias for alias in uow.aliases.of_user(first)], changed]

    assert world.core(change) == [["a", "b"], ["b"], [LOGINS[0], "Changed"]]
    assert [alias.alias for alias in world.core(lambda uow: uow.aliases.of_user(first))] == ["b"]
    assert len(rest) + 2 == len(world.core(lambda uow: uow.users.all()))
