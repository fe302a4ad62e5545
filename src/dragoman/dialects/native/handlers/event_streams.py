"""Streams of events: server-sent events from a place in the log on, as they happen.

No queue stands between: a stream reads the log itself, a page at a time, and waits for the socket. So a slow reader
misses nothing, and one that comes back goes on behind the id of the last event that it had.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager

from dragoman.dialects.kit import Request, Stream
from dragoman.dialects.kit.batch_watching import EVENT_STREAM
from dragoman.dialects.kit.event_tail import Tail
from dragoman.dialects.kit.event_watching import Listener, Watch
from dragoman.dialects.native.handlers.events import NO_STORE, filter_of
from dragoman.dialects.native.handlers.stream_credentials import StreamCredential, differ
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.events import StreamQuery
from dragoman.domain import event_cursor
from dragoman.domain.access import Principal
from dragoman.domain.errors import Expected, Forbidden, NotFound, TooMany, Unauthenticated, Unavailable
from dragoman.usecases.events.tailing import Begin, Begun, Look, Looked, Row, needs_subjects, stored_filter

HEADERS = [NO_STORE, ("X-Accel-Buffering", "no"), ("Connection", "close")]
BEAT = b": beat\n"
STALLED_SECONDS = 30.0
"""A socket that takes nothing for so long is closed."""
POSITION_SECONDS = 60.0
"""Between two cursors behind events that the client does not hear."""
RETRY_SECONDS = 30
"""When to come back after a refusal."""
TROUBLED_SECONDS = 1.0
"""Between two attempts to read where the database is away."""


class Ended(Exception):
    """The stream ends, for this reason."""


def parse(request: Request, query: StreamQuery) -> Begin:
    """From where on; a client that comes back says so in a header, with the cursor that it had."""
    last = request.headers.get("last-event-id")
    if last:
        event_cursor.decode(last)
    return Begin(last or query.since, filter_of(query.types, query.subject))


def render(begun: Begun, request: Request) -> Stream:
    """The stream, which is refused with its first piece where it can't begin."""
    return Stream(
        200, _counted(begun, request), EVENT_STREAM, list(HEADERS), waits=True, stalled_seconds=STALLED_SECONDS
    )


async def _counted(begun: Begun, request: Request) -> AsyncGenerator[bytes, None]:
    watch, principal = request.watch, request.principal
    if watch is None or principal is None:
        raise Unavailable("starting", "Only a server has streams.")
    who = _who(principal)
    _check_room(watch, who)
    watch.streams[who] += 1
    try:
        with watch.listen(principal.tenant) as listener:
            stream = EventStream(begun, request, watch, listener)
            with stream.watched():
                async for piece in stream.pieces():
                    yield piece
    finally:
        watch.streams[who] -= 1
        if not watch.streams[who]:
            del watch.streams[who]


def _who(principal: Principal) -> str:
    return f"{principal.tenant} {principal.user or principal.credential}"


def _check_room(watch: Watch, who: str) -> None:
    """TooMany or Unavailable where no more streams can be open."""
    most = watch.rules.per_user
    if watch.streams[who] >= most:
        raise TooMany("too_many_streams", f"At most {most} streams of a user are open at once.", RETRY_SECONDS)
    if watch.streams.total() >= watch.rules.most:
        raise Unavailable("streams_full", "No more streams can be open at once.", RETRY_SECONDS)


