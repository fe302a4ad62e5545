"""Sessions: how they begin, how long they last, and what ends them."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.access import Principal
from dragoman.domain.errors import Forbidden, Unauthenticated
from dragoman.domain.people import Session, UserKind
from dragoman.usecases.background import pruning
from dragoman.usecases.identity import sessions
from dragoman.usecases.identity.sessions import HOUR, USUAL, Life, SignedIn
from dragoman.usecases.identity.users import token_hash
from tests.support.shared_application import tenant_of
from tests.support.world import World


class Browsers(World):
    """The world with people who sign in."""

    def sign_in(self, who: Principal, *, replaces: str = "", browser: str | None = "Firefox", **life: float) -> str:
        assert who.user is not None
        command = sessions.SignIn(who.user, "password", browser, "10.0.0.1", Life(**life), replaces)
        text: str = self.app.executor.call(sessions.sign_in, command, self.tenant)
        return text

    def find(self, text: str) -> SignedIn | None:
        found: SignedIn | None = self.read(
            lambda uow: sessions.find_session(uow, sessions.FindSession(token_hash(text)))
        )
        return found

    def see(self, text: str, life: Life = USUAL) -> None:
        self.app.executor.call(sessions.see_session, sessions.SeeSession(token_hash(text), life), self.tenant)

    def rows(self, who: Principal) -> list[Session]:
        found: list[Session] = self.stored(lambda uow: uow.sessions.of_user(who.user or ""))
        return found

    def change(self, who: Principal, **fields: Any) -> None:
        self.core(lambda uow: uow.users.save(replace(uow.users.get(who.user), **fields)))


@pytest.fixture
def world(opened: World) -> Browsers:
    return tenant_of(opened, Browsers)


def test_a_session_acts_as_its_user_with_all_that_he_may(world: Browsers) -> None:
    anna = world.add("anna", admin=True)
    found = world.find(world.sign_in(anna))
    assert found is not None
    assert (found.principal.user, found.principal.is_admin, found.principal.scopes) == (anna.user, True, None)
    assert found.principal.credential == f"session:{found.session.hash}"
    assert (found.session.via, found.session.browser, found.session.address) == ("password", "Firefox", "10.0.0.1")


def test_the_text_of_the_cookie_is_stored_nowhere(world: Browsers) -> None:
    text = world.sign_in(world.add("anna"))
    (row,) = world.sql("SELECT * FROM session WHERE tenant = :t", t=world.tenant)
    assert text.partition("_")[2] not in repr(row)
    assert sessions.session_tenant(text) == world.tenant


def test_signing_in_again_ends_the_session_that_the_browser_had(world: Browsers) -> None:
    anna = world.add("anna")
    first = world.sign_in(anna)
    second = world.sign_in(anna, replaces=token_hash(first))
    assert first != second
    assert world.find(first) is None
    assert world.find(second) is not None


@pytest.mark.parametrize("step", [sessions.SEEN_SECONDS - 1, sessions.SEEN_SECONDS])
def test_a_use_is_written_when_the_last_one_is_some_minutes_old(world: Browsers, step: float) -> None:
    anna = world.add("anna")
    text = world.sign_in(anna)
    before = world.clock.at
    world.clock.advance(step)
    world.see(text)
    assert [row.seen_at for row in world.rows(anna)] == [before if step < sessions.SEEN_SECONDS else world.clock.at]


def test_a_session_ends_after_hours_without_a_request(world: Browsers) -> None:
    text = world.sign_in(world.add("anna"))
    world.clock.advance(11 * HOUR)
    world.see(text)
    world.clock.advance(12 * HOUR - 1)
    assert world.find(text) is not None
    world.clock.advance(1)
    assert world.find(text) is None
    world.see(text)
    assert world.find(text) is None


def test_a_session_in_use_ends_after_days(world: Browsers) -> None:
    text = world.sign_in(world.add("anna"))
    for _ in range(7 * 24 - 1):
        world.clock.advance(HOUR)
        world.see(text)
    assert world.find(text) is not None
    world.clock.advance(HOUR)
    assert world.find(text) is None


def test_a_shorter_life_counts_from_the_next_use_on(world: Browsers) -> None:
    text = world.sign_in(world.add("anna"))
    world.clock.advance(HOUR)
    world.see(text, Life(seconds=2 * HOUR))
    world.clock.advance(HOUR)
    assert world.find(text) is None


def test_the_oldest_of_fifty_ends_for_the_next(world: Browsers) -> None:
    anna, bert = world.add("anna"), world.add("bert")
    other = world.sign_in(bert)
    texts = []
    for _ in range(51):
        world.clock.advance(1)
        texts.append(world.sign_in(anna))
    assert world.find(texts[0]) is None
    assert all(world.find(text) for text in (*texts[1:], other))


def test_the_next_sign_in_removes_expired_ones_with_their_address(world: Browsers) -> None:
    anna = world.add("anna")
    world.sign_in(anna)
    world.clock.advance(13 * HOUR)
    world.sign_in(anna, browser="Chromium")
    assert [row.browser for row in world.rows(anna)] == ["Chromium"]


def test_expired_sessions_are_deleted_and_no_others(world: Browsers) -> None:
    anna, bert = world.add("anna"), world.add("bert")
    world.sign_in(anna)
    world.clock.advance(6 * HOUR)
    text = world.sign_in(bert)
    world.clock.advance(6 * HOUR)
    pruned = [world.core(lambda uow: pruning.prune_sessions(uow, pruning.PruneSessions())) for _ in range(2)]
    assert pruned == [1, 0]
    assert world.rows(anna) == []
    assert world.find(text) is not None


@pytest.mark.parametrize("fields", [{"disabled_at": 1}, {"deleted_at": 1}], ids=["disabled", "deleted"])
def test_a_user_who_is_shut_out_is_so_at_once(world: Browsers, fields: dict[str, Any]) -> None:
    anna = world.add("anna")
    text = world.sign_in(anna)
    assert world.find(text) is not None
    with world.app.store.engine.raw.begin() as other_node:
        other_node.exec_driver_sql(f'UPDATE "user" SET {next(iter(fields))} = 1 WHERE tenant = {world.tenant}')
    assert world.find(text) is None
    with pytest.raises(Unauthenticated):
        world.sign_in(anna)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"kind": UserKind.SERVICE}, Unauthenticated),
        ({"dialects": ("native", "genesys")}, Forbidden),
        ({"dialects": ("web",)}, None),
    ],
)
def test_who_may_sign_in(world: Browsers, fields: dict[str, Any], error: type[Exception] | None) -> None:
    anna = world.add("anna")
    world.change(anna, **fields)
    if error is None:
        world.sign_in(anna)
        return
    with pytest.raises(error):
        world.sign_in(anna)
    assert world.rows(anna) == []


def test_the_ceiling_of_the_user_holds(world: Browsers) -> None:
    anna = world.add("anna")
    world.change(anna, scopes=("*.read",))
    found = world.find(world.sign_in(anna))
    assert found is not None
    assert found.principal.has_scope(frozenset({"task.read"}))
    assert not found.principal.has_scope(frozenset({"task.write"}))


def test_signing_out_twice_changes_nothing(world: Browsers) -> None:
    text = world.sign_in(world.add("anna"))
    for _ in range(2):
        world.app.executor.call(sessions.sign_out, sessions.SignOut(token_hash(text)), world.tenant)
        assert world.find(text) is None


def test_a_request_has_its_use_written_behind_it(world: Browsers) -> None:
    anna = world.add("anna")
    text = world.sign_in(anna)
    world.clock.advance(HOUR)

    async def use() -> None:
        world.app.executor.start(asyncio.get_running_loop(), lambda error: None)
        assert await world.app.identity.session(text) is not None
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))
        world.app.executor.detach()

    asyncio.run(use())
    assert [row.seen_at for row in world.rows(anna)] == [world.clock.at]
