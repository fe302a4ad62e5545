"""Backlogs of webhooks: receivers that don't answer leave room for those that do, and miss nothing by it."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from dragoman.delivery.webhook import Message
from dragoman.domain.access import Principal
from dragoman.domain.delivery import Outcome
from dragoman.domain.webhook import ENOUGH_OF_DOUBTFUL
from dragoman.jobs.senders.senders import Senders
from dragoman.usecases.webhooks import fanning
from tests.support.databases import BACKENDS, Databases
from tests.support.server import KEY_OF_SECRETS
from tests.support.world import World

FAST, DEAD = "https://fast.example/", "https://dead.example/"
EVENTS = 2 * ENOUGH_OF_DOUBTFUL + 5


class Backlog:
    """Two webhooks with the same events behind them; `fast` has answered before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent = {FAST: 0, DEAD: 0}
        self.never = asyncio.Event()
        self.senders = Senders(cast(Any, self), receivers=lambda: cast(Any, self))
        self.fast, self.dead = self._make(FAST), self._make(DEAD)

    def _make(self, url: str) -> str:
        order = {"url": url, "types": ["task.*"], "state": "paused"}
        status, made = self.world.native("anna", "POST", "/v1/webhooks", order)
        assert status == 201, made
        return str(made["id"])

    def _ask(self, method: str, path: str, content: Any = None) -> None:
        status, shown = self.world.native("anna", method, f"/v1{path}", content)
        assert status < 300, shown

    async def fill(self) -> None:
        """Prove the fast one, write the events, and let both be active."""
        self._ask("POST", f"/webhooks/{self.fast}/test")
        await self.turns(3)
        assert self.sent == {FAST: 1, DEAD: 0}
        for _ in range(EVENTS):
            self._ask("POST", "/tasks", {"title": "x"})
        for hook in (self.dead, self.fast):
            self._ask("PATCH", f"/webhooks/{hook}", {"state": "active"})

    async def turns(self, count: int) -> None:
        """So many turns of the senders, with the calls that they begin."""
        for _ in range(count):
            await self.senders.turn()
            for _ in range(5):
                await asyncio.sleep(0)

    async def until_all_are_sent(self) -> None:
        while self.sent[FAST] <= EVENTS:
            await self.turns(1)

    def deliveries(self, hook: str) -> int:
        """How many there are of the events."""
        return int(
            self.world.sql("SELECT count(*) FROM delivery WHERE webhook = :hook AND sequence > 0", hook=hook)[0][0]
        )

    # -- what the senders are given -----------------------------------------------------------------------------

    async def read(self, run: Any, command: Any, principal: Principal, *others: Any, **more: Any) -> Any:
        """The executor's."""
        return self.world.app.executor.call(run, command, principal.tenant, principal=principal)

    write = read

    async def send(self, message: Message) -> Outcome:
        """Both receivers."""
        self.sent[message.url] += 1
        if message.url == DEAD:
            await self.never.wait()
        return Outcome(self.world.clock.now(), 204, None, 5, "", None)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(params=BACKENDS)
def backlog(request: pytest.FixtureRequest, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backlog]:
    monkeypatch.setenv("DRAGOMAN_SECRET_KEY", KEY_OF_SECRETS)
    monkeypatch.setattr(fanning, "ROWS", ENOUGH_OF_DOUBTFUL)
    with databases.lent(request.param) as url:
        world = World(url)
        world.add("anna", admin=True)
        yield Backlog(world)
        world.close()


def test_one_that_does_not_answer_comes_last_and_misses_nothing(backlog: Backlog) -> None:
    async def run() -> None:
        await backlog.fill()
        await backlog.until_all_are_sent()
        assert backlog.deliveries(backlog.dead) < EVENTS
        await backlog.turns(10)
        assert backlog.deliveries(backlog.dead) == EVENTS
        backlog.never.set()
        await backlog.senders.stop()

    asyncio.run(run())
