"""The event log page by page, at once or when there is something; and one event."""

import asyncio

from msgspec import UnsetType
from msgspec.structs import replace

from dragoman.dialects.kit import Later, Reply, Request
from dragoman.dialects.native.responses import JSON
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.events import EventQuery
from dragoman.domain import event_filter
from dragoman.domain.errors import Invalid, NotFound, Problem, Unavailable
from dragoman.domain.event_filter import EVERY_TYPE, Filter
from dragoman.domain.limits import uuid_of
from dragoman.usecases.events.delta import Page, ReadEvent, ReadEvents

NO_STORE = ("Cache-Control", "no-store")


def filter_of(types: list[str] | UnsetType, subject: str | UnsetType) -> Filter:
    """What the parameters ask for. Invalid for a subject that can't be one."""
    words = EVERY_TYPE if isinstance(types, UnsetType) else event_filter.types_of(types)
    if isinstance(subject, UnsetType):
        return Filter(words)
    found = event_filter.subject_of(subject)
    if found is None:
        why = "must be a plural and an id, such as tasks/12"
        raise Invalid("invalid_query", f"The subject {why}.", (Problem("?subject", "format", why),))
    return Filter(words, found)


def parse(request: Request, query: EventQuery) -> ReadEvents:
    """A page behind a cursor."""
    return ReadEvents(query.since, filter_of(query.types, query.subject), query.limit)


def render(page: Page, request: Request) -> Reply | Later:
    """The page; an empty one is held back where the client waits."""
    seconds = reading.query(request, EventQuery).wait
    if page.items or page.has_more or not seconds or request.watch is None:
        return _reply(page)

    async def held() -> Reply:
        return _reply(await _until_something(request, page, float(seconds)))

    return Later(held)


async def _until_something(request: Request, page: Page, seconds: float) -> Page:
    """The first page that is not empty, or the last one within so many seconds, or before the server stops.

    Whoever waited is looked up again: his rights, or his token, may have ended meanwhile.
    """
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    principal, watch = request.principal, request.watch
    assert principal is not None  # noqa: S101 - checked by the executor
    assert watch is not None  # noqa: S101 - checked by the caller
    try:
        with watch.listen(principal.tenant) as listener:
            while not page.items and not page.has_more:
                listener.arm()
                request.principal = await request.renew(request)
                page = await request.run(replace(request.command, since=page.next))
                listener.looked(page.sequence)
                left = began_at + seconds - loop.time()
                if page.items or left <= 0:
                    break
                try:
                    await listener.wait(left)
                except Unavailable:
                    break
    finally:
        request.waited = loop.time() - began_at
    return page


def _reply(page: Page) -> Reply:
    items = b",".join([item.envelope for item in page.items])
    more = b"true" if page.has_more else b"false"
    body = b'{"items":[%b],"next":"%b","more":%b}' % (items, page.next.encode(), more)
    return Reply(200, body, JSON, [NO_STORE])


def parse_one(request: Request, query: queries.Nothing) -> ReadEvent:
    """One event by its id."""
    uid = uuid_of(request.path["id"])
    if uid is None:
        raise NotFound("event_not_found", "There is no event of this id.")
    return ReadEvent(uid)


def render_one(envelope: bytes, request: Request) -> Reply:
    """The envelope."""
    return Reply(200, envelope, JSON, [NO_STORE])
