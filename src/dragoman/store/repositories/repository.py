"""Repositories: what a use case loads and saves, entity by entity, over its overlay.

`get` (or NotFound), `find` (or None), `add`, `save`, `remove`; what reads by condition is in the repository of the
entity and runs only in exclusive commands, or in readers.
"""

from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import Key, Keys, Lock
from dragoman.domain.errors import NotFound
from dragoman.store.engine import driver
from dragoman.store.unit.flushing import flush
from dragoman.store.unit.mappings import SHAPES, Counter, Shape
from dragoman.store.unit.overlay import MustBeExclusive, Overlay
from dragoman.store.unit.satellites import with_satellites

E = TypeVar("E")


class Repository(Generic[E]):
    """All entities of one shape, as one command sees them."""

    shape: Shape

    def __init__(self, overlay: Overlay, shape: Shape | None = None) -> None:
        self._overlay = overlay
        if shape is not None:
            self.shape = shape

    @property
    def tenant(self) -> int:
        """The tenant whose rows these are."""
        return self._overlay.group.tenant

    def find(self, key: Key, lock: Lock = Lock.NONE) -> E | None:
        """The entity by number or uid, or None."""
        found: E | None = self._overlay.find(self.shape, key, lock)
        return found

    def get(self, key: Key) -> E:
        """The entity by number or uid. NotFound when there is none in this tenant."""
        found = self.find(key)
        if found is None:
            raise NotFound(f"{self.shape.name}_not_found", f"There is no {self.shape.name} {key}.", id=key)
        return found

    def add(self, entity: E) -> E:
        """Keep a new entity."""
        self._overlay.put(self.shape, entity)
        return entity

    def save(self, entity: E) -> E:
        """Keep a changed entity, and answer it as it will read: its revision rises by one for a command that changes
        what people see, however often it saves."""
        key = self.shape.key_of(entity)
        self._overlay.find(self.shape, key, Lock.CHANGE)
        if self.shape.has_history:
            entity = self._overlay.revised(self.shape, entity)
        self._overlay.put(self.shape, entity)
        return entity

    def remove(self, entity: E) -> None:
        """Delete an entity; one with history leaves a tombstone."""
        key = self.shape.key_of(entity)
        self._overlay.find(self.shape, key, Lock.CHANGE)
        self._overlay.drop(self.shape, key)

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
        if not group.is_written:
            flush(group.connection, group)
            group.settle()
        connection: sa.Connection = group.connection
        return connection

    def load(self, keys: list[Any], lock: Lock = Lock.NONE) -> None:
        """Load these at once, for the `find`s that follow. The command must be exclusive."""
        load_all = self._overlay.group.load_all
        if load_all is None:
            raise MustBeExclusive
        load_all(Keys().also(self.shape.name, keys, lock))

    def numbered(self, statement: sa.Select[Any], lock: Lock = Lock.NONE) -> list[E]:
        """The entities whose numbers a statement selects, in its order."""
        return self.of_numbers([row[0] for row in self.by_condition(statement)], lock)

    def of_numbers(self, numbers: list[int], lock: Lock = Lock.NONE) -> list[E]:
        """The entities of these numbers, in this order; those that aren't there are left out."""
        self.load(numbers, lock)
        return [entity for number in numbers if (entity := self.find(number, lock)) is not None]

    def of_rows(self, rows: list[Any]) -> list[E]:
        """The entities of whole rows, in this order. For readers: no command of theirs changed what was just read."""
        group, shape = self._overlay.group, self.shape
        entities = [shape.decode(row) for row in rows]
        entities = with_satellites(group.connection, group.tenant, shape, entities)
        group.know_all(shape, entities)
        return entities


class Numbers:
    """The tenant's counters. A number drawn by a command that fails is not lost: it goes with the overlay."""

    def __init__(self, overlay: Overlay) -> None:
        self._counters: Repository[Counter] = Repository(overlay, SHAPES["counter"])
        self._overlay = overlay

    def draw(self, name: str) -> int:
        """The next number, from 1, dense in the order of commit. The command names the counter in its keys."""
        counter = self._counters.find(name, Lock.CHANGE)
        if counter is None:
            counter = Counter(tenant=self._overlay.group.tenant, name=name)
        drawn = replace(counter, value=counter.value + 1)
        self._counters.add(drawn)
        return drawn.value


class People(Repository[E]):
    """Rows of the directory: found without being announced, at most a second old."""

    def find(self, key: Key, lock: Lock = Lock.NONE) -> E | None:
        ref = (self.shape.name, key)
        group = self._overlay.group
        if lock is not Lock.NONE or ref in group.current or ref in self._overlay.changes:
            return super().find(key, lock)
        found: E | None = group.peek(self.shape.name, key)
        return found
