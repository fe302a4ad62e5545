"""The log as streams read it: what happened, and what it was about, for any number of principals.

What a principal hears is decided by who sends it, from what was read with it; see `Looked.heard`.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain import event_cursor
from dragoman.domain.access import Principal, sees_all
from dragoman.domain.clock import Moment
from dragoman.domain.event_filter import Filter
from dragoman.store.repositories.events import EVERYTHING, EventFilter, LoggedEvent
from dragoman.usecases.events import delta, envelope, visibility
from dragoman.usecases.events.event_log import log_id
from dragoman.usecases.events.visibility import Heard, Subjects
from dragoman.usecases.uow import UnitOfWork

__all__ = ["Begin", "Begun", "Filter", "Look", "Looked", "Row", "look", "stored_filter"]

SLICE = 100
"""Events that are read at a time."""
ROOM = 128 * 1024
"""Characters of changes that are read at a time, but for one event."""
MOST_SHARED = 32
"""How many texts of one look are kept for further streams: a bound of their memory."""
ABOUT_PEOPLE = frozenset({"user", "group", "tenant"})
"""Entities whose events may change what somebody hears."""

stored_filter = delta.stored_filter


class Begin(msgspec.Struct, frozen=True):
    """Where to begin: a cursor, `earliest` or `latest`; and what is wanted."""

    since: str
    wanted: Filter

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Begun(msgspec.Struct, frozen=True):
    """A place in a log, and where that ends now."""

    log: str
    sequence: int
    last: int


class Look(msgspec.Struct, frozen=True):
    """Look at what is behind a place. `wanted` leaves out events that the asker has no use for; `for_all` also reads
    what they are about, which whoever sees everything doesn't need."""

    log: str
    after: int
    wanted: EventFilter = EVERYTHING
    for_all: bool = True

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Row:
    """One event with its changes, however long. Rendered once for each way in which it is heard."""

    __slots__ = ("_blocks", "changes", "event")

    def __init__(self, event: LoggedEvent, changes: str | None) -> None:
        self.event = event
        self.changes = changes
        self._blocks: dict[Heard, bytes] = {}

    def block(self, what: Heard, log: str, tenant: str) -> bytes:
        """The event as a block of an event stream: its cursor, its type, its envelope."""
        known = self._blocks.get(what)
        if known is None:
            known = self._blocks[what] = self._block(what, log, tenant)
        return known

    def _block(self, what: Heard, log: str, tenant: str) -> bytes:
        event = self.event
        whole = what is Heard.EVENT
        content = envelope.whole(event, tenant, self.changes) if whole else envelope.hidden(event, tenant)
        cursor = event_cursor.encode(log, event.sequence)
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor.encode(), delta.type_heard(event, what).encode(), content)


class Said(NamedTuple):
    """Blocks of an event stream, and the sequence of the last event in them; None without any."""

    blocks: bytes
    last: int | None


class Looked(msgspec.Struct, frozen=True):
    """What was found behind `after`, up to `until`; where the log ended then. `subjects` are what the events are
    about."""

    log: str
    tenant: str
    after: int
    until: int
    last: int
    at: Moment
    rows: list[Row]
    subjects: Subjects
    shared: dict[Any, "Said"] = msgspec.field(default_factory=dict)

    def about_people(self, after: int) -> list[Row]:
        """Those rows behind `after` that may change what somebody hears."""
        return [row for row in self.rows if row.event.entity in ABOUT_PEOPLE and row.event.sequence > after]

    def said(self, principal: Principal, wanted: Filter, after: int, until: int) -> "Said":
        """What the principal hears behind `after` up to `until`, as blocks. Made once for all streams that ask for
        the same."""
        key = (principal, wanted, after, until)
        found = self.shared.get(key)
        if found is None:
            found = self._said(*key)
            if len(self.shared) < MOST_SHARED:
                self.shared[key] = found
        return found

    def _said(self, principal: Principal, wanted: Filter, after: int, until: int) -> "Said":
        blocks, last = [], None
        for row, what in self.heard(principal, wanted, after):
            if row.event.sequence > until:
                break
            blocks.append(row.block(what, self.log, self.tenant))
            last = row.event.sequence
        return Said(b"".join(blocks), last)

    def heard(self, principal: Principal, wanted: Filter, after: int) -> Iterator[tuple[Row, Heard]]:
        """The rows behind `after` that the principal hears and wants, and how."""
        takes_all = wanted.wants_all
        for row in self.rows:
            event = row.event
            if event.sequence <= after:
                continue
            if not (takes_all or wanted.wants_subject(event.subject, event.entity, event.number)):
                continue
            what = visibility.of_one(principal, event, self.subjects)
            if what is not Heard.NOTHING and (takes_all or wanted.wants_type(delta.type_heard(event, what))):
                yield row, what


def look(uow: UnitOfWork, command: Begin | Look) -> Begun | Looked:
    """The place; or what is behind one. Raises what `event_cursor` raises."""
    bounds = uow.events.bounds()
    if isinstance(command, Begin):
        log = log_id(uow)
        return Begun(log, delta.start(command.since, log, bounds), bounds.last)
    after = event_cursor.checked(event_cursor.Place(command.log, command.after), command.log, *bounds)
    window = min(after + delta.LOOKED_AT, bounds.last)
    events = uow.events.page(after, window, limit=SLICE, wanted=command.wanted) if after < window else []
    rows = list(_within_room(uow, events))
    until = window if len(rows) == len(events) < SLICE else rows[-1].event.sequence
    subjects = visibility.load(uow, [row.event for row in rows] if command.for_all else ())
    return Looked(command.log, uow.home.name, after, until, bounds.last, uow.now, rows, subjects)


def _within_room(uow: UnitOfWork, events: list[LoggedEvent]) -> Iterator[Row]:
    """The first of these that fit, at least one."""
    room = ROOM
    for place, event in enumerate(events):
        changes = uow.events.changes_of(event) if event.is_long else event.changes
        room -= len(changes or "")
        if room < 0 and place:
            return
        yield Row(event, changes)


def needs_subjects(principal: Principal) -> bool:
    """Whether what a principal hears depends on what the events are about."""
    return not sees_all(principal)
