"""The memory of a transaction: the rows of its group, and an overlay for each command.

A command sees the changes of the commands before it, and its own. When it fails, its overlay is dropped, including the
numbers that it drew. Overlays nest, so that each entry of a bulk operation has its own outcome.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import astuple, replace

from dragoman.command import Key, Keys, Lock
from dragoman.domain import json_numbers
from dragoman.domain.clock import FOREVER, Clock, Moment
from dragoman.domain.event import Event
from dragoman.domain.extension import Extension
from dragoman.domain.terms import NO_TERMS
from dragoman.store.unit.event_rows import event_of
from dragoman.store.unit.known_tasks import Known, KnownTasks
from dragoman.store.unit.mappings import BOOKKEEPING, MAPPINGS, Mapping

SALT_BYTES = 16
SALTS = 256  # drawn at once
RowKey = tuple[str, Key]
"""An entity name and a key."""


class NotAnnounced(Exception):
    """A command needs rows that it did not name. The group runs again with them named."""

    def __init__(self, entity: str, key: Key, lock: Lock) -> None:
        super().__init__(f"{entity} {key!r} was not announced")
        self.entity = entity
        self.key = key
        self.lock = lock


class OutOfOrder(Exception):
    """An exclusive command would lock rows against the lock order, or lock a row that changed since it was read. It
    runs again and locks these and all rows that it had locked, in order, before anything else."""

    def __init__(self, keys: Keys) -> None:
        super().__init__("rows must be locked in order")
        self.keys = keys


class MustBeExclusive(Exception):
    """A command that named its keys turns out to need a set; it runs again as an exclusive command."""


class Stamp(msgspec.Struct, frozen=True):
    """The principal's login, dialect and operation of a change, for its history; the number of the batch that caused
    it; the principal's uid, None for the system; and the id of the HTTP request that asked for it."""

    principal: str
    dialect: str
    operation: str
    cause: int | None = None
    actor: str | None = None
    request: str | None = None


class HistoryRow(msgspec.Struct, frozen=True):
    """One row of history, ready to be written. `changes` is JSON text: field to [old, new]; `cause` is the number of
    the batch that made the change.

    `principal` is the login at that time; `actor` is the user's uid, None for the system. `salt` is None in rows of the
    first form. `commit` and `redacted` are set once values were taken out. `request` is the id of the HTTP request that
    made the change, None for batches and timers. No hash covers `principal` and `request`.
    """

    tenant: int
    entity: str
    number: int
    revision: int
    at: Moment
    principal: str
    dialect: str
    operation: str
    changes: str
    hash: str = ""
    cause: int | None = None
    actor: str | None = None
    salt: str | None = None
    commit: str | None = None
    redacted: int | None = None
    request: str | None = None


def chained(
    previous: str, tenant: int, entity: str, number: int, revision: int, at: Moment, stamp: Stamp, changes: str
) -> HistoryRow:
    """A history row of the second form with its hash: SHA-256 over the entity's previous hash, the row, and the
    commitment to its changes, so that these can be taken out later without a break in the chain."""
    salt = _drawn()
    digest = link(previous, tenant, entity, number, revision, at, stamp, commitment(salt, changes))
    who, dialect, operation, cause, actor, request = astuple(stamp)
    row = (tenant, entity, number, revision, at, who, dialect, operation, changes, digest, cause, actor, salt)
    return HistoryRow(*row, request=request)


_salts: list[str] = []
os.register_at_fork(after_in_child=_salts.clear)


def _drawn() -> str:
    """A random salt. They are drawn many at a time: asking the system for each gives up the interpreter's lock."""
    try:
        return _salts.pop()
    except IndexError:
        drawn = secrets.token_hex(SALT_BYTES * SALTS)
        first, *others = (drawn[place : place + 2 * SALT_BYTES] for place in range(0, len(drawn), 2 * SALT_BYTES))
        _salts.extend(others)
        return first


def commitment(salt: str, changes: str) -> str:
    """SHA-256 over the salt and the changes: without the salt nobody can guess these from it."""
    return hashlib.sha256(f"{salt}\n{changes}".encode()).hexdigest()


def link(
    previous: str, tenant: int, entity: str, number: int, revision: int, at: Moment, stamp: Stamp, commit: str
) -> str:
    """The hash of a row of the second form."""
    actor, cause = stamp.actor or "", "" if stamp.cause is None else stamp.cause
    head = f"{previous}\n2 {tenant} {entity} {number} {revision} {at}\n{actor}\n"
    return hashlib.sha256(f"{head}{stamp.dialect}\n{stamp.operation}\n{cause}\n{commit}".encode()).hexdigest()


