"""Taking a recorded change back: the members that it changed get their old values, all others keep theirs.

A change is a row of history: field to [old, new]. Fields that hold JSON of clients (extensions, bodies) are taken back
member by member, as deep as both values are objects.
"""

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, get_type_hints

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from dragoman.domain import json_numbers
from dragoman.domain.bulk import OnConflict
from dragoman.domain.extension import Extension, fold
from dragoman.domain.pointers import escaped

Entity = Any
Path = tuple[str, ...]

OF_CLIENTS = frozenset({"body", "extras"})
"""Fields with JSON under names; extensions have it as text."""
NEVER_RESTORED = frozenset({"messages", "binaries", "note"})
"""Fields whose content is stored elsewhere, and what is said about a change."""


class Unit(NamedTuple):
    """Fields that mean something only together: they are restored all or none. `followers` follow from the others, so
    a later change of them alone is none."""

    fields: frozenset[str]
    followers: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """How objects of one kind are restored. `members`: the member that shows a field, where it has another name;
    `hidden`: fields that no member shows."""

    units: tuple[Unit, ...] = ()
    members: Mapping[str, str] = dataclasses.field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


class Restored(NamedTuple):
    """The object, the members that have another value than the change left, as paths without a leading slash, and the
    fields that are restored."""

    entity: Entity
    changed: tuple[str, ...]
    fields: tuple[str, ...] = ()


class Piece(NamedTuple):
    """One member to restore: the field it belongs to, its path in documents, whether it was changed since, what
    restores it, its value before the change (UNSET: absent) and the present one."""

    field: str
    path: str
    is_changed: bool
    restore: Callable[[dict[str, Any]], None]
    before: Any = UNSET
    now: Any = UNSET


class Clash(NamedTuple):
    """A member that was changed since: its path, the value that it had before, and the present one; None for absent
    ones."""

    path: str
    before: Any
    now: Any


_changes_of = msgspec.json.Decoder(dict[str, tuple[msgspec.Raw, msgspec.Raw]]).decode
NULL = b"null"


def restored(entity: Entity, changes: str, plan: Plan, how: OnConflict) -> Restored:
    """The object with a change taken back (JSON text of history). Under `fail` one changed member keeps all as it is;
    under `merge` changed members stay as they are."""
    plain = _plain(type(entity), changes, plan)  # type: ignore[arg-type]
    if plain is not None:
        return _plainly(entity, plain, plan, how)
    pieces = list(_pieces(entity, changes, plan))
    changed = tuple(sorted({piece.path for piece in pieces if piece.is_changed}))
    if changed and how is OnConflict.FAIL:
        return Restored(entity, changed)
    kept = _kept(pieces, plan) if how is OnConflict.MERGE else frozenset()
    fields: dict[str, Any] = {}
    draft = _Draft(entity, fields)
    for place, piece in enumerate(pieces):
        if place not in kept:
            piece.restore(draft)
    return Restored(replace(entity, **fields) if fields else entity, changed, tuple(fields))


DELETED = '{"deleted":[false,true]}'
"""The changes of a row of history that tells of a deletion."""


def as_deleted(entity: Entity, later: Sequence[str], plan: Plan) -> Restored:
    """A restored object as it was when it was deleted. `later` are the changes after the deletion, oldest first; all
    are reverted, whoever made them. The row after a deletion records that the object was restored, not a change."""
    fields: dict[str, None] = {}
    changes = [text for above, text in pairwise((DELETED, *later)) if DELETED not in (above, text)]
    for text in reversed(changes):
        found = restored(entity, text, plan, OnConflict.OVERWRITE)
        entity = found.entity
        fields.update(dict.fromkeys(found.fields))
    return Restored(entity, (), tuple(fields))


def clashes(entity: Entity, changes: str, plan: Plan) -> list[Clash]:
    """The members that were changed since, but for those that have their old values again."""
    found = [piece for piece in _pieces(entity, changes, plan) if piece.is_changed and piece.before != piece.now]
    return [Clash(piece.path, _or_none(piece.before), _or_none(piece.now)) for piece in found]


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


class _Plain(NamedTuple):
    """A change of a plain field: its member, its values, and whether another value is a later change."""

    field: str
    path: str
    old: Any
    new: Any
    counts: bool


