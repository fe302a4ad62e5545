"""The journey of a contact: its cases, stages, tasks and their changes over all dialects."""

from typing import Any

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.handlers.contacts import NOUN
from dragoman.dialects.native.views import changes, maybe, time
from dragoman.dialects.native.wire import cursors
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.journeys import JourneyItem, JourneyPage, JourneyQuery
from dragoman.domain.clock import Moment
from dragoman.usecases.contacts.journeys import Item, Journey, Page, Place


def parse(request: Request, query: JourneyQuery) -> Journey:
    """One page."""
    place = cursors.read(request, query.cursor, (int, str, int, int))
    return Journey(
        reading.ref(request, NOUN),
        dialect=None if query.dialect is UNSET else query.dialect,
        kinds=frozenset() if query.kind is UNSET else frozenset(query.kind),
        is_open=None if query.open is UNSET else query.open,
        limit=query.limit,
        after=None if place is None else _place(*place),
    )


def _place(at: Any, entity: Any, number: Any, revision: Any) -> Place:
    """The place that a cursor of this list names; the types of its values are checked."""
    return Moment(at), entity, number, revision


def render(page: Page, request: Request) -> Reply:
    """One page, the newest first."""
    return replies.plain(
        JourneyPage(
            contact=page.contact.number,
            open_tasks=page.open_tasks,
            oldest_open_at=maybe(page.oldest_open_at),
            items=list(map(_item, page.items)),
            next=UNSET if page.after is None else cursors.link(request, page.after),
        )
    )


def _item(item: Item) -> JourneyItem:
    return JourneyItem(
        at=time(item.at),
        kind=item.kind,
        dialect=item.dialect,
        number=item.number,
        id=item.id,
        title=item.title,
        state=item.state,
        case=item.case,
        revision=item.revision,
        changes=None if item.changes is None else changes(item.changes),
        text=item.text,
    )