def first_link(
    previous: str, tenant: int, entity: str, number: int, revision: int, at: Moment, stamp: Stamp, changes: str
) -> str:
    """The hash of a row of the first form, as written before the eighth migration. The cause stands behind the
    operation, where there is one."""
    who, dialect, operation, cause = stamp.principal, stamp.dialect, stamp.operation, stamp.cause
    by = operation if cause is None else f"{operation} {cause}"
    head = f"{previous}\n{tenant} {entity} {number} {revision} {at}\n{who}\n{dialect}\n{by}\n{changes}"
    return hashlib.sha256(head.encode()).hexdigest()


class Difference(NamedTuple):
    """An entity after a command, the fields that differ from the group's row, and their changes for history."""

    entity: Any
    names: tuple[str, ...]
    changes: dict[str, Any]


class Fact(NamedTuple):
    """What history tells of an entity though none of its fields changed, under an operation of its own."""

    mapping: Mapping
    key: Key
    operation: str
    changes: dict[str, Any]


RECORDED = frozenset({"revision", "modified_at", "head_hash"})
"""What differs in every row whose change is recorded."""


class Group:
    """The rows of one transaction: as they were loaded, and as the finished commands left them.

    `load_all` fetches rows that were not announced; it is None where commands share the transaction for writing.
    """

    def __init__(
        self,
        tenant: int,
        now: Moment,
        cached: Callable[[str, Key], Any],
        remember: Callable[[str, Collection[Key]], None],
        recorded_at: Callable[[str, int, int], Moment | None],
    ) -> None:
        self.tenant = tenant
        self.now = now
        self._recorded_at = recorded_at  # the moment of a history row, by entity, number and revision
        self._moments: dict[tuple[str, int], Moment] = {}  # of entities whose last change is later than `now`
        self.loaded: dict[RowKey, Any] = {}
        self.current: dict[RowKey, Any] = {}
        self.locks: dict[RowKey, Lock] = {}
        self.numbers: dict[tuple[str, str], int | None] = {}  # (entity, uid) -> number
        self.changed: dict[RowKey, set[str] | None] = {}  # names of fields that commands changed; None: any may differ
        self.history: list[HistoryRow] = []
        self.events: list[Event] = []  # of the whole transaction, written behind everything else
        self.removed: list[tuple[Any, HistoryRow]] = []  # what was deleted, for its tombstone
        self.returned: list[tuple[str, int]] = []  # what is there again, whose tombstone goes
        self.is_written = True  # the tables hold what is current
        self.written: list[RowKey] = []  # by earlier flushes of the transaction
        self.clock: Clock | None = None  # while rows are locked: `now` is read after each wait
        self.cached = cached
        self.remember = remember
        self._home: Any = None
        self.terms = NO_TERMS  # what the operator asks of batches and passwords
        self.has_queued = False  # a job: the worker need not wait for its next look
        # For commands that have the transaction to themselves, and for readers:
        self.load_all: Callable[[Keys], None] | None = None
        self.connection: Any = None
        self.only_reads = False
        self.is_quick = False  # it only reads, lists that an index leads along
        self.known_until: Moment | None = FOREVER  # lists by a lower bound show no later changes; None: they must wait
        self.overlap_ticks = 0  # so much earlier they begin, where the engine doesn't show what is under way
        self.has_due: bool | None = None  # whether timers change tasks in lists; readers find out once
        self.lacking: Any = None  # what this tenant has none of (`task_filters.Lacking`), likewise
        self.without_parts: set[int] = set()  # tasks known to have none
        self.known_tasks: KnownTasks | None = None  # of all readers
        self.shown: dict[int, Known] = {}  # those that lists of this reader found
        self.size = 1  # how many commands share the transaction
        self.picks = False  # they pick rows: what they find they lock, and hold their rule against it again
        self.once: dict[Any, Any] = {}  # what was made for all of them
        # Tasks and cases are seen as due timers leave them, unless the command works on rows as they are stored.
        self.as_stored = False
        self.fires_timers = False  # what is due and loaded is to fire first
        self.tried: frozenset[int] = frozenset()  # but for these: their timers have just had the chance
        self.is_trial = False  # it will be rolled back: rows are loaded without a lock
        self.touched: set[RowKey] | None = None  # where somebody looks: rows that finished commands put or dropped

    @property
    def home(self) -> Any:
        """The tenant itself."""
        if self._home is None:
            self._home = self.cached("tenant", ())
        return self._home

    def know(self, mapping: Mapping, key: Key, entity: Any, lock: Lock) -> None:
        """Note a row as loaded (None: there is none), under its key."""
        ref = (mapping.name, key)
        if ref not in self.loaded:
            self.loaded[ref] = self.current[ref] = entity
        self.locks[ref] = max(lock, self.locks.get(ref, Lock.NONE))

    def know_numbered(self, mapping: Mapping, keys: Iterable[Key], found: dict[Key, Any], lock: Lock) -> None:
        """The same for many rows that have a number, named by it or by uid."""
        name, loaded, locks, numbers = mapping.name, self.loaded, self.locks, self.numbers
        has_uid = mapping.has_uid
        for key in keys:
            entity = found.get(key)
            if isinstance(key, str):
                numbers[name, key] = None if entity is None else entity.number
                if entity is None:
                    continue
                key = entity.number
            ref = (name, key)
            if has_uid and entity is not None:
                numbers[name, entity.uid] = key  # type: ignore[assignment]
            if ref not in loaded:
                loaded[ref] = self.current[ref] = entity
            if locks.get(ref, -1) < lock:
                locks[ref] = lock

    def know_all(self, mapping: Mapping, entities: list[Any]) -> None:
        """Note numbered rows as a reader loaded them, without a look at what it knew: it can be nothing else."""
        known = {(mapping.name, entity.number): entity for entity in entities}
        self.loaded.update(known)
        self.current.update(known)
        self.locks.update(dict.fromkeys(known, Lock.NONE))
        if mapping.has_uid:
            self.numbers.update({(mapping.name, entity.uid): entity.number for entity in entities})

    def note(self, ref: RowKey, names: Iterable[str] | None) -> None:
        """Note which fields of a row a command changed, so that its flush needn't look for them."""
        known = self.changed.setdefault(ref, set(RECORDED))
        if names is None or known is None:
            self.changed[ref] = None
        else:
            known.update(names)

    def moment_of_change(self, entity: str, before: Any) -> Moment:
        """The moment of a change: now, or that of the entity's last change if another clock was ahead."""
        if before.modified_at <= self.now:
            return self.now
        key = (entity, before.number)
        if key not in self._moments:  # not in the row: an import may have set `modified_at`
            recorded = self._recorded_at(entity, before.number, before.revision)
            self._moments[key] = max(self.now, recorded or self.now)
        return self._moments[key]

    def settle(self, written: list[RowKey]) -> None:
        """Note that these rows, which are all that changed, were written: what is current is what the tables hold."""
        self.written += written
        for ref, entity in self.current.items():
            before = self.loaded.get(ref)
            if entity is not before and entity is not None and before is not None:
                entity = self.current[ref] = replace(entity, row_version=before.row_version + 1)
            self.loaded[ref] = entity
        self.changed.clear()
        self.history.clear()
        self.removed.clear()
        self.returned.clear()
        self.is_written = True


