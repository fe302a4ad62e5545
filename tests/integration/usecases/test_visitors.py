"""Visitors: who somebody is who signs in at a provider, and what follows from what it says about him."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.errors import Conflict
from dragoman.domain.people import Group, GroupMember, Session, UserKind
from dragoman.domain.provider import Visitor
from dragoman.usecases.identity import attempts, memberships, provider_links, visitors
from dragoman.usecases.identity.visitors import Recognise, Recognised, Rules
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

LEADS = "00000000-0000-7000-8000-00000000aaaa"
CREW = "00000000-0000-7000-8000-00000000bbbb"
BERT = Visitor("corp", "s-1", "bert", "Bert Moss", email="bert@example.com", is_email_verified=True)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """Anna administers; bert and carl don't. Two groups: leads administer, and the crew."""
    world = World(database_url)
    for login in ("anna", "bert", "carl"):
        world.add(login, admin=login == "anna")
    world.core(_make_groups)
    yield world
    world.close()


def _make_groups(uow: UnitOfWork) -> None:
    uow.groups.add(Group(uow.tenant, LEADS, "Leads", number=101, roles=("administrator",)))
    uow.groups.add(Group(uow.tenant, CREW, "Crew", number=102, external_names=("/eng/crew",)))


def recognise(world: World, visitor: Visitor = BERT, rules: Rules | None = None, newcomer: bool = False) -> Recognised:
    command = Recognise(visitor, rules or Rules(), provision=newcomer)
    found: Recognised = world.core(lambda uow: visitors.recognise(uow, command))
    return found


def user(world: World, login: str) -> Any:
    return world.core(lambda uow: uow.users.by_login(login))


def change(world: World, login: str, **fields: Any) -> None:
    def run(uow: UnitOfWork) -> None:
        found = uow.users.by_login(login)
        assert found is not None
        held = uow.users.find(found.uid, Lock.CHANGE)
        assert held is not None
        uow.users.save(replace(held, **fields))

    world.core(run)


def link(world: World, login: str, subject: str = "s-1") -> None:
    world.core(lambda uow: provider_links.link(uow, provider_links.Link(login, "corp", subject)))


def members(world: World, login: str) -> set[tuple[str, str]]:
    """Group and source of each membership."""
    found = world.core(lambda uow: uow.members.of_user(uow.users.by_login(login).uid))
    return {(member.group, member.source) for member in found}


def session(world: World, login: str, via: str = "oidc:corp") -> None:
    uid, mark = user(world, login).uid, f"{login} {via}"
    world.core(lambda uow: uow.sessions.add(Session(uow.tenant, mark, mark, uid, via, NOON, NOON, NOON)))


def sessions(world: World, login: str) -> list[str]:
    found = world.core(lambda uow: uow.sessions.of_user(uow.users.by_login(login).uid))
    return sorted(each.via for each in found)


def test_an_equal_login_or_address_takes_nobody_over(world: World) -> None:
    change(world, "bert", email="bert@example.com")
    assert recognise(world) == Recognised()


def test_a_linked_subject_is_its_user_whatever_the_login_says(world: World) -> None:
    link(world, "carl")
    found = recognise(world)
    assert found.user is not None
    assert (found.user.login, found.user.display_name, found.user.last_name) == ("carl", "Bert Moss", "Moss")


def test_a_verified_address_links_once(world: World) -> None:
    change(world, "bert", email="Bert@example.com")
    rules = Rules(link_by_email=True)
    assert recognise(world, replace(BERT, is_email_verified=False), rules) == Recognised()
    found = recognise(world, replace(BERT, login="other"), rules)
    assert found.user is not None
    assert found.user.login == "bert"
    assert recognise(world).user is not None
    assert recognise(world, replace(BERT, subject="s-2"), rules) == Recognised()


@pytest.mark.parametrize("fields", [{"is_admin": True}, {"groups": (LEADS,)}, {"kind": UserKind.SERVICE}])
def test_an_address_never_links_an_administrator_or_a_service(world: World, fields: dict[str, Any]) -> None:
    change(world, "bert", email="bert@example.com", **fields)
    assert recognise(world, rules=Rules(link_by_email=True)) == Recognised()


def test_a_newcomer_becomes_a_linked_user(world: World) -> None:
    found = recognise(world, replace(BERT, login="dora"), newcomer=True)
    assert found.user is not None
    assert (found.user.login, found.user.display_name) == ("dora", "Bert Moss")
    assert found.user.password_hash is None
    assert recognise(world).user == user(world, "dora")


def test_a_newcomer_whose_login_is_taken_gets_one_with_a_number(world: World) -> None:
    found = recognise(world, replace(BERT, login="carl"), newcomer=True)
    assert found.user is not None
    assert found.user.login == "carl-2"


@pytest.mark.parametrize("fields", [{"disabled_at": NOON}, {"deleted_at": NOON}, {"kind": UserKind.SERVICE}])
def test_who_may_not_sign_in_stays_out_and_his_sessions_end(world: World, fields: dict[str, Any]) -> None:
    link(world, "bert")
    session(world, "bert")
    change(world, "bert", **fields)
    found = recognise(world)
    assert found.refusal is not None
    assert found.refusal.code == "not_allowed"
    assert world.core(lambda uow: uow.sessions.of_user(world.people["bert"].user or "")) == []