@lru_cache(maxsize=1024)
def _plain(type_: Hashable, changes: str, plan: Plan) -> tuple[_Plain, ...] | None:
    """The changes, if all are of plain fields; many rows of a batch have the same."""
    found = _changes_of(changes)
    decoders, hidden = _decoders(type_), _followers(plan.units) | plan.hidden
    if not NEVER_RESTORED.isdisjoint(found) or not decoders.keys() >= found.keys():
        return None
    return tuple(
        _Plain(
            name,
            plan.members.get(name, name),
            decoders[name](bytes(old)),
            decoders[name](bytes(new)),
            name not in hidden,
        )
        for name, (old, new) in found.items()
    )


def _plainly(entity: Entity, plain: tuple[_Plain, ...], plan: Plan, how: OnConflict) -> Restored:
    later = [each for each in plain if each.counts and getattr(entity, each.field) != each.new]
    if not later:
        fields = {each.field: each.old for each in plain}
        return Restored(replace(entity, **fields), (), tuple(fields))
    changed = tuple(sorted({each.path for each in later}))
    if how is OnConflict.FAIL:
        return Restored(entity, changed)
    kept = _bound({each.field for each in later}, plan) if how is OnConflict.MERGE else frozenset()
    fields = {each.field: each.old for each in plain if each.field not in kept}
    return Restored(replace(entity, **fields), changed, tuple(fields))


def _bound(fields: set[str], plan: Plan) -> frozenset[str]:
    """These fields, and those that mean nothing without them."""
    units = [unit for unit in plan.units if not fields.isdisjoint(unit.fields)]
    return frozenset(fields).union(*(unit.fields | unit.followers for unit in units))


def _kept(pieces: Sequence[Piece], plan: Plan) -> frozenset[int]:
    """The places of pieces that were changed since, and of those that mean nothing without them."""
    fields = {piece.field for piece in pieces if piece.is_changed}
    units = [unit for unit in plan.units if not fields.isdisjoint(unit.fields)]
    bound = frozenset().union(*(unit.fields | unit.followers for unit in units))
    return frozenset(place for place, piece in enumerate(pieces) if piece.is_changed or piece.field in bound)


