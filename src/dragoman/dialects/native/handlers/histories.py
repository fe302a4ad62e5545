"""History of a task, case or contact, also of a deleted one."""

from collections.abc import Callable

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire import cursors
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.histories import EntryList
from dragoman.dialects.native.wire.queries import Pages
from dragoman.usecases.events.history import History, HistoryPage


def parsing(noun: str) -> Callable[[Request, Pages], History]:
    """How a request for the history of such a thing is read."""

    def parse(request: Request, query: Pages) -> History:
        entity = reading.ref(request, noun, name="key")
        return History(noun, entity, query.limit, cursors.read_number(request, query.cursor))

    return parse


def render(page: HistoryPage, request: Request) -> Reply:
    """One page, oldest first."""
    after = UNSET if page.after is None else cursors.link(request, (page.after,))
    return replies.plain(EntryList(items=[wire.entry(row) for row in page.items], next=after))