def test_required_groups_that_are_not_met_end_all_sessions(world: World) -> None:
    link(world, "bert")
    session(world, "bert", "password")
    rules = Rules(required_groups=frozenset({"staff", "guests"}))
    assert recognise(world, replace(BERT, groups=("guests",)), rules).refusal is None
    assert sessions(world, "bert") == ["password"]
    for groups in (None, (), ("others",)):
        found = recognise(world, replace(BERT, groups=groups), rules)
        assert found.refusal is not None
        assert found.refusal.code == "not_allowed"
    assert sessions(world, "bert") == []
    assert recognise(world, replace(BERT, subject="s-9"), rules, newcomer=True).refusal is not None
    assert len(world.core(lambda uow: uow.users.all())) == len(world.people)


def test_groups_follow_by_name_and_by_external_name(world: World) -> None:
    link(world, "bert")
    recognise(world, replace(BERT, groups=("leads", "/eng/crew", "unknown")))
    assert members(world, "bert") == {(LEADS, "corp"), (CREW, "corp")}
    assert set(user(world, "bert").groups) == {LEADS, CREW}
    recognise(world)  # nothing is said about groups
    assert members(world, "bert") == {(LEADS, "corp"), (CREW, "corp")}
    recognise(world, replace(BERT, groups=("/eng/crew",)))
    assert members(world, "bert") == {(CREW, "corp")}
    recognise(world, replace(BERT, groups=()))
    assert members(world, "bert") == set()


def test_memberships_of_other_sources_stay(world: World) -> None:
    link(world, "bert")

    def join(uow: UnitOfWork) -> None:
        bert = uow.users.by_login("bert")
        assert bert is not None
        memberships.set_groups(uow, bert, [uow.groups.get(CREW)])

    world.core(join)
    recognise(world, replace(BERT, groups=("leads",)))
    recognise(world, replace(BERT, groups=()))
    assert members(world, "bert") == {(CREW, "manual")}


def test_missing_groups_are_made_where_that_is_wanted(world: World) -> None:
    link(world, "bert")
    found = recognise(world, replace(BERT, groups=("Ops", "ops", "a:b", "crew")), Rules(create_groups=True))
    assert found.remarks == ("groups_not_made",)
    groups: list[Group] = world.core(lambda uow: uow.groups.all())
    assert [(group.name, group.roles) for group in groups if group.uid not in (LEADS, CREW)] == [("Ops", ())]
    assert len(user(world, "bert").groups) == 2


def test_the_last_administrator_comes_in_and_keeps_the_role(world: World) -> None:
    link(world, "bert")
    recognise(world, replace(BERT, groups=("leads", "crew")))
    assert recognise(world, replace(BERT, groups=())).remarks == ()
    recognise(world, replace(BERT, groups=("leads", "crew")))
    change(world, "anna", disabled_at=NOON)
    found = recognise(world, replace(BERT, groups=()))
    assert found.remarks == ("last_administrator",)
    assert found.user is not None
    assert found.user.groups == (LEADS,)
    assert members(world, "bert") == {(LEADS, "corp")}


def test_a_full_group_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    link(world, "bert")
    monkeypatch.setattr(memberships, "MOST_MEMBERS", 1)
    carl = user(world, "carl").uid
    world.core(lambda uow: uow.members.add(GroupMember(uow.tenant, CREW, carl)))
    assert recognise(world, replace(BERT, groups=("crew", "leads"))).remarks == ("groups_full",)
    assert members(world, "bert") == {(LEADS, "corp")}
    monkeypatch.setattr(memberships, "MOST_GROUPS", 1)
    monkeypatch.setattr(memberships, "MOST_MEMBERS", 9)
    assert recognise(world, replace(BERT, groups=("crew", "leads"))).remarks == ("groups_full",)


def test_a_link_by_hand_replaces_the_one_before_and_ends_its_sessions(world: World) -> None:
    link(world, "bert")
    session(world, "bert")
    session(world, "bert", "password")
    link(world, "bert")
    assert sessions(world, "bert") == ["oidc:corp", "password"]
    link(world, "bert", "s-2")
    assert sessions(world, "bert") == ["password"]
    assert recognise(world) == Recognised()
    with pytest.raises(Conflict):
        link(world, "carl", "s-2")
    for _ in range(2):
        world.core(lambda uow: provider_links.unlink(uow, provider_links.Unlink("bert", "corp")))
    assert recognise(world, replace(BERT, subject="s-2")) == Recognised()


def test_an_attempt_is_good_once_and_all_nodes_have_one_key(world: World) -> None:
    use, other = attempts.UseAttempt("state"), attempts.UseAttempt("another")
    world.core(lambda uow: attempts.use_attempt(uow, use))
    world.core(lambda uow: attempts.use_attempt(uow, other))
    with pytest.raises(Conflict):
        world.core(lambda uow: attempts.use_attempt(uow, use))
    keys = {world.core(lambda uow, fresh=fresh: attempts.find_key(uow, attempts.FindKey(fresh))) for fresh in "ab"}
    assert keys == {"a"}