class Overlay:
    """One command's changes over its group (or over the overlay that holds it)."""

    def __init__(self, group: Group, parent: "Overlay | None" = None, *, stamp: Stamp, by_key: bool = False) -> None:
        self.group = group
        self.parent = parent
        self.stamp = stamp
        self.by_key = by_key  # rows are found by key alone, though the command may have the transaction to itself
        self.is_written_through = False  # the tables hold some of its changes before its end
        self.changes: dict[RowKey, Any] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self._differences: dict[RowKey, Difference] = {}
        self._facts: tuple[Fact | Event, ...] = ()
        self._remarks: dict[RowKey, dict[str, Any]] = {}

    def find(self, mapping: Mapping, key: Key, lock: Lock = Lock.NONE) -> Any:
        """The row as this command sees it, or None. `lock` is how it must be held; more is fine."""
        if isinstance(key, str) and mapping.key == ("number",):
            number = self._number(mapping, key, lock)
            if number is None:
                return None
            key = number
        ref = (mapping.name, key)
        overlay: Overlay | None = self
        while overlay is not None:
            if overlay.changes and ref in overlay.changes:
                return overlay.changes[ref]
            overlay = overlay.parent
        group = self.group
        if group.locks.get(ref, -1) < lock:  # every known row has its lock
            self._fetch(mapping, key, lock)
        return group.current.get(ref)

    def _number(self, mapping: Mapping, uid: str, lock: Lock) -> int | None:
        overlay: Overlay | None = self
        while overlay is not None:
            if (mapping.name, uid) in overlay.numbers:
                return overlay.numbers[mapping.name, uid]
            overlay = overlay.parent
        if (mapping.name, uid) not in self.group.numbers:
            self._fetch(mapping, uid, lock)
        return self.group.numbers.get((mapping.name, uid))

    def _fetch(self, mapping: Mapping, key: Key, lock: Lock) -> None:
        if self.group.load_all is None:
            raise NotAnnounced(mapping.name, key, lock)
        self.group.load_all(Keys().also(mapping.name, [key], lock))

    def revised(self, mapping: Mapping, entity: Any) -> Any:
        """The entity as it will read: its revision one above that before this command, if people see a change."""
        ref = (mapping.name, mapping.key_of(entity))
        before = self.group.current.get(ref)
        if before is None:
            return entity
        names = tuple(mapping.differing(before, entity))
        changes = differences(before, entity, names)
        if changes:
            at = self.group.moment_of_change(mapping.name, before)
            if at != self.group.now:
                moved = [name for name in names if getattr(entity, name) == self.group.now]
                entity = replace(entity, **dict.fromkeys(moved, at))
                changes = differences(before, entity, names)
            entity = replace(entity, revision=before.revision + 1, modified_at=at)
        elif mapping.has_history and entity.revision != before.revision:  # read before a fact was recorded
            entity = replace(entity, revision=before.revision, head_hash=before.head_hash)
        self._differences[ref] = Difference(entity, names, changes)
        return entity

    def put(self, mapping: Mapping, entity: Any) -> None:
        """Note a new or changed row."""
        key = mapping.key_of(entity)
        if mapping.has_uid:
            self.numbers[mapping.name, entity.uid] = entity.number
        self.changes[mapping.name, key] = entity

    def drop(self, mapping: Mapping, key: Key) -> None:
        """Note a row as removed."""
        self.changes[mapping.name, key] = None

    @contextmanager
    def attempt(self) -> "Iterator[Overlay]":
        """A nested overlay: kept when the block ends well, dropped when it raises."""
        nested = Overlay(self.group, self, stamp=self.stamp, by_key=self.by_key)
        yield nested
        self.changes.update(nested.changes)
        self._differences.update(nested._differences)
        self.numbers.update(nested.numbers)
        self._facts += nested._facts
        self._remarks.update(nested._remarks)

    def record(self, mapping: Mapping, key: Key, operation: str, changes: dict[str, Any]) -> None:
        """Note a fact about an entity, for a row of its history by itself, behind that of its changed fields."""
        if self.find(mapping, key, Lock.CHANGE) is not None:
            self._facts += (Fact(mapping, key, operation, changes),)

    def remark(self, mapping: Mapping, key: Key, changes: dict[str, Any]) -> None:
        """Let the row of history that this command writes for an entity tell these, too. Where it writes none, they are
        dropped."""
        self._remarks[mapping.name, key] = changes

    def announce(self, event: Event) -> None:
        """Note an event without a row of history."""
        self._facts += (event,)

    def separate(self) -> "Overlay":
        """One like that of a command of its own, in this one's name: what it changes has its own revision and history.

        It is closed, or cleared, again and again. It reads by no condition (MustBeExclusive), since that writes through
        what was changed before, which could not be dropped any more.
        """
        if self.changes or self._facts:
            self.close()
        return Overlay(self.group, stamp=self.stamp, by_key=True)

    def clear(self) -> None:
        """Drop all changes."""
        self.changes.clear()
        self.numbers.clear()
        self._differences.clear()
        self._facts = ()
        self._remarks.clear()

    def must_be_exclusive(self) -> None:
        """MustBeExclusive unless rows may be found by a condition here."""
        if self.by_key or self.group.load_all is None:
            raise MustBeExclusive

    def close(self) -> None:
        """Give the changes to the group, with one history row for each entity whose visible fields changed."""
        group = self.group
        group.is_written = group.is_written and not self.changes
        if group.touched is not None:
            group.touched.update(self.changes)
        for ref, entity in self.changes.items():
            mapping = MAPPINGS[ref[0]]
            if mapping.has_history:
                entity = self._noted(mapping, ref, entity) if group.is_trial else self._record(mapping, ref, entity)
            if ref not in group.loaded:
                group.loaded[ref] = None
                group.locks[ref] = Lock.CHANGE
            group.current[ref] = entity
        for fact in self._facts:
            if isinstance(fact, Fact):
                self._record_fact(fact)
            elif not group.is_trial:
                group.events.append(fact)
        if self.numbers:
            group.numbers.update(self.numbers)
        self.clear()

    def _noted(self, mapping: Mapping, ref: RowKey, entity: Any) -> Any:
        """The entity, in a trial: nothing of it will have a history."""
        known = self._differences.get(ref)
        self.group.note(ref, known.names if known is not None and known.entity is entity else None)
        return entity

    def _record(self, mapping: Mapping, ref: RowKey, entity: Any) -> Any:
        before = self.group.current.get(ref)
        if before is None and not mapping.records_creation:
            self.group.note(ref, None)
            return entity
        if entity is None:
            if before is None:
                return None
            changes: dict[str, Any] = {"deleted": [False, True]}
            revision, previous = before.revision + 1, before.head_hash
        else:
            changes = self._changes(mapping, ref, before, entity)
            if not changes:
                return entity
            revision, previous = entity.revision, before.head_hash if before is not None else entity.head_hash
            changes = {**changes, **self._remarks[ref]} if ref in self._remarks else changes
            if mapping.secrets:
                changes = without_secrets(mapping.secrets, changes)
        subject: Any = entity if entity is not None else before
        row = chained(
            previous,
            self.group.tenant,
            mapping.name,
            subject.number,
            revision,
            self.group.now if before is None else self.group.moment_of_change(mapping.name, before),
            self.stamp,
            json_numbers.encode(changes).decode(),
        )
        self.group.history.append(row)
        self.group.events.append(event_of(self, row, before, entity, changes))
        if before is None and revision > 1:
            self._return(mapping.name, row.number)
        if entity is None:
            self.group.removed.append((before, row))
            return None
        return replace(entity, head_hash=row.hash)

    def _record_fact(self, fact: "Fact") -> None:
        """A row of history, unless the entity was removed meanwhile or all is a trial."""
        group, ref = self.group, (fact.mapping.name, fact.key)
        before = group.current.get(ref)
        if before is None or group.is_trial:
            return
        at = group.moment_of_change(fact.mapping.name, before)
        revision, stamp = before.revision + 1, replace(self.stamp, operation=fact.operation)
        text = json_numbers.encode(fact.changes).decode()
        place = (group.tenant, fact.mapping.name, before.number, revision, at)
        row = chained(before.head_hash, *place, stamp, text)
        group.history.append(row)
        group.events.append(event_of(self, row, before, before, fact.changes))
        group.note(ref, ())
        group.is_written = False
        group.current[ref] = replace(before, revision=revision, modified_at=at, head_hash=row.hash)

    def _return(self, name: str, number: int) -> None:
        """Note that a deleted entity is there again: its history goes on, and it has no tombstone."""
        group = self.group
        group.removed = [each for each in group.removed if (each[1].entity, each[1].number) != (name, number)]
        group.returned.append((name, number))

    def _changes(self, mapping: Mapping, ref: RowKey, before: Any, entity: Any) -> dict[str, Any]:
        if before is None:
            self.group.note(ref, None)  # new; or removed by one command and brought back by this one
            return beginnings(entity)
        known = self._differences.get(ref)
        if known is None or known.entity is not entity:
            names = tuple(mapping.differing(before, entity))
            known = Difference(entity, names, differences(before, entity, names))
        self.group.note(ref, known.names)
        return known.changes


