"""Two nodes on one PostgreSQL: what one of them takes away counts on the other a second later, whatever it remembers,
and also where it was cut off from the database meanwhile. Both go by one clock, which stands until it is moved."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from dragoman.dialects.kit.credentials import Credential
from dragoman.domain.access import Principal
from dragoman.domain.clock import FixedClock
from dragoman.domain.errors import Expected, Unauthenticated, Unavailable
from dragoman.domain.people import Group
from dragoman.usecases.identity import ending, groups, password_changes, session_lists, sessions, tokens, users
from dragoman.usecases.identity.users import token_hash, token_text
from tests.resilience.faults.proxy import Wire
from tests.support.node import running
from tests.support.world import NOON, World

BELIEVED_SECONDS = 1.0
ADDRESS = "10.0.0.1"
GROUP = "0c0c0c0c-0000-7000-8000-00000000000c"

Change = Callable[[World, str, str], None]
"""Done on a world to a user (by uid) and the token."""


def revoke(world: World, user: str, text: str) -> None:
    world.core(lambda uow: tokens.revoke(uow, tokens.Revoke(token_hash(text))))


def disable(world: World, user: str, text: str) -> None:
    world.core(lambda uow: uow.users.save(replace(uow.users.get(user), disabled_at=uow.now)))


def bound(world: World, user: str, text: str) -> None:
    world.core(lambda uow: uow.users.save(replace(uow.users.get(user), scopes=("task.read",), dialects=("native",))))


def lose_the_role(world: World, user: str, text: str) -> None:
    world.core(lambda uow: uow.groups.save(replace(uow.groups.get(GROUP), roles=())))


def leave_the_group(world: World, user: str, text: str) -> None:
    world.core(lambda uow: groups.leave(uow, groups.Leave(GROUP, user)))


CHANGES: dict[str, Change] = {each.__name__: each for each in (revoke, disable, bound, lose_the_role, leave_the_group)}


def token_of(world: World, login: str) -> str:
    """A token of a new user in a group of reviewers."""
    uid = world.add(login).user
    assert uid is not None
    text = token_text(world.tenant)
    world.core(lambda uow: uow.users.save(replace(uow.users.get(uid), groups=(GROUP,))))
    world.core(lambda uow: users.create_token(uow, users.CreateToken(uid, token_hash(text), ("*",))))
    return text


def remember(world: World, people: list[str]) -> None:
    """Let a node read what it remembers of users and the group by itself, apart from tokens."""
    world.read(lambda uow: [uow.users.find(uid) for uid in people] + [uow.groups.find(GROUP)])


async def found(world: World, text: str) -> Principal | None:
    """Whom the token stands for on this node, as a request finds out; None for nobody."""
    identity, credential = world.app.identity, Credential(text)
    try:
        return identity.known(credential) or await identity.principal(credential, ADDRESS)
    except Unauthenticated:
        return None


def test_a_change_of_rights_counts_on_the_other_node_within_a_second(postgres_url: str) -> None:
    async def run() -> dict[str, tuple[Principal | None, Principal | None]]:
        clock = FixedClock(NOON)
        async with running(postgres_url, clock) as one, running(postgres_url, clock) as two:
            group = Group(one.tenant, GROUP, "g", roles=("reviewer",))
            await asyncio.to_thread(one.core, lambda uow: uow.groups.add(group))
            texts = {name: await asyncio.to_thread(token_of, one, name) for name in CHANGES}
            member = groups.Join(GROUP, one.people["leave_the_group"].user or "")
            await asyncio.to_thread(one.core, lambda uow: groups.join(uow, member))
            before = {name: await found(two, text) for name, text in texts.items()}
            clock.advance(2 * BELIEVED_SECONDS)
            people = {name: one.people[name].user or "" for name in CHANGES}
            await asyncio.to_thread(remember, two, list(people.values()))
            for name, change in CHANGES.items():
                await asyncio.to_thread(change, one, people[name], texts[name])
            clock.advance(0.9 * BELIEVED_SECONDS)
            for text in texts.values():
                await found(two, text)
            clock.advance(0.1 * BELIEVED_SECONDS)
            return {name: (before[name], await found(two, text)) for name, text in texts.items()}

    outcome = asyncio.run(run())
    assert all(before is not None and before.is_reviewer for before, _ in outcome.values())
    assert outcome["revoke"][1] is outcome["disable"][1] is None
    _, narrowed = outcome["bound"]
    assert narrowed is not None
    assert (narrowed.ceiling, narrowed.dialects) == (frozenset({"task.read"}), frozenset({"native"}))
    for name in ("lose_the_role", "leave_the_group"):
        _, without_role = outcome[name]
        assert without_role is not None
        assert not without_role.is_reviewer


SESSION_ENDS: dict[str, Callable[[World, str, str], None]] = {
    "end": lambda world, user, digest: world.core(
        lambda uow: session_lists.end_sessions(uow, session_lists.EndSessions(user))
    ),
    "sign_out": lambda world, user, digest: world.core(lambda uow: sessions.sign_out(uow, sessions.SignOut(digest))),
    "disable": disable,
    "password": lambda world, user, digest: world.core(lambda uow: ending.end_logins(uow, user)),
}
"""Done on a world to a user (by uid) and the hash of his session."""


def session_of(world: World, login: str) -> str:
    """The text of the cookie of a new user's session."""
    command = sessions.SignIn(world.add(login).user or "", "password")
    text: str = world.core(lambda uow: sessions.sign_in(uow, command))
    return text


