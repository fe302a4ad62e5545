"""The log behind a cursor, page by page, as a principal hears it."""

from collections.abc import Iterator

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain import event_cursor, event_filter
from dragoman.domain.errors import NotFound, Unauthenticated
from dragoman.domain.event_filter import Filter
from dragoman.domain.limits import PAGE_BYTES
from dragoman.store.repositories.events import Bounds, EventFilter, LoggedEvent
from dragoman.usecases.events import envelope, visibility
from dragoman.usecases.events.event_log import log_id
from dragoman.usecases.events.visibility import Heard
from dragoman.usecases.uow import UnitOfWork

LOOKED_AT = 10_000
"""Events that one request looks at."""
SLICES = (100, 1_000)
"""Events in a statement; a few sizes, since each is a text of its own."""
EARLIEST = "earliest"
LATEST = "latest"


class ReadEvents(msgspec.Struct, frozen=True):
    """Events behind `since`: a cursor, `earliest` or `latest`."""

    since: str
    wanted: Filter
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Item(msgspec.Struct, frozen=True):
    """An event as the principal hears it."""

    sequence: int
    type: str
    envelope: bytes


class Page(msgspec.Struct, frozen=True):
    """Events, oldest first; the cursor behind them, and behind what was looked at; whether there is more."""

    items: list[Item]
    next: str
    sequence: int
    has_more: bool


class ReadEvent(msgspec.Struct, frozen=True):
    """One event by its id."""

    uid: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def page(uow: UnitOfWork, command: ReadEvents) -> Page:
    """A page. At most `LOOKED_AT` events are looked at, and it ends at PAGE_BYTES; both can leave it short or empty."""
    must_count(uow)
    log, bounds = log_id(uow), uow.events.bounds()
    after = start(command.since, log, bounds)
    until = min(after + LOOKED_AT, bounds.last)
    items: list[Item] = []
    room = PAGE_BYTES
    for event, what in _heard(uow, command, after, until):
        item = render(uow, event, what)
        room -= len(item.envelope)
        if room < 0 and items:
            until = items[-1].sequence
            break
        items.append(item)
        if len(items) == command.limit:
            until = event.sequence
            break
    return Page(items, event_cursor.encode(log, until), until, until < bounds.last)


def must_count(uow: UnitOfWork) -> None:
    """Unauthenticated where the principal's credential has expired meanwhile."""
    if uow.principal.until is not None and uow.principal.until <= uow.now:
        raise Unauthenticated("credentials_unknown", "These credentials are unknown or no longer valid.")


def start(since: str, log: str, bounds: Bounds) -> int:
    """The sequence behind which to read. Raises what `event_cursor` raises."""
    if since == EARLIEST:
        return bounds.before
    if since == LATEST:
        return bounds.last
    return event_cursor.checked(event_cursor.decode(since), log, *bounds)


def one(uow: UnitOfWork, command: ReadEvent) -> bytes:
    """The envelope of an event. NotFound, also where the principal hears nothing of it."""
    event = uow.events.find(command.uid)
    what = Heard.NOTHING if event is None else visibility.heard(uow, uow.principal, [event])[0]
    if event is None or what is Heard.NOTHING:
        raise NotFound("event_not_found", f"There is no event {command.uid}.", id=command.uid)
    return render(uow, event, what).envelope


def render(uow: UnitOfWork, event: LoggedEvent, what: Heard) -> Item:
    """The event as it is heard."""
    if what is Heard.HIDDEN:
        return Item(event.sequence, envelope.hidden_type(event), envelope.hidden(event, uow.home.name))
    changes = uow.events.changes_of(event) if event.is_long else None
    return Item(event.sequence, event.type, envelope.whole(event, uow.home.name, changes))


def _heard(uow: UnitOfWork, command: ReadEvents, after: int, until: int) -> Iterator[tuple[LoggedEvent, Heard]]:
    """What of the log between these the principal hears and wants to."""
    wanted, chosen = command.wanted, stored_filter(command.wanted)
    size = next((size for size in SLICES if size >= command.limit), SLICES[-1])
    while after < until:
        events = uow.events.page(after, until, limit=size, wanted=chosen)
        for event, what in zip(events, visibility.heard(uow, uow.principal, events), strict=True):
            if what is not Heard.NOTHING and wanted.wants_type(type_heard(event, what)):
                yield event, what
        if len(events) < size:
            return
        after = events[-1].sequence


def type_heard(event: LoggedEvent, what: Heard) -> str:
    """The type under which it is heard."""
    return envelope.hidden_type(event) if what is Heard.HIDDEN else event.type


def stored_filter(wanted: Filter) -> EventFilter:
    """The stored events among which those are that are wanted."""
    types = event_filter.stored_types(wanted.types)
    hidden = () if types is None else event_filter.hidden_entities(wanted.types)
    subject = wanted.subject
    if subject is None:
        return EventFilter(types, hidden)
    return EventFilter(types, hidden, subject.text, subject.entity, subject.number)
