"""The last administrator, memberships, and the end of what lets a user in."""

from threading import Barrier, Thread
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict
from dragoman.domain.people import Group, GroupMember, PasswordLink, Session, Token, TokenKind, UserKind, with_roles
from dragoman.usecases.identity import ending, memberships
from dragoman.usecases.identity.last_administrator import kept
from dragoman.usecases.uow import UnitOfWork
from tests.support.shared_application import tenant_of
from tests.support.sizes import sized
from tests.support.world import NOON, World

ADMINISTRATORS = "00000000-0000-7000-8000-00000000aaaa"
ROUNDS = sized(50, 200)
CREW = "00000000-0000-7000-8000-00000000cccc"


@pytest.fixture
def world(opened: World) -> World:
    """Anna has the role herself, bert by a group, carl by none."""
    return furnished(tenant_of(opened, World))


def furnished(world: World) -> World:
    for login in ("anna", "bert", "carl"):
        world.add(login, admin=login == "anna")
    world.core(_make_groups)
    return world


def _make_groups(uow: UnitOfWork) -> None:
    for uid, roles in ((ADMINISTRATORS, ("administrator",)), (CREW, ())):
        uow.groups.add(Group(uow.tenant, uid, uid[-4:], number=int(uid[-4:], 16), roles=roles))
    memberships.set_groups(uow, _user(uow, "bert"), [uow.groups.get(ADMINISTRATORS)])


def _user(uow: UnitOfWork, login: str) -> Any:
    user = uow.users.by_login(login)
    assert user is not None
    return uow.users.find(user.uid, Lock.CHANGE)


def change(world: World, login: str, **fields: Any) -> None:
    """Change a user within `kept`."""

    def run(uow: UnitOfWork) -> None:
        with kept(uow):
            user = _user(uow, login)
            after = with_roles(user, fields["roles"]) if "roles" in fields else replace(user, **fields)
            uow.users.save(after)

    world.core(run)


LOSSES: list[dict[str, Any]] = [
    {"disabled_at": Moment(1)},
    {"deleted_at": Moment(1)},
    {"roles": ()},
    {"scopes": ("*.read",)},
    {"dialects": ("onlyoffice_crm",)},
    {"kind": UserKind.SERVICE},
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: next(iter(loss)))
def test_the_last_administrator_keeps_the_role_and_the_way_to_use_it(world: World, loss: dict[str, Any]) -> None:
    change(world, "bert", groups=())
    world.core(lambda uow: memberships.set_groups(uow, _user(uow, "bert"), []))
    with pytest.raises(Conflict) as refused:
        change(world, "anna", **loss)
    assert refused.value.code == "last_administrator"
    change(world, "carl", roles=("administrator",))
    change(world, "anna", **loss)


@pytest.mark.parametrize("harmless", [{"scopes": ("user.*",)}, {"dialects": ("native",)}, {"title": "Dr"}], ids=str)
def test_what_leaves_an_administrator_is_allowed(world: World, harmless: dict[str, Any]) -> None:
    world.core(lambda uow: memberships.set_groups(uow, _user(uow, "bert"), []))
    change(world, "anna", **harmless)


def test_a_role_by_a_group_counts_until_the_group_the_role_or_the_membership_goes(world: World) -> None:
    change(world, "anna", roles=())  # bert has it by his group

    def lose_group(uow: UnitOfWork) -> None:
        with kept(uow):
            uow.groups.remove(uow.groups.get(ADMINISTRATORS))

    def lose_role(uow: UnitOfWork) -> None:
        with kept(uow):
            uow.groups.save(replace(uow.groups.get(ADMINISTRATORS), roles=()))

    def lose_membership(uow: UnitOfWork) -> None:
        with kept(uow):
            memberships.set_groups(uow, _user(uow, "bert"), [uow.groups.get(CREW)])

    for run in (lose_group, lose_role, lose_membership):
        with pytest.raises(Conflict):
            world.core(run)


def test_where_there_is_no_administrator_nothing_is_refused(world: World) -> None:
    world.core(lambda uow: memberships.set_groups(uow, _user(uow, "bert"), []))
    world.core(lambda uow: uow.users.save(with_roles(_user(uow, "anna"), ())))
    change(world, "carl", disabled_at=Moment(1))


