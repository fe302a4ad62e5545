"""Commands: what a request asks for, and which rows it needs.

`keys()` returns `Keys(...)` when the command can name all its rows: commands of one group then load them with one
statement a table. It returns `EXCLUSIVE` when rows are found by a condition; the command then has its transaction to
itself.
"""

from collections.abc import Hashable, Iterable, Mapping
from enum import IntEnum
from typing import Final, Protocol

Ref = int | str
"""A task, case, stage, contact or batch as a client names it: by number or uid."""

Key = Ref | tuple[Ref, ...]


class Lock(IntEnum):
    """How a row is held until the commit (PostgreSQL; SQLite has one writer)."""

    NONE = 0  # read only
    SHARED = 1  # no other transaction may change or delete it meanwhile
    CHANGE = 2  # the command may write it


NAMED_TABLES = (
    "task",
    "case",
    "stage",
    "contact",
    "category",
    "user",
    "token",
    "setting",
    "counter",
    "idempotency",
    "message",
    "batch",
    "batch_payload",
    "resource",
    "job",
)
"""The tables behind the keyword arguments of `Keys` that lock for change, in the order of those arguments."""


class Keys:
    """Rows by table and key, each with the lock that it needs.

    Tasks, cases, stages and contacts are named by number (int) or uid (str). `owners` also loads what the named
    tasks point to, by the field that points: `{"contact": Lock.NONE}` for a command that only looks at it.
    """

    __slots__ = ("draws_numbers", "owners", "wanted")

    def __init__(
        self,
        *,
        tasks: Iterable[int | str] = (),
        cases: Iterable[int | str] = (),
        stages: Iterable[int | str] = (),
        contacts: Iterable[int | str] = (),
        categories: Iterable[int] = (),
        schemas: Iterable[tuple[str, str]] = (),
        users: Iterable[str] = (),
        tokens: Iterable[str] = (),
        settings: Iterable[str] = (),
        numbers: Iterable[str] = (),
        idempotency: Iterable[tuple[str, str]] = (),
        templates: Iterable[str] = (),
        messages: Iterable[tuple[str, str]] = (),
        batches: Iterable[int | str] = (),
        payloads: Iterable[str] = (),
        resources: Iterable[int | str] = (),
        jobs: Iterable[str] = (),
        owners: Mapping[str, Lock] | None = None,
    ) -> None:
        self.owners: dict[str, Lock] = dict(owners or {})
        self.wanted: dict[tuple[str, Key], Lock] = {}
        self.draws_numbers = bool(numbers)
        named: tuple[Iterable[Key], ...] = (
            tasks,
            cases,
            stages,
            contacts,
            categories,
            users,
            tokens,
            settings,
            numbers,
            idempotency,
            messages,
            batches,
            payloads,
            resources,
            jobs,
        )
        for name, keys in zip(NAMED_TABLES, named, strict=True):
            if keys:
                for key in keys:
                    self.wanted[name, key] = Lock.CHANGE
        for key in schemas:
            self.wanted["extension_schema", key] = Lock.SHARED
        for uid in templates:
            self.wanted["template", uid] = Lock.SHARED

    def also(self, entity: str, keys: Iterable[Key], lock: Lock) -> "Keys":
        """Add keys with at least this lock. Returns itself."""
        wanted = self.wanted
        for key in keys:
            ref = (entity, key)
            if wanted.get(ref, -1) < lock:
                wanted[ref] = lock
        return self

    def merge(self, other: "Keys") -> None:
        """Add all keys of another command."""
        wanted = self.wanted
        for ref, lock in other.wanted.items():
            if wanted.get(ref, -1) < lock:
                wanted[ref] = lock
        for field, lock in other.owners.items():
            self.owners[field] = max(self.owners.get(field, Lock.NONE), lock)

    def cover(self, keys: "Keys | Exclusive") -> bool:
        """Whether these are all the rows of another command, held as it needs them."""
        if not isinstance(keys, Keys):
            return False
        wanted, owners = self.wanted, self.owners
        return all(wanted.get(ref, -1) >= lock for ref, lock in keys.wanted.items()) and all(
            owners.get(field, -1) >= lock for field, lock in keys.owners.items()
        )


class Exclusive:
    """The type of `EXCLUSIVE`.

    `look` is set for a command that picks rows: it finds candidates by a condition, locks them, and holds its rule
    against each again. Equal looks of one user share a transaction, and `UnitOfWork.once` makes their look for all.
    """

    __slots__ = ("as_stored", "is_quick", "look")

    def __init__(self, *, as_stored: bool = False, is_quick: bool = False, look: Hashable = None) -> None:
        self.as_stored = as_stored
        self.is_quick = is_quick
        self.look = look


EXCLUSIVE: Final = Exclusive()
"""The keys of a command that finds rows by a condition: it shares its transaction with no other command, but for one
that picks rows (`Exclusive`)."""
QUICK: Final = Exclusive(is_quick=True)
"""The same for one that looks at few rows, found by an index: readers that have such works alone run it."""
AS_STORED: Final = Exclusive(as_stored=True)
"""The same for the timers' own work: it sees rows as they are stored, others see them as due timers leave them."""


class Command(Protocol):
    """What a request asks for, as plain values."""

    def keys(self) -> Keys | Exclusive: ...
