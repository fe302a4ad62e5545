"""Repositories: what a use case loads and saves, entity by entity, over its overlay.

`get` (or NotFound), `find` (or None), `add`, `save`, `remove`; what reads by condition is in the repository of the
entity and runs only in exclusive commands, or in readers.
"""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import Key, Keys, Lock
from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound
from dragoman.store.engine import driver
from dragoman.store.unit import child_rows
from dragoman.store.unit.awaiting import MustWait
from dragoman.store.unit.child_rows import extension_bytes, with_child_rows
from dragoman.store.unit.flushing import flush
from dragoman.store.unit.loading import TIMED, as_of
from dragoman.store.unit.mappings import MAPPINGS, Counter, Mapping
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

E = TypeVar("E")


class Repository(Generic[E]):
    """All entities of one mapping, as one command sees them."""

    mapping: Mapping

    def __init__(self, overlay: Overlay, mapping: Mapping | None = None) -> None:
        self._overlay = overlay
        if mapping is not None:
            self.mapping = mapping

    @property
    def tenant(self) -> int:
        """The tenant whose rows these are."""
        return self._overlay.group.tenant

    def find(self, key: Key, lock: Lock = Lock.NONE) -> E | None:
        """The entity by number or uid, or None."""
        found: E | None = self._overlay.find(self.mapping, key, lock)
        return found

    def get(self, key: Key) -> E:
        """The entity by number or uid. NotFound when there is none in this tenant."""
        found = self.find(key)
        if found is None:
            raise self.missing(key)
        return found

    def missing(self, key: Key) -> NotFound:
        """What to raise where there is no entity of this number or uid that the principal may see."""
        return NotFound(f"{self.mapping.name}_not_found", f"There is no {self.mapping.name} {key}.", id=key)

    def add(self, entity: E) -> E:
        """Add a new entity."""
        self._overlay.put(self.mapping, entity)
        return entity

    def save(self, entity: E) -> E:
        """Save a changed entity and return it with its new revision, which rises by one for a command that changes a
        visible field, however often the command saves."""
        key = self.mapping.key_of(entity)
        before = self._overlay.find(self.mapping, key, Lock.CHANGE)
        if self.mapping.has_history:
            entity = self._overlay.revised(self.mapping, entity)
        elif self.mapping.has_modified_at:
            entity = _not_before(before, entity)
        self._overlay.put(self.mapping, entity)
        return entity

    def remove(self, entity: E) -> None:
        """Delete an entity; one with history leaves a tombstone."""
        key = self.mapping.key_of(entity)
        self._overlay.find(self.mapping, key, Lock.CHANGE)
        self._overlay.drop(self.mapping, key)

    def by_condition(self, statement: sa.Select[Any] | sa.CompoundSelect[Any] | sa.Update | sa.Delete) -> Any:
        """Rows found by a condition, this command's own changes among them. The command must be exclusive."""
        return self._connection().execute(statement)

    def by_text(self, text: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """The rows of a statement as the driver takes it, as the driver has them."""
        return driver.fetch(self._connection(), text, parameters)

    def _connection(self) -> sa.Connection:
        """The connection, with all that this command changed written."""
        self._overlay.must_be_exclusive()
        group = self._overlay.group
        if self._overlay.changes:
            self._overlay.close()
            self._overlay.is_written_through = True
        if not group.is_written:
            group.settle(flush(group.connection, group))
        connection: sa.Connection = group.connection
        return connection

    def known_until(self, ticks: int = 1) -> Moment:
        """The last moment of which a list by a lower bound of moments shows changes. MustWait where transactions are
        to be waited for first; see `store/unit/awaiting.py`."""
        known_until = self._overlay.group.known_until
        if known_until is None:
            raise MustWait(ticks)
        return known_until

    def end_at(self, moment: Moment) -> None:
        """Let such lists show no later changes: those of pages before had waited until then."""
        self._overlay.group.known_until = moment

    def earlier(self, moment: Moment) -> Moment:
        """Where a list by this lower bound begins."""
        return Moment(moment - self._overlay.group.overlap_ticks)

    def load(self, keys: list[Any], lock: Lock = Lock.NONE) -> None:
        """Load these with one statement, for later calls of `find`. The command must be exclusive."""
        load_all = self._overlay.group.load_all
        if load_all is None:
            raise MustBeExclusive
        load_all(Keys().also(self.mapping.name, keys, lock))

    def whole(self, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """Selects the whole rows of the tenant for which these conditions hold, for `selected`."""
        table = self.mapping.table
        return sa.select(*self.mapping.columns).where(table.c.tenant == self.tenant, *conditions)

    def selected(self, statement: sa.Select[Any]) -> list[E]:
        """The entities whose whole rows a statement selects, in its order, without a lock: of those that have no child
        rows and that no timer changes. The command must be exclusive."""
        group, mapping = self._overlay.group, self.mapping
        found: list[E] = list(map(mapping.decode, self.by_condition(statement)))
        by_key = {mapping.key_of(entity): entity for entity in found}
        if mapping.key == ("number",):
            group.know_numbered(mapping, by_key, by_key, Lock.NONE)
        else:
            for key, entity in by_key.items():
                group.know(mapping, key, entity, Lock.NONE)
        return found

    def numbered(self, statement: sa.Select[Any], lock: Lock = Lock.NONE) -> list[E]:
        """The entities whose numbers a statement selects, in its order."""
        return self.of_numbers([row[0] for row in self.by_condition(statement)], lock)

    def of_numbers(self, numbers: list[int], lock: Lock = Lock.NONE) -> list[E]:
        """The entities with these numbers, in this order, without those that do not exist."""
        self.load(numbers, lock)
        return [entity for number in numbers if (entity := self.find(number, lock)) is not None]

    def numbered_within(self, statement: sa.Select[Any], max_bytes: int) -> tuple[list[E], bool]:
        """As `numbered`, ended before the extensions exceed `max_bytes`, and whether it ended there; at least one."""
        rows = list(self.by_condition(statement.add_columns(self.mapping.table.c.extension_count)))
        numbers = [row[0] for row in rows]
        kept = self.within_bytes(numbers, max_bytes, owners=[row[0] for row in rows if row[1]])
        return self.of_numbers(kept), len(kept) < len(numbers)

    def within_bytes(self, numbers: list[int], max_bytes: int, owners: list[int] | None = None) -> list[int]:
        """As many of the numbers from the first one on as have no more bytes of extensions; at least one.

        `owners`: those that have extensions, where that is known.
        """
        owners = numbers if owners is None else owners
        if len(owners) < 2:
            return numbers
        sizes = extension_bytes(self._connection(), self._overlay.group.tenant, self.mapping, owners)
        for place, number in enumerate(numbers):
            max_bytes -= sizes.get(number, 0)
            if max_bytes < 0 and place:
                return numbers[:place]
        return numbers

    def of_rows(self, rows: list[Any], *, extensions: bool = True) -> list[E]:
        """The entities of whole rows, in this order; without `extensions` they have none. For readers: no command of
        theirs changed what was just read."""
        group, mapping = self._overlay.group, self.mapping
        entities = [mapping.decode(row) for row in rows]
        return self._seen(with_child_rows(group.connection, group.tenant, mapping, entities, extensions=extensions))

    def of_stored(self, entities: list[E], *, extensions: bool = True) -> list[E]:
        """The same of entities as they are stored, with work items and without extensions."""
        if extensions:
            group = self._overlay.group
            entities = child_rows.with_extensions(group.connection, group.tenant, self.mapping, entities)
        return self._seen(entities)

    def _seen(self, entities: list[E]) -> list[E]:
        group, mapping = self._overlay.group, self.mapping
        if mapping.name in TIMED:
            entities = as_of(group.connection, group, mapping.name, entities)
        group.know_all(mapping, entities)
        return entities


def _not_before(before: Any, entity: Any) -> Any:
    """The entity, modified at the earliest when it was modified last: the clock of another node may be ahead."""
    if before is None or before.modified_at <= entity.modified_at:
        return entity
    return replace(entity, modified_at=before.modified_at)


class Numbers:
    """The tenant's counters. A number drawn by a command that fails is not lost: it goes with the overlay."""

    def __init__(self, overlay: Overlay) -> None:
        self._counters: Repository[Counter] = Repository(overlay, MAPPINGS["counter"])
        self._overlay = overlay

    def draw(self, name: str) -> int:
        """The next number, from 1, dense in the order of commit. The command names the counter in its keys."""
        counter = self._counter(name)
        drawn = replace(counter, value=counter.value + 1)
        self._counters.add(drawn)
        return drawn.value

    def last(self, name: str) -> int:
        """The number that was drawn last; 0 before the first. No other transaction draws one until the commit."""
        return self._counter(name).value

    def _counter(self, name: str) -> Counter:
        counter = self._counters.find(name, Lock.CHANGE)
        return Counter(tenant=self._overlay.group.tenant, name=name) if counter is None else counter


class People(Repository[E]):
    """Rows of the directory: found without being announced, at most a second old."""

    def find(self, key: Key, lock: Lock = Lock.NONE) -> E | None:
        ref = (self.mapping.name, key)
        group = self._overlay.group
        if lock is not Lock.NONE or ref in group.current or ref in self._overlay.changes:
            return super().find(key, lock)
        found: E | None = group.cached(self.mapping.name, key)
        return found

    def remember(self, keys: Iterable[Key | None]) -> None:
        """Have many read with one statement at most, for calls of `find` without a lock. Their key is one column."""
        self._overlay.group.remember(self.mapping.name, {key for key in keys if key is not None})
