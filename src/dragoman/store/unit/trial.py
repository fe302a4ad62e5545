"""Trials: what commands do behind a savepoint, undone in the tables and in the memory of their group."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.store.unit.flushing import flush
from dragoman.store.unit.mappings import Counter
from dragoman.store.unit.overlay import Group, MustBeExclusive, Overlay

Earlier = Callable[[Sequence[int]], dict[int, Any]]
"""What trials before this one made of objects, by number; None where they deleted one. Others are left out."""


@contextmanager
def attempt(overlay: Overlay) -> Iterator[None]:
    """Undo what the block does if it raises. The command must go alone."""
    group = overlay.group
    if group.connection is None:
        raise MustBeExclusive
    if overlay.changes:
        overlay.close()
    if not group.is_written:
        flush(group.connection, group)
        group.settle()
    memory, stamp, point = group.memory(), overlay.stamp, group.connection.begin_nested()
    try:
        yield
    except BaseException:
        point.rollback()
        overlay.clear()
        overlay.stamp = stamp
        group.recall(memory)
        raise
    point.commit()


class _Over(Exception):
    """The block ended."""


@contextmanager
def trial(overlay: Overlay, entity: str, earlier: Earlier, drawn: int) -> Iterator[None]:
    """Undo what the block does. Objects of the entity are seen as trials before this one left them, and the next number
    is the one behind the `drawn` numbers that they drew. No row is locked for the block.
    """
    group = overlay.group
    load_all = group.load_all
    if load_all is None:
        raise MustBeExclusive

    def load(keys: Keys) -> None:
        known = len(group.loaded)
        load_all(keys)
        put([ref for ref in islice(group.loaded, known, None) if ref[0] == entity or ref == ("counter", entity)])

    def put(refs: "list[tuple[str, Any]]") -> None:
        if ("counter", entity) in refs:
            _draw(group, entity, drawn)
        numbers = [key for name, key in refs if name == entity]
        left = earlier(numbers) if numbers else {}
        for number, found in left.items():
            leave(group, entity, number, found)

    try:
        with attempt(overlay):
            group.is_trial, group.load_all = True, load
            put([ref for ref in group.loaded if ref[0] == entity or ref == ("counter", entity)])
            yield
            raise _Over
    except _Over:
        return
    finally:
        group.is_trial, group.load_all = False, load_all


def leave(group: Group, entity: str, number: int, found: Any) -> None:
    """Let an object be as an earlier trial left it."""
    ref = (entity, number)
    there = group.loaded.setdefault(ref, None)
    if found is not None:
        version, digest = (1, "") if there is None else (there.row_version, there.head_hash)
        found = replace(found, row_version=version, head_hash=digest)
        group.numbers[entity, found.uid] = number
    group.locks[ref] = Lock.CHANGE
    group.current[ref] = found
    group.note(ref, None)
    group.is_written = False


def _draw(group: Group, name: str, drawn: int) -> None:
    ref, there = ("counter", name), group.current.get(("counter", name))
    counter = Counter(tenant=group.tenant, name=name) if there is None else there
    group.current[ref] = replace(counter, value=counter.value + drawn)
    group.note(ref, None)
    group.is_written = group.is_written and not drawn
