"""Keys: which rows a command needs, so that a group loads them with one statement a table.

A command answers `keys()` with `Keys(...)` when it can name all of them, or with `ALONE` when it finds rows by a
condition.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final


class Lock(IntEnum):
    """How a row is held until the commit (PostgreSQL; SQLite has one writer)."""

    NONE = 0  # read as it is
    SHARED = 1  # nobody may delete or walk the set meanwhile
    CHANGE = 2  # the command may write it


Key = int | str | tuple[int | str, ...]


CHANGED = (
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
"""The tables of the rows that `Keys` takes to be changed, in the order of its own names for them."""


class Keys:
    """Rows by table and key, each with the lock that it needs.

    Tasks, cases, stages and contacts are named by number (int) or uid (str). `owners` also loads what the named
    tasks point to, by the field that points: `{"contact": Lock.NONE}` for a command that only looks at it.
    """

    __slots__ = ("owners", "wanted")

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
        for name, keys in zip(CHANGED, named, strict=True):
            if keys:
                for key in keys:
                    self.wanted[name, key] = Lock.CHANGE
        for key in schemas:
            self.wanted["extension_schema", key] = Lock.SHARED
        for uid in templates:
            self.wanted["template", uid] = Lock.SHARED

    def also(self, entity: str, keys: Iterable[Key], lock: Lock) -> "Keys":
        """These keys and those, at least as strongly locked. Returns itself."""
        for key in keys:
            known = self.wanted.get((entity, key), Lock.NONE)
            self.wanted[entity, key] = max(known, lock)
        return self

    def merge(self, other: "Keys") -> None:
        """Take over all that another command names."""
        wanted = self.wanted
        for ref, lock in other.wanted.items():
            if wanted.get(ref, -1) < lock:
                wanted[ref] = lock
        for field, lock in other.owners.items():
            self.owners[field] = max(self.owners.get(field, Lock.NONE), lock)


class Alone:
    """The answer of a command that reads by condition: it shares its transaction with nobody."""


ALONE: Final = Alone()
