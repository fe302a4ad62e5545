"""Sessions: listed and ended."""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire.sessions import Ended, SessionEnd, SessionList, SessionQuery
from dragoman.domain.clock import Moment
from dragoman.usecases.identity import session_lists


def parse_list(request: Request, query: SessionQuery) -> session_lists.ListSessions:
    """One page by age."""
    after = cursors.read(request, query.cursor, (int, str))
    position = None if after is None else (Moment(int(str(after[0]))), str(after[1]))
    return session_lists.ListSessions(query.user or None, query.limit, position)


def render_list(page: session_lists.Page, request: Request) -> Reply:
    """One page, and the link to the next one."""
    return replies.plain(document(page.items, UNSET if page.after is None else cursors.link(request, page.after)))


def document(items: Iterable[session_lists.Listed], link: str | UnsetType = UNSET) -> SessionList:
    """A list as it is shown."""
    return SessionList([wire.session(item) for item in items], link)


def parse_end(request: Request, query: queries.Trial) -> session_lists.EndSession:
    """One session by id."""
    return session_lists.EndSession(request.path["id"])


def parse_end_all(request: Request, query: SessionEnd) -> session_lists.EndSessions:
    """The user whose sessions end."""
    return session_lists.EndSessions(query.user)


def render_ended(count: int, request: Request) -> Reply:
    """200 with their number."""
    return replies.plain(Ended(count))