class _Draft(dict[str, Any]):
    """The fields that are restored so far; others are read from the object."""

    def __init__(self, entity: Entity, fields: dict[str, Any]) -> None:
        super().__init__()
        self._entity = entity
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name] if name in self._fields else getattr(self._entity, name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._fields[name] = value


def _pieces(entity: Entity, changes: str, plan: Plan) -> Iterator[Piece]:
    for name, (old, new) in _changes_of(changes).items():
        field, _, key = name.partition(".")
        if field in NEVER_RESTORED or field not in _decoders(type(entity)):  # type: ignore[arg-type]
            continue
        if not key:
            yield _of_field(entity, field, bytes(old), bytes(new), plan)
        elif field == "extensions":
            yield from _of_extension(entity, key, bytes(old), bytes(new))
        elif field in OF_CLIENTS:
            yield from _of_json(entity, field, key, bytes(old), bytes(new))
        else:
            yield _of_text(entity, field, key, bytes(old), bytes(new), plan)


# Plain fields


@cache
def _decoders(type_: Hashable) -> dict[str, Callable[[bytes], Any]]:
    return {name: json_numbers.decoder(hint) for name, hint in get_type_hints(type_).items()}


@cache
def _followers(plan_units: tuple[Unit, ...]) -> frozenset[str]:
    return frozenset().union(*(unit.followers for unit in plan_units))


def _of_field(entity: Entity, field: str, old: bytes, new: bytes, plan: Plan) -> Piece:
    decode = _decoders(type(entity))[field]  # type: ignore[arg-type]
    value, left = decode(old), decode(new)
    is_changed = getattr(entity, field) != left and field not in _followers(plan.units) and field not in plan.hidden

    def restore(draft: dict[str, Any]) -> None:
        draft[field] = value

    return Piece(field, plan.members.get(field, field), is_changed, restore, value, getattr(entity, field))


def _of_text(entity: Entity, field: str, key: str, old: bytes, new: bytes, plan: Plan) -> Piece:
    """A text under a name."""
    value, left = json_numbers.decode(old), json_numbers.decode(new)
    is_changed = getattr(entity, field).get(key) != left and field not in _followers(plan.units)

    def restore(draft: dict[str, Any]) -> None:
        others = draft[field]
        if value is None:
            draft[field] = {name: text for name, text in others.items() if name != key}
        else:
            draft[field] = {**others, key: value}

    now = getattr(entity, field).get(key)
    return Piece(field, f"{field}/{escaped(key)}", is_changed, restore, value, now)


# JSON of clients


def _of_extension(entity: Entity, name: str, old: bytes, new: bytes) -> Iterator[Piece]:
    folded = fold(name)
    there = entity.extensions.get(folded)
    present = None if there is None else there.value.encode()

    def store(draft: dict[str, Any], text: bytes | None) -> None:
        others = draft["extensions"]
        if text is None:
            draft["extensions"] = {key: kept for key, kept in others.items() if key != folded}
        else:
            spelled = others[folded].name if folded in others else name
            draft["extensions"] = {**others, folded: Extension(spelled, text.decode())}

    def load(draft: dict[str, Any]) -> bytes | None:
        known = draft["extensions"].get(folded)
        return None if known is None else known.value.encode()

    yield from _of_value("extensions", f"extensions/{escaped(name)}", present, old, new, load, store)


def _of_json(entity: Entity, field: str, key: str, old: bytes, new: bytes) -> Iterator[Piece]:
    values = getattr(entity, field)
    present = json_numbers.encode(values[key]) if key in values else None

    def store(draft: dict[str, Any], text: bytes | None) -> None:
        others = draft[field]
        if text is None:
            draft[field] = {name: kept for name, kept in others.items() if name != key}
        else:
            draft[field] = {**others, key: json_numbers.decode(text)}

    def load(draft: dict[str, Any]) -> bytes | None:
        return json_numbers.encode(draft[field][key]) if key in draft[field] else None

    path = escaped(key) if field == "body" else f"{field}/{escaped(key)}"
    yield from _of_value(field, path, present, old, new, load, store)


Load = Callable[[dict[str, Any]], bytes | None]
Store = Callable[[dict[str, Any], bytes | None], None]


def _of_value(
    field: str, path: str, present: bytes | None, old: bytes, new: bytes, load: Load, store: Store
) -> Iterator[Piece]:
    """A value of a client: whole where it is as the change left it, so that it returns byte by byte; else each member
    that the change touched."""
    before, left, now = _value(old), _value(new), UNSET if present is None else json_numbers.decode(present)
    if _same(now, left):
        text = None if old == NULL else old
        yield Piece(field, path, False, lambda draft: store(draft, text))
        return
    for inner in changed_paths(before, left):
        is_changed = not _same(at(now, inner), at(left, inner))
        restore = _of_member(load, store, inner, at(before, inner))
        shown = "/".join((path, *map(escaped, inner)))
        yield Piece(field, shown, is_changed, restore, at(before, inner), at(now, inner))


def _of_member(load: Load, store: Store, inner: Path, value: Any) -> Callable[[dict[str, Any]], None]:
    def restore(draft: dict[str, Any]) -> None:
        text = load(draft)
        present = UNSET if text is None else json_numbers.decode(text)
        after = put(present, inner, value)
        store(draft, None if after is UNSET else json_numbers.encode(after))

    return restore


def _value(text: bytes) -> Any:
    return UNSET if text == NULL else json_numbers.decode(text)


def changed_paths(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """The members that differ, each as deep as both sides are objects. UNSET is an absent value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from changed_paths(before.get(name, UNSET), after.get(name, UNSET), (*path, name))
    elif not _same(before, after):
        yield path


def _same(one: Any, other: Any) -> bool:
    if one is UNSET or other is UNSET:
        return one is other
    return json_numbers.are_same(one, other)


def at(value: Any, path: Path) -> Any:
    """The value at a path, UNSET where there is none."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return UNSET
        value = value[name]
    return value


def put(value: Any, path: Path, member: Any) -> Any:
    """The value with a member at a path, or without it (UNSET). Objects on the way are made where a member goes in."""
    if not path:
        return member
    name, *rest = path
    inner = value.get(name, UNSET) if isinstance(value, dict) else UNSET
    if member is UNSET and inner is UNSET:
        return value
    others = value if isinstance(value, dict) else {}
    after = put(inner, tuple(rest), member)
    if after is UNSET:
        return {key: kept for key, kept in others.items() if key != name}
    return {**others, name: after}


def values(changes: str, plan: Plan) -> Iterator[tuple[Path, Any]]:
    """The members that taking a change back restores, and their values; None for one that will be absent."""
    for name, (old, new) in _changes_of(changes).items():
        field, _, key = name.partition(".")
        if field in NEVER_RESTORED or field in plan.hidden or field in _followers(plan.units):
            continue
        if not key:
            yield tuple(plan.members.get(field, field).split("/")), json_numbers.decode(bytes(old))
            continue
        above = (key,) if field == "body" else (field, key)
        before = _value(bytes(old))
        for inner in changed_paths(before, _value(bytes(new))):
            found = at(before, inner)
            yield (*above, *inner), None if found is UNSET else found
