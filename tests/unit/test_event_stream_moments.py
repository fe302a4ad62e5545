"""What a stream of events does as time passes, with a clock that only its waits move."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from dragoman.dialects.kit import Request
from dragoman.dialects.kit.event_watching import StreamRules
from dragoman.dialects.native.handlers import stream_credentials
from dragoman.dialects.native.handlers.event_streams import EventStream
from dragoman.domain import event_cursor
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound, Unauthenticated
from dragoman.usecases.events.tailing import Begun, Looked

LOG = "01a228db-d9af-402d-a0b4-0db88ab7540e"
MINUTE = 60.0


class World:
    """The log, the clock and the credential of one stream. Each wait that nothing ends passes its whole time."""

    def __init__(self, *, seconds: float = 3_600.0) -> None:
        self.now = 0.0
        self.last = 5
        self.rules = StreamRules(seconds=seconds)
        self.streams: Counter[str] = Counter()
        self.shared: dict[int, Any] = {}
        self.news_at: dict[float, int] = {}  # by the time: the last sequence from then on
        self.pruned_at = self.expires_at = float("inf")

    # the loop, the listener, and what the request gives

    def time(self) -> float:
        return self.now

    def arm(self) -> None: ...

    def looked(self, sequence: int) -> None: ...

    async def wait(self, seconds: float) -> bool:
        due = min((at for at in self.news_at if at <= self.now + seconds), default=None)
        if due is None:
            self.now += seconds
            return False
        self.now, self.last = max(self.now, due), self.news_at.pop(due)
        if self.now >= self.expires_at:  # as the look at its credential wakes a stream
            (credential,) = self.shared[1].credentials.values()
            credential.refusal = Unauthenticated("credentials_unknown", "Expired.")
        return True

    async def run(self, look: Any) -> Looked:
        """Nothing but events that are filtered."""
        if self.now >= self.pruned_at:
            raise NotFound("cursor_gone", "Pruned.", status=410)
        return Looked(LOG, "main", look.after, self.last, self.last, Moment(0), [], {})  # type: ignore[arg-type]

    async def renew(self, request: Request, *, fresh: bool = False) -> Principal:
        return PRINCIPAL


PRINCIPAL = Principal(tenant=1, user="u", login="anna", is_admin=True)


async def pieces(world: World) -> AsyncIterator[tuple[float, str, Any]]:
    """When each block came, its name, and its data; beats are left out."""
    request = Request("GET", "/v1/events/stream", received_at=Moment(0))
    request.principal, request.run, request.renew = PRINCIPAL, world.run, world.renew
    world.shared[1] = SimpleNamespace(is_near=lambda _: False, log=LOG, credentials={})
    stream = EventStream(Begun(LOG, 5, 5), request, world, world)  # type: ignore[arg-type]
    stream._loop = world  # type: ignore[assignment]
    stream._ends_at = stream._ends_at - asyncio.get_running_loop().time()
    stream._sent_at = stream._told_at = 0.0
    async for piece in stream.pieces():
        if piece != b": beat\n":
            fields = dict(line.split(": ", 1) for line in piece.decode().strip().split("\n"))
            yield world.now, fields["event"], json.loads(fields["data"])


def told(world: World, most: int = 10) -> list[tuple[float, str, Any]]:
    async def read() -> list[tuple[float, str, Any]]:
        found = []
        async for each in pieces(world):
            found.append(each)
            if len(found) == most:
                break
        return found

    return asyncio.run(read())


def test_a_stream_that_only_sees_filtered_events_gets_their_place_once_a_minute() -> None:
    world = World()
    world.news_at = {1.0: 6, 2.0: 9, 70.0: 12}
    first, second, third = told(world, 3)
    assert (first[0], first[1]) == (0.0, "stream.ready")
    assert second == (MINUTE, "stream.position", {"next": event_cursor.encode(LOG, 9)})
    assert third == (2 * MINUTE, "stream.position", {"next": event_cursor.encode(LOG, 12)})


def test_a_stream_ends_with_its_life_and_says_where() -> None:
    world = World(seconds=100.0)
    world.news_at = {80.0: 8}
    *_, position, end = told(world)
    assert position[1:] == ("stream.position", {"next": event_cursor.encode(LOG, 8)})
    assert end[1:] == ("stream.end", {"reason": "lifetime"})
    assert 89.9 <= end[0] <= 110.1


def test_a_stream_ends_when_it_is_woken_since_its_credential_has_expired() -> None:
    world = World()
    world.expires_at, world.news_at = 21.0, {21.0: 5}
    _, end = told(world)
    assert end == (21.0, "stream.end", {"reason": "credential"})


def test_a_stream_behind_what_is_kept_ends_as_slow() -> None:
    world = World()
    world.news_at, world.pruned_at = {30.0: 500}, 30.0
    _, end = told(world)
    assert end == (30.0, "stream.end", {"reason": "slow"})


def test_streams_of_one_credential_share_a_look_at_it_for_less_than_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        world = World()
        looks = []

        async def renew(request: Request, *, fresh: bool = False) -> Principal:
            looks.append(fresh)
            return PRINCIPAL

        def stream(authorization: str) -> EventStream:
            request = Request(
                "GET", "/v1/events/stream", headers={"authorization": authorization}, received_at=Moment(0)
            )
            request.principal, request.run, request.renew = PRINCIPAL, world.run, renew
            return EventStream(Begun(LOG, 5, 5), request, world, world)  # type: ignore[arg-type]

        world.shared[1] = SimpleNamespace(is_near=lambda _: False, log=LOG, credentials={})
        first, second, other = stream("Bearer a"), stream("Bearer a"), stream("Bearer b")
        monkeypatch.setattr(stream_credentials, "SHARED_SECONDS", 60.0)
        for each in (first, second):
            await each._check()
        assert len(looks) == 1
        await other._check()  # another credential of the same user
        await second._check(fresh=True)
        assert looks == [False, False, True]
        monkeypatch.setattr(stream_credentials, "SHARED_SECONDS", 0.0)
        await first._check()
        assert len(looks) == 4

    assert stream_credentials.SHARED_SECONDS < 1
    asyncio.run(run())