def differences(before: Any, after: Any, names: Iterable[str]) -> dict[str, Any]:
    """What people see differently: field (or `extensions.Name`, `properties.key`, `extras.dialect`) to [old, new].

    Only these fields are looked at.
    """
    changes: dict[str, Any] = {}
    for name in names:
        if name in BOOKKEEPING:
            continue
        old, new = getattr(before, name), getattr(after, name)
        if isinstance(new, dict):
            _dict_differences(name, old, new, changes)
        elif old != new:
            changes[name] = [old, new]
    return changes


def without_secrets(names: frozenset[str], changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, of these fields only whether they were set, changed or removed."""
    shown = dict(changes)
    for name in names & changes.keys():
        old, new = changes[name]
        is_changed = old is not None and new is not None
        shown[name] = [None if old is None else "set", None if new is None else "changed" if is_changed else "set"]
    return shown


def beginnings(entity: Any) -> dict[str, Any]:
    """The same of a new entity, whose old values are null. Empty and false values are left out."""
    changes: dict[str, Any] = {}
    for name, new in zip(entity.__struct_fields__, astuple(entity), strict=True):
        if new is None or new is False or new == () or name in BOOKKEEPING:
            continue
        if isinstance(new, dict):
            _dict_differences(name, {}, new, changes)
        else:
            changes[name] = [None, new]  # a priority of 0 is a value
    return changes


def _dict_differences(name: str, old: dict[str, Any], new: dict[str, Any], changes: dict[str, Any]) -> None:
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if before is after or (before == after and json_numbers.are_same(before, after)):
            continue  # `true` equals 1, but is not the same
        known = after or before
        spelled = known.name if isinstance(known, Extension) else key
        changes[f"{name}.{spelled}"] = [_plain(before), _plain(after)]


def _plain(value: Any) -> Any:
    return msgspec.Raw(value.value.encode()) if isinstance(value, Extension) else value
