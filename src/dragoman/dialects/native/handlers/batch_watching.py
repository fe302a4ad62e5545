"""One batch, at once or when it rests; and the stream of its events."""

from msgspec import UNSET

from dragoman.dialects.kit import Later, Reply, Request, Stream, json
from dragoman.dialects.kit.batch_watching import events, until_it_rests
from dragoman.dialects.kit.conditions import is_among
from dragoman.dialects.native import batch_views as views
from dragoman.dialects.native.handlers.batches import NOUN
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.batch_queries import Waiting
from dragoman.domain.bulk import Batch
from dragoman.usecases.batches.documents import Get, Shown


def parse_get(request: Request, query: Waiting) -> Get:
    """One batch by id or number."""
    return Get(reading.ref(request, NOUN))


def render(shown: Shown, request: Request) -> Reply | Later:
    """The batch now, or once it rests."""
    seconds = reading.query(request, Waiting).wait
    if seconds is UNSET:
        return views.one(shown, request)
    header = request.headers.get("if-none-match", "")

    def is_named(batch: Batch) -> bool:
        return bool(header) and is_among(views.tag(batch)[1], header)

    async def rested() -> Reply:
        return views.one(await until_it_rests(request, shown, float(seconds), is_named), request)

    return Later(rested)


def parse_events(request: Request, query: queries.Nothing) -> Get:
    """The batch whose events are asked for."""
    return Get(reading.ref(request, NOUN))


def render_events(shown: Shown, request: Request) -> Stream:
    """The stream; its first event is the present state."""
    return events(request, shown, lambda seen: json.encode(views.glance(seen)))