class EventStream:
    """One stream, from a place in the log on."""

    def __init__(self, begun: Begun, request: Request, watch: Watch, listener: Listener) -> None:
        query = reading.query(request, StreamQuery)
        self._loop = asyncio.get_running_loop()
        self._request = request
        self._principal: Principal = request.principal  # type: ignore[assignment]  # checked by the caller
        self._wanted = filter_of(query.types, query.subject)
        self._listener = listener
        self._tail: Tail = watch.shared.setdefault(self._principal.tenant, Tail(begun.log))
        self._log = begun.log
        self._place = begun.sequence  # all up to here was looked at
        self._told = begun.sequence  # the last cursor that the client has
        self._old = begun.last  # what changed rights up to here, did so before the stream began
        self._heartbeat_seconds = watch.rules.heartbeat_seconds
        now = self._loop.time()
        self._ends_at = now + watch.rules.seconds * (900 + secrets.randbelow(201)) / 1_000
        self._sent_at = self._told_at = now
        self._key = (self._principal.user, self._principal.credential, request.headers.get("authorization", ""))
        self._credential: StreamCredential = self._tail.credentials.setdefault(self._key, StreamCredential())

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look up the credential of this stream regularly, until the end of the block."""
        try:
            with self._credential.used_by(self._listener, self._renew):
                yield
        finally:
            if not self._credential.is_used:
                self._tail.credentials.pop(self._key, None)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The blocks of the stream, to its end."""
        await self._check(fresh=True)
        yield self._sent(b"retry: 2000\n" + self._position("stream.ready"), told=self._place)
        try:
            while True:
                self._listener.arm()
                looked = await self._look()
                block, ending = await self._heard(looked)
                if block:
                    yield self._sent(block, told=self._told)
                if ending is not None:
                    raise Ended(ending)
                async for piece in self._idle(looked):
                    yield piece
        except Ended as ended:
            if self._place > self._told:
                yield self._position("stream.position")
            yield b'event: stream.end\ndata: {"reason":"%b"}\n\n' % str(ended).encode()

    async def _look(self) -> Looked:
        """What is behind the place; shared with other streams at the end of the log."""
        while True:
            try:
                return await self._read()
            except NotFound:  # pruned: the client is too slow, and learns where it can begin when it comes back
                raise Ended("slow") from None
            except Unavailable as error:
                if error.code == "stopping":
                    raise Ended("shutdown") from None
                await asyncio.sleep(TROUBLED_SECONDS)

    async def _read(self) -> Looked:
        for_all, run = needs_subjects(self._principal), self._request.run
        if self._tail.is_near(self._place):
            looked = await self._tail.look(self._place, run, for_all=for_all)
        else:
            wanted = stored_filter(self._wanted)
            looked = await run(Look(self._log, self._place, wanted, for_all))
        self._listener.looked(looked.last)
        return looked

    async def _heard(self, looked: Looked) -> tuple[bytes, str | None]:
        """What the client hears of it, and why the stream ends behind it, if it does."""
        if not looked.rows or looked.rows[-1].event.sequence <= self._place:
            self._place = max(self._place, looked.until)
            self._check_known()
            return b"", None
        people = looked.about_people(self._place)
        turn = next((row for row in people if self._turns_rights(row)), None)
        changed = await self._check(looked, fresh=any(map(self._concerns, people)))
        if changed and turn is None:
            return b"", "rights"
        until = max(self._place, looked.until) if turn is None else turn.event.sequence
        said = looked.said(self._principal, self._wanted, self._place, until)
        self._told = said.last or self._told
        self._place = until
        return said.blocks, None if turn is None else "rights"

    async def _idle(self, looked: Looked) -> AsyncIterator[bytes]:
        """Wait for news, with beats and positions meanwhile. There is nothing to wait for where there is more."""
        while self._place >= looked.last and not await self._waited():
            now = self._loop.time()
            if now >= self._ends_at:
                raise Ended("lifetime")
            if self._place > self._told and now >= self._told_at + POSITION_SECONDS:
                yield self._sent(self._position("stream.position"), told=self._place)
            elif now >= self._sent_at + self._heartbeat_seconds:
                yield self._sent(BEAT)
        if self._loop.time() >= self._ends_at:
            raise Ended("lifetime")
        if self._place > self._told and self._loop.time() >= self._told_at + POSITION_SECONDS:
            yield self._sent(self._position("stream.position"), told=self._place)

    async def _waited(self) -> bool:
        """Whether there is news; False when something else is due."""
        due = min(self._ends_at, self._sent_at + self._heartbeat_seconds)
        if self._place > self._told:
            due = min(due, self._told_at + POSITION_SECONDS)
        try:
            return await self._listener.wait(max(0.0, due - self._loop.time()))
        except Unavailable:
            raise Ended("shutdown") from None

    async def _renew(self, fresh: bool) -> Principal:
        """The principal of this stream's credential now."""
        return await self._request.renew(self._request, fresh=fresh)

    async def _check(self, looked: Looked | None = None, *, fresh: bool = False) -> bool:
        """Look at the credential. Whether the rights are others now; Ended when it counts no more."""
        while True:
            try:
                now = await self._credential.look(self._renew, fresh=fresh)
                break
            except (Unauthenticated, Forbidden) as refusal:
                raise Ended(_reason(refusal)) from None
            except (TooMany, Unavailable):  # unknown at the moment: nothing is sent meanwhile
                await asyncio.sleep(TROUBLED_SECONDS)
        if looked is not None and now.until is not None and now.until <= looked.at:
            raise Ended("credential")
        before, self._principal = self._principal, now
        self._request.principal = now
        return differ(before, now)

    def _check_known(self) -> None:
        """Raise Ended if another look-up found that the credential is no longer valid, or grants other rights."""
        credential = self._credential
        if credential.refusal is not None:
            raise Ended(_reason(credential.refusal))
        if credential.principal is not None and differ(self._principal, credential.principal):
            raise Ended("rights")

    def _concerns(self, row: Row) -> bool:
        """Whether an event may have ended the credential or changed the rights."""
        event, principal = row.event, self._principal
        if event.entity == "user":
            return event.id == principal.user
        return event.entity == "tenant" or (event.entity == "group" and event.id in principal.groups)

    def _turns_rights(self, row: Row) -> bool:
        """Whether an event says that the client may see something else from here on."""
        event = row.event
        if event.sequence <= self._old or not self._concerns(row):
            return False
        return event.type == "user.rights_changed" or (event.entity == "group" and bool(event.audience))

    def _position(self, name: str) -> bytes:
        cursor = event_cursor.encode(self._log, self._place).encode()
        return b'event: %b\nid: %b\ndata: {"next":"%b"}\n\n' % (name.encode(), cursor, cursor)

    def _sent(self, piece: bytes, *, told: int | None = None) -> bytes:
        """Note that a piece is sent, and the cursor that the client has behind it."""
        self._sent_at = self._loop.time()
        if told is not None:
            self._told, self._told_at = told, self._sent_at
        return piece


def _reason(refusal: Expected) -> str:
    """Why a stream ends whose credential is refused."""
    return "credential" if isinstance(refusal, Unauthenticated) else "rights"
