"""The stream of one open page: which of its rows changed, how many new ones there are, and that it is over.

It reads the event log as streams of clients do, and by the same rule of who hears what; it sends numbers alone.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Protocol

from dragoman.dialects.kit.event_tail import Tail
from dragoman.dialects.kit.event_watching import Listener
from dragoman.domain import event_cursor
from dragoman.domain.access import Principal
from dragoman.domain.errors import Expected, Forbidden, NotFound, TooMany, Unauthenticated, Unavailable
from dragoman.domain.event_filter import Filter
from dragoman.runtime.page_streams import OpenStream
from dragoman.usecases.events import tailing
from dragoman.usecases.events.tailing import Begin, Begun, Look, Looked, Row, needs_subjects
from dragoman.usecases.events.visibility import Heard
from dragoman.web.live.asked import Asked
from dragoman.web.live.news import News
from dragoman.web.live.progress import Progress

if TYPE_CHECKING:
    from dragoman.runtime.application import Application

EVERYTHING = Filter()
RETRY = b"retry: 2000\n"
BEAT = b": beat\n\n"
TROUBLED_SECONDS = 1.0
"""Between two attempts to read where the database is away."""
APART_SECONDS, MOST_APART_SECONDS = 0.001, 0.2
"""How long after each other streams look at news, so that the answers to requests come in between; at most."""
RIGHTS = ("is_admin", "groups", "scopes", "is_reviewer", "is_granted", "is_supervisor", "ceiling", "dialects")


class Renew(Protocol):
    """Looks up the user again. Unauthenticated or Forbidden where he may not listen any more."""

    async def __call__(self, *, fresh: bool) -> Principal: ...


class Ended(Exception):
    """The stream ends, for this reason."""


class PageStream:
    """One stream, from a place in the log on."""

    def __init__(
        self,
        app: "Application",
        principal: Principal,
        renew: Renew,
        asked: Asked,
        news: News,
        progress: Progress,
        begun: Begun,
        listener: Listener,
        open_stream: OpenStream,
    ) -> None:
        watch = app.event_watch
        self._loop = asyncio.get_running_loop()
        self._app = app
        self._principal = principal
        self._renew = renew
        self._asked = asked
        self._news = news
        self._progress = progress
        self._listener = listener
        self._open = open_stream
        self._tail: Tail = watch.shared.setdefault(principal.tenant, Tail(begun.log))
        self._log = begun.log
        self._place = begun.sequence  # all up to here was looked at
        self._told = -1  # the last place that the page has a cursor of
        self._heartbeat_seconds = watch.rules.heartbeat_seconds
        now = self._loop.time()
        self._ends_at = now + watch.rules.seconds * (900 + secrets.randbelow(201)) / 1_000
        self._sent_at = now
        self._place_in_line = secrets.randbelow(1_000) / 1_000

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The blocks of the stream, to its end."""
        yield RETRY + self._position()
        for number, revision in self._asked.batches.items():
            self._progress.follow(number, revision)
        try:
            async for block in self._news.missed(self._principal):
                yield self._sent(block)
            while True:
                self._listener.arm()
                looked = await self._look()
                if block := await self._heard(looked):
                    yield self._sent(block)
                for number, revision in self._progress.taken().items():
                    yield self._sent(b'event: batch\ndata: {"n":%d,"r":%d}\n\n' % (number, revision))
                async for piece in self._idle(looked):
                    yield piece
        except Ended as ended:
            yield b'event: bye\ndata: {"reason":"%b"}\n\n' % str(ended).encode()

    async def _look(self) -> Looked:
        """What is behind the place; shared with other streams at the end of the log."""
        while True:
            try:
                return await self._read()
            except NotFound:  # pruned: the page begins again
                raise Ended("slow") from None
            except Unavailable as error:
                if error.code == "stopping":
                    raise Ended("shutdown") from None
                await asyncio.sleep(TROUBLED_SECONDS)

    async def _read(self) -> Looked:
        for_all = needs_subjects(self._principal)
        if self._tail.is_near(self._place):
            looked = await self._tail.look(self._place, self._run, for_all=for_all)
        else:
            looked = await self._run(Look(self._log, self._place, for_all=for_all))
        self._listener.looked(looked.last)
        return looked

    async def _run(self, look: Look) -> Looked:
        found = await self._app.executor.read(tailing.look, look, self._principal)
        assert isinstance(found, Looked)  # noqa: S101 - a look is answered so
        return found

    async def _heard(self, looked: Looked) -> bytes:
        """The blocks for what the page hears of it."""
        behind = [row for row in looked.rows if row.event.sequence > self._place]
        if behind:
            await self._check(fresh=any(map(self._concerns, behind)))
        blocks = [self._block(row, what) for row, what in looked.heard(self._principal, EVERYTHING, self._place)]
        self._place = max(self._place, looked.until)
        return b"".join(blocks)

    def _block(self, row: Row, what: Heard) -> bytes:
        """What is sent at once of an event; the rest is for `News` to find out."""
        event = row.event
        if event.number is None or event.entity not in ("task", "batch"):
            return b""
        number, revision = event.number, event.revision or 0
        shown = self._asked.rows.get(number)
        self._news.note(row, what, is_shown=shown is not None)
        blocks = b""
        if shown is not None and event.entity == "task" and revision > shown:
            self._asked.rows[number] = revision
            blocks = self._event("task", event.sequence, number, revision)
        if number in self._asked.batches:
            self._progress.follow(number, revision)
            blocks += self._event("batch", event.sequence, number, revision)
        return blocks

    def _event(self, name: str, sequence: int, number: int, revision: int) -> bytes:
        self._told = sequence
        cursor = event_cursor.encode(self._log, sequence).encode()
        return b'id: %b\nevent: %b\ndata: {"n":%d,"r":%d}\n\n' % (cursor, name.encode(), number, revision)

    async def _idle(self, looked: Looked) -> AsyncIterator[bytes]:
        """Wait for news, with beats meanwhile. There is nothing to wait for where there is more."""
        while self._place >= looked.last and not await self._waited():
            now = self._loop.time()
            if now >= self._ends_at:
                raise Ended("lifetime")
            if self._news.is_due(now):
                async for block in self._news.found(self._principal, now):
                    yield self._sent(block)
            if now >= self._sent_at + self._heartbeat_seconds:
                yield self._sent(self._position() if self._place > self._told else BEAT)

    async def _waited(self) -> bool:
        """Whether there is news of the log; False when something else is due."""
        due = min(self._ends_at, self._sent_at + self._heartbeat_seconds, self._news.due_at)
        try:
            is_news = await self._listener.wait(max(0.0, due - self._loop.time()))
        except Unavailable:
            raise Ended("shutdown") from None
        if self._open.over:
            raise Ended(self._open.over)
        if is_news:
            streams = self._app.event_watch.streams.total()
            await asyncio.sleep(self._place_in_line * min(MOST_APART_SECONDS, streams * APART_SECONDS))
        return is_news

    async def _check(self, *, fresh: bool) -> None:
        """Look at who listens. Ended when he may not any more, or may see something else now."""
        while True:
            try:
                now = await self._renew(fresh=fresh)
                break
            except (Unauthenticated, Forbidden):
                raise Ended("session") from None
            except (TooMany, Unavailable):  # unknown at the moment: nothing is sent meanwhile
                await asyncio.sleep(TROUBLED_SECONDS)
        before, self._principal = self._principal, now
        if any(getattr(before, name) != getattr(now, name) for name in RIGHTS):
            raise Ended("rights")

    def _concerns(self, row: Row) -> bool:
        """Whether an event may have ended the session or changed the rights."""
        event, principal = row.event, self._principal
        if event.entity == "user":
            return event.id == principal.user
        return event.entity == "tenant" or (event.entity == "group" and event.id in principal.groups)

    def _position(self) -> bytes:
        """A block that is no event: it gives the page the cursor of this place."""
        self._told = self._place
        return b"id: %b\n\n" % event_cursor.encode(self._log, self._place).encode()

    def _sent(self, piece: bytes) -> bytes:
        self._sent_at = self._loop.time()
        return piece


async def begin(app: "Application", principal: Principal, since: str) -> Begun:
    """The place behind a cursor; where it names none of this log, the end: the page then asks for what it missed."""
    for where in (since, "latest") if since else ("latest",):
        try:
            found = await app.executor.read(tailing.look, Begin(where, EVERYTHING), principal)
        except Expected:
            if where == "latest":
                raise
            continue
        assert isinstance(found, Begun)  # noqa: S101 - a beginning is answered so
        return found
    raise AssertionError("unreachable")
