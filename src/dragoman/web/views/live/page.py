"""What the script of a page asks for: the stream of what changes, and rows as they are now."""

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

from starlette.responses import Response

from dragoman.dialects.kit import Stream
from dragoman.dialects.kit.batch_watching import EVENT_STREAM
from dragoman.dialects.kit.request import STREAM_IN_SCOPE
from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch
from dragoman.domain.errors import Unauthenticated, Unavailable
from dragoman.usecases.batches import documents, watching
from dragoman.usecases.batches.watching import Mark, Peek
from dragoman.usecases.events.tailing import Begun
from dragoman.usecases.inbox import listed
from dragoman.usecases.inbox.listed import Judged, Listed, Resolve, Shown
from dragoman.web import addresses, framing
from dragoman.web.live import asked as asking
from dragoman.web.live.asked import Asked
from dragoman.web.live.belonging import depends_on
from dragoman.web.live.news import News
from dragoman.web.live.page_stream import PageStream, Renew, begin
from dragoman.web.live.progress import Progress
from dragoman.web.policy import HEADERS
from dragoman.web.rows.columns import columns
from dragoman.web.site import Page
from dragoman.web.views.tasks import finding
from dragoman.web.views.tasks import page as task_page
from dragoman.web.views.tasks.origins import Origin
from dragoman.web.visit import Visit

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

STALLED_SECONDS = 30.0
"""A socket that takes nothing for so long is closed."""
COUNTED_SECONDS = 0.5
"""How old counts may be that streams of one user share."""
RETRY_SECONDS = 30
"""When to come back after a refusal."""


class Streamed(Response):
    """A stream, which the server sends."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        scope[STREAM_IN_SCOPE] = self._stream


async def live(visit: Visit) -> Response:
    """The stream of a page."""
    principal = visit.require()
    asked = asking.asked(visit.request)
    of_list = await visit.read(listed.resolve, Resolve(_shown(visit, asked)))
    fields = None if of_list.tests else depends_on(of_list.wanted)
    watch = visit.app.event_watch
    if watch.streams.total() >= watch.rules.most:
        raise Unavailable("streams_full", "No more streams can be open at once.", RETRY_SECONDS)
    since = visit.request.headers.get("last-event-id") or visit.request.first("since") or ""
    begun = await begin(visit.app, principal, since)
    headers = [*HEADERS.items(), ("X-Accel-Buffering", "no"), ("Connection", "close")]
    pieces = _pieces(visit, principal, asked, _news(visit, asked, fields), begun)
    return Streamed(Stream(200, pieces, EVENT_STREAM, headers, waits=True, stalled_seconds=STALLED_SECONDS))


async def _pieces(
    visit: Visit, principal: Principal, asked: Asked, news: News, begun: Begun
) -> AsyncGenerator[bytes, None]:
    app, session = visit.app, visit.session
    who = principal.credential if session is None else session.hash
    tenant = None if session is None else principal.tenant
    watch = app.event_watch
    watch.streams[who] += 1
    try:
        with (
            watch.listen(principal.tenant) as listener,
            app.page_streams.opened(who, tenant, listener.wake) as opened,
            _progress(visit, principal, listener.wake) as progress,
        ):
            stream = PageStream(app, principal, _renewal(visit), asked, news, progress, begun, listener, opened)
            async for piece in stream.pieces():
                yield piece
    finally:
        watch.streams[who] -= 1
        if not watch.streams[who]:
            del watch.streams[who]


def _news(visit: Visit, asked: Asked, fields: frozenset[str] | None) -> News:
    app, shown = visit.app, _shown(visit, asked)

    async def judge(principal: Principal, numbers: tuple[int, ...]) -> list[Judged]:
        return await app.executor.read(listed.judged, Listed(numbers, shown), principal)

    async def counts() -> dict[str, int]:
        return (await framing.counted(visit, seconds=COUNTED_SECONDS)).counts

    return News(asked, judge, fields, counts, app.clock.monotonic, framing.known(visit))


def _progress(visit: Visit, principal: Principal, wake: Callable[[], None]) -> Progress:
    """A change of the reader's rights ends the stream, so `principal` stays true."""
    read = visit.app.executor.read

    async def get(number: int) -> Batch:
        return (await read(documents.get, documents.Get(number), principal)).batch

    async def peek(uid: str) -> Mark:
        mark = await read(watching.look, Peek(uid), principal)
        assert isinstance(mark, tuple)  # noqa: S101 - a look at an id is answered so
        return mark

    return Progress(get, peek, wake)


def _shown(visit: Visit, asked: Asked) -> Shown:
    return Shown(asked.list, asked.q, tuple(dialect.name for dialect in visit.app.dialects))


def _renewal(visit: Visit) -> Renew:
    async def renew(*, fresh: bool) -> Principal:
        if visit.session is None:
            await visit.identify()
            return visit.require()
        found = await visit.app.identity.session(visit.cookie, fresh=fresh)
        if found is None:
            raise Unauthenticated("session_ended", "The session has ended.")
        return found.principal

    return renew


async def rows(visit: Visit) -> Response:
    """Rows of a list as they are now, each as a part that takes the place of the one on the page."""
    asked = asking.asked(visit.request)
    numbers = asking.numbers(visit.request)
    shown_columns = columns(asked.list, visit.request.first("cols"))
    has_extensions = any(each.is_of_extension for each in shown_columns)
    command = Listed(numbers, _shown(visit, asked), has_extensions)
    found = await visit.read(listed.listed_rows, command)
    return visit.part(
        "inbox/rows.html",
        rows=found,
        drawer=visit.row_drawer(shown_columns, from_list=Origin(asked.list, asked.q).query),
    )


async def peek(visit: Visit) -> Response:
    """A task for the side of its list. `back` is the address of the list, to which its acts lead."""
    found = await finding.whole(visit, is_beside=True)
    back = visit.request.first("back") or ""
    values = {**task_page.values(visit, found), "back": back if addresses.is_below_root(back) else ""}
    return visit.part("live/peek.html", 410 if found.is_deleted else 200, **values)


PAGES = (Page("/ui/peek/{n}", peek), Page("/ui/live", live), Page("/ui/rows", rows))