def test_of_two_who_disable_each_other_at_once_one_stays(database_url: str) -> None:
    world = furnished(World(database_url))
    world.core(lambda uow: memberships.set_groups(uow, _user(uow, "bert"), []))
    change(world, "bert", roles=("administrator",))
    other = World(database_url)  # another node: one application runs one command after the other
    for _ in range(ROUNDS):
        refused: list[str] = []
        at_once = Barrier(2)

        def disable(node: World, login: str, at_once: Barrier = at_once, refused: list[str] = refused) -> None:
            at_once.wait()
            try:
                change(node, login, disabled_at=Moment(1))
            except Conflict as error:
                refused.append(error.code)

        threads = [Thread(target=disable, args=who) for who in ((world, "anna"), (other, "bert"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused == ["last_administrator"]
        world.core(_enable_both)
    other.close()
    world.close()


def _enable_both(uow: UnitOfWork) -> None:
    for login in ("anna", "bert"):
        uow.users.save(replace(_user(uow, login), disabled_at=None))


def test_a_person_s_choice_of_groups_ends_all_others_and_a_provider_s_only_its_own(world: World) -> None:
    def groups_of(uow: UnitOfWork) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
        bert = _user(uow, "bert")
        return bert.groups, [(member.group, member.source) for member in uow.members.of_user(bert.uid)]

    def choose(*groups: str, source: str = "manual") -> Any:
        def run(uow: UnitOfWork) -> Any:
            memberships.set_groups(uow, _user(uow, "bert"), [uow.groups.get(uid) for uid in groups], source)
            return groups_of(uow)

        return world.core(run)

    both = (ADMINISTRATORS, CREW)
    assert choose(CREW, source="acme") == (both, [(ADMINISTRATORS, "manual"), (CREW, "acme")])
    assert choose(ADMINISTRATORS, source="acme") == (
        (ADMINISTRATORS,), [(ADMINISTRATORS, "acme"), (ADMINISTRATORS, "manual")],
    )  # fmt: skip
    assert choose(*both) == (both, [(ADMINISTRATORS, "acme"), (ADMINISTRATORS, "manual"), (CREW, "manual")])
    assert choose(source="acme") == (both, [(ADMINISTRATORS, "manual"), (CREW, "manual")])
    assert choose() == ((), [])


def test_a_group_and_a_user_have_only_so_many_members_and_groups(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def join(login: str, *groups: str) -> None:
        world.core(lambda uow: memberships.set_groups(uow, _user(uow, login), [uow.groups.get(uid) for uid in groups]))

    monkeypatch.setattr(memberships, "MOST_MEMBERS", 1)
    monkeypatch.setattr(memberships, "MOST_GROUPS", 1)
    for login, groups, code in (
        ("carl", [ADMINISTRATORS], "too_many_members"),
        ("bert", [ADMINISTRATORS, CREW], "too_many_groups"),
    ):
        with pytest.raises(Conflict) as refused:
            join(login, *groups)
        assert refused.value.code == code
    join("bert", ADMINISTRATORS)
    assert world.core(lambda uow: len(uow.members.of_group(CREW))) == 0


def _let_in(uow: UnitOfWork) -> None:
    anna, soon = _user(uow, "anna").uid, later(NOON, seconds=60)
    for name in ("one", "two"):
        uow.sessions.add(Session(uow.tenant, name, name, anna, "password", NOON, NOON, soon))
    uow.password_links.add(PasswordLink(uow.tenant, "link", anna, NOON, soon))
    for name, kind, ends in (("api", TokenKind.API, None), ("login", TokenKind.LOGIN, soon), ("old", "login", NOON)):
        uow.tokens.add(Token(uow.tenant, name, anna, expires_at=ends, kind=TokenKind(kind)))


def _open(uow: UnitOfWork) -> tuple[list[str], list[str], int]:
    anna = _user(uow, "anna").uid
    live = [token.hash for token in uow.tokens.of_user(anna) if token.revoked_at is None]
    return [one.hash for one in uow.sessions.of_user(anna)], sorted(live), len(uow.password_links.of_user(anna))


def test_a_new_password_ends_sessions_login_tokens_and_links(world: World) -> None:
    world.core(_let_in)
    anna = world.people["anna"].user or ""
    world.core(lambda uow: ending.end_logins(uow, anna, keep_session="two"))
    assert world.core(_open) == (["two"], ["api", "old"], 0)
    assert world.core(lambda uow: (ending.end_sessions(uow, anna), ending.end_sessions(uow, anna))) == (1, 0)
    assert world.core(lambda uow: [token.hash for token in ending.revoke_tokens(uow, anna)]) == ["api"]
    assert world.core(_open) == ([], ["old"], 0)


def test_the_row_of_a_membership_and_the_copy_say_the_same(world: World) -> None:
    rows = world.core(lambda uow: uow.members.of_user(_user(uow, "bert").uid))
    assert rows == [GroupMember(world.tenant, ADMINISTRATORS, rows[0].user, created_at=NOON)]
    assert world.core(lambda uow: _user(uow, "bert").groups) == (ADMINISTRATORS,)
