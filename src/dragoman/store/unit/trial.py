"""Trials: transactions that will be rolled back, in which objects are as earlier trials left them.

A trial ends with an expected error, which carries what was learned. No row is locked for what is only tried.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from msgspec.structs import replace

from dragoman.command import Key, Keys, Lock
from dragoman.store.unit.mappings import Counter
from dragoman.store.unit.overlay import Group, MustBeExclusive

Earlier = Callable[[Sequence[int]], dict[int, Any]]
"""What earlier trials made of objects, by number; None where they deleted one. Others are left out."""


def start(group: Group, entity: str, earlier: Earlier, drawn: int) -> dict[int, int]:
    """Let the rest of the transaction be a trial. Objects of the entity are seen as earlier trials left them, and the
    next number is the one behind the `drawn` numbers that those drew. The command must go alone.

    Returns the revisions, by number, of objects as they were stored; it has them as soon as they are loaded.
    """
    load_all = group.load_all
    if load_all is None:
        raise MustBeExclusive
    counter = ("counter", entity)
    revisions: dict[int, int] = {}

    def put(refs: list[tuple[str, Key]]) -> None:
        if counter in refs:
            _draw(group, entity, drawn)
        numbers = [key for name, key in refs if name == entity and isinstance(key, int)]
        stored = ((number, group.loaded[entity, number]) for number in numbers)
        revisions.update((number, found.revision) for number, found in stored if found is not None)
        for number, found in earlier(numbers).items() if numbers else ():
            leave(group, entity, number, found)

    def load(keys: Keys) -> None:
        known = len(group.loaded)
        load_all(keys)
        put([ref for ref in islice(group.loaded, known, None) if ref[0] == entity or ref == counter])

    group.is_trial, group.load_all = True, load
    put([ref for ref in group.loaded if ref[0] == entity or ref == counter])
    return revisions


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
    ref = ("counter", name)
    there = group.current.get(ref)
    counter = Counter(tenant=group.tenant, name=name) if there is None else there
    group.current[ref] = replace(counter, value=counter.value + drawn)
    group.note(ref, None)
    group.is_written = group.is_written and not drawn