def test_a_session_that_ended_on_one_node_opens_nothing_on_the_other_a_second_later(postgres_url: str) -> None:
    async def run() -> None:
        clock = FixedClock(NOON)
        async with running(postgres_url, clock) as one, running(postgres_url, clock) as two:
            texts = {name: await asyncio.to_thread(session_of, one, name) for name in SESSION_ENDS}
            people = {name: one.people[name].user or "" for name in SESSION_ENDS}
            for name, end in SESSION_ENDS.items():
                assert await two.app.identity.session(texts[name]) is not None
                await asyncio.to_thread(end, one, people[name], token_hash(texts[name]))
            clock.advance(BELIEVED_SECONDS)
            assert [name for name, text in texts.items() if await two.app.identity.session(text) is not None] == []

    asyncio.run(run())


async def enters(world: World, password: str) -> str:
    """Whether bert comes in by password: empty, or the code of the refusal. Nothing is held back."""
    try:
        await world.app.identity.password("bert", password, ADDRESS)
    except Expected as refused:
        return refused.code
    return ""


def test_an_unlocking_and_another_password_count_on_the_other_node_within_a_second(postgres_url: str) -> None:
    async def at_once(seconds: float) -> None:
        """An answer that isn't held back."""

    def change(world: World, command: Any, run: Callable[..., Any]) -> Any:
        return world.core(lambda uow: run(uow, command))

    async def run() -> None:
        clock = FixedClock(NOON)
        async with running(postgres_url, clock) as one, running(postgres_url, clock) as two:
            first, other = "kelp under seven moons", "moss over eleven suns"
            bert = (await asyncio.to_thread(one.add, "bert")).user or ""
            set_first = password_changes.SetPassword(bert, first)
            await asyncio.to_thread(change, one, set_first, password_changes.set_password)
            two.app.identity.passwords.guesses._sleep = at_once
            assert [await enters(two, "wrong") for _ in range(11)][-2:] == ["credentials_unknown", "too_many_failures"]
            assert two.app.identity.locked_until(bert) is not None
            await asyncio.to_thread(change, one, password_changes.Unlock(bert), password_changes.unlock)
            clock.advance(BELIEVED_SECONDS)
            assert await enters(two, first) == ""
            assert two.app.identity.locked_until(bert) is None
            set_other = password_changes.SetPassword(bert, other)
            await asyncio.to_thread(change, one, set_other, password_changes.set_password)
            clock.advance(BELIEVED_SECONDS)
            assert [await enters(two, password) for password in (first, other)] == ["credentials_unknown", ""]

    asyncio.run(run())


def test_a_token_that_was_revoked_while_a_node_was_cut_off_opens_nothing_there(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)

    async def run(wire: Wire) -> None:
        clock = FixedClock(NOON)
        beyond = postgres_url.replace(f":{parts.port}/", f":{wire.port}/")
        async with running(postgres_url, clock) as one, running(beyond, clock) as two:
            text = await asyncio.to_thread(token_of, one, "anna")
            assert await found(two, text) is not None
            await asyncio.to_thread(wire.cut)
            await asyncio.to_thread(revoke, one, "", text)
            clock.advance(BELIEVED_SECONDS)
            with pytest.raises(Unavailable):
                await found(two, text)
            wire.mend()
            assert await found(two, text) is None

    assert parts.port is not None
    with Wire(parts.port) as wire:
        asyncio.run(run(wire))
