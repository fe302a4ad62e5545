"""Resources: a vendor's objects, stored as plain JSON. Their types, and the operations on one object.

Rights are scopes, checked for the dialect's operations and for a batch's creator; the objects have no owners or roles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Conflict, Invalid, NotFound, Problem
from dragoman.domain.limits import uuid_of
from dragoman.domain.merge_patch import merged_value
from dragoman.domain.resource import Resource
from dragoman.domain.restoring import Plan
from dragoman.usecases.batches.types.resource_types import NOTHING, Create, Found, Patch, ResourceType, Undoing
from dragoman.usecases.uow import UnitOfWork

Body = dict[str, Any]


@dataclass(frozen=True)
class PlainType:
    """One type. `sid` is the property with the object's uid, `natural` the one with its natural key.

    `keep` checks a body on every write: it returns the body to store, with the natural key as text, or raises Invalid
    with every problem. `properties` are always shown, null when unset; `defaults` are the values of a new object.
    `read_only` properties in requests are ignored (`sid` always is one of them).
    """

    name: str
    sid: str
    natural: str
    keep: Callable[[Body], Body]
    properties: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    read_only: frozenset[str] = frozenset()
    scopes: Mapping[Method, frozenset[str]] = field(default_factory=dict)
    is_unique: bool = True
    is_number: bool = False  # the natural key holds digits alone


def shown(plain: PlainType, resource: Resource) -> Body:
    """The JSON of an object: its properties and its sid."""
    return shown_as(plain, resource.uid, resource.body)


def shown_as(plain: PlainType, uid: str, body: Body) -> Body:
    """The JSON of an object from its uid and body."""
    return {**dict.fromkeys(plain.properties), **body, plain.sid: uid}


def get(uow: UnitOfWork, plain: PlainType, key: int | str) -> Resource:
    """The object by sid or number. NotFound when there is none of this type."""
    found = uow.resources.find(key)
    if found is None or found.type != plain.name:
        raise NotFound("resource_not_found", f"There is no {plain.name} {key}.", type=plain.name, id=key)
    return found


def create(uow: UnitOfWork, plain: PlainType, content: Mapping[str, Any]) -> Resource:
    """Add an object. Invalid with all its faults; Conflict `already_exists`, see `taken`.

    The command must be exclusive.
    """
    body = _new_body(plain, content)
    natural = body[plain.natural]
    if plain.is_unique and (there := uow.resources.by_natural(plain.name, [natural])):
        raise taken(plain, there[natural][0])
    return _add(uow, plain, body)


def merge(uow: UnitOfWork, plain: PlainType, resource: Resource, patch: Mapping[str, Any]) -> Resource:
    """The object with a JSON Merge Patch (RFC 7396) applied; one that changes nothing stores nothing.

    Invalid and Conflict as `create`. A command that gives it another natural key must be exclusive.
    """
    return _merged(uow, plain, resource, _without_read_only(plain, patch))


def exchange(uow: UnitOfWork, plain: PlainType, resource: Resource, content: Mapping[str, Any]) -> Resource:
    """Replace all properties that clients may set; absent ones are unset. Otherwise as `merge`."""
    fixed = {name: value for name, value in resource.body.items() if name in plain.read_only}
    return _kept(uow, plain, resource, {**merged_value({}, _without_read_only(plain, content)), **fixed})


def remove(uow: UnitOfWork, resource: Resource) -> None:
    """Delete an object. Its history stays, and its natural key is free again."""
    uow.resources.remove(resource)


def find(uow: UnitOfWork, plain: PlainType, key: str, values: Sequence[str]) -> list[Found]:
    """The match of each value of `key` (sid or natural key); loads objects for change. The command must be
    exclusive."""
    if key == plain.sid:
        values = [uuid_of(value) or value for value in values]
        by_uid = uow.resources.by_uid(plain.name, values, Lock.CHANGE)
        return [Found(1, by_uid[value].number) if value in by_uid else NOTHING for value in values]
    by_natural = uow.resources.by_natural(plain.name, values, Lock.CHANGE)
    return [_found(by_natural.get(value, [])) for value in values]


def _found(matching: Sequence[Resource]) -> Found:
    return Found(len(matching), matching[0].number if len(matching) == 1 else None)


def taken(plain: PlainType, there: Resource) -> Conflict:
    """The error for a natural key in use, with the field and the id of the other object."""
    message = f"this {plain.natural} already exists"
    return Conflict("already_exists", message, field=plain.natural, reference=there.uid)


def resource_type(plain: PlainType) -> ResourceType:
    """The resource type for batches."""
    return ResourceType(
        name=plain.name,
        methods=frozenset(Method),
        keys=(plain.natural, plain.sid),
        natural_key=plain.natural,
        scopes=plain.scopes,
        find=lambda uow, key, values: find(uow, plain, key, values),
        create=lambda uow, contents: _creating(uow, plain, contents),
        patch=lambda uow, content: _patching(plain, content),
        remove=lambda uow, number: remove(uow, get(uow, plain, number)),
        undoing=undoing(plain),
        number_keys=frozenset({plain.natural} if plain.is_number else ()),
        entity="resource",
        id_key=plain.sid,
        show=lambda uow, resource: shown(plain, resource),
        sees=lambda uow, resources: [True] * len(resources),
        run_only=frozenset({plain.sid}),
        naturals=(lambda contents: _naturals(plain, contents)) if plain.is_unique else None,
    )


def _naturals(plain: PlainType, contents: Sequence[bytes]) -> list[str]:
    bodies = (_body_or_faults(plain, content) for content in contents)
    return [body[plain.natural] for body in bodies if not isinstance(body, Invalid)]


def _creating(uow: UnitOfWork, plain: PlainType, contents: Sequence[bytes]) -> Create:
    """Returns a function that creates one of these; taken natural keys are looked up once for all."""
    bodies = {content: _body_or_faults(plain, content) for content in contents}
    naturals = [body[plain.natural] for body in bodies.values() if not isinstance(body, Invalid)]
    there = uow.resources.by_natural(plain.name, naturals) if plain.is_unique else {}

    def apply(part: UnitOfWork, content: bytes) -> int:
        body = bodies[content]
        if isinstance(body, Invalid):
            raise body
        natural = body[plain.natural]
        if natural in there:
            raise taken(plain, there[natural][0])
        made = _add(part, plain, body)
        if plain.is_unique:
            there[natural] = [made]
        return made.number

    return apply


def _body_or_faults(plain: PlainType, content: bytes) -> Body | Invalid:
    try:
        return _new_body(plain, _an_object(content))
    except Invalid as faults:
        return faults


def _patching(plain: PlainType, content: bytes) -> Patch:
    patch = _without_read_only(plain, _an_object(content))

    def apply(part: UnitOfWork, number: int) -> None:
        _merged(part, plain, get(part, plain, number), patch)

    return apply


def _merged(uow: UnitOfWork, plain: PlainType, resource: Resource, patch: Mapping[str, Any]) -> Resource:
    return _kept(uow, plain, resource, merged_value(resource.body, patch))


def _kept(uow: UnitOfWork, plain: PlainType, resource: Resource, wanted: Body) -> Resource:
    body = plain.keep(wanted)
    if json_numbers.are_same(body, resource.body):
        return resource
    natural = body[plain.natural]
    if natural != resource.natural and plain.is_unique:
        uow.must_be_exclusive()
        there = uow.resources.by_natural(plain.name, [natural])
        if there:
            raise taken(plain, there[natural][0])
    return uow.resources.save(replace(resource, body=body, natural=natural))


def _new_body(plain: PlainType, content: Mapping[str, Any]) -> Body:
    given = merged_value({}, _without_read_only(plain, content))  # null means absent
    return plain.keep({**plain.defaults, **given})


def _add(uow: UnitOfWork, plain: PlainType, body: Body) -> Resource:
    uid = uow.new_id()
    return uow.resources.add(
        Resource(
            tenant=uow.tenant,
            number=uow.numbers.draw("resource"),
            uid=uid,
            type=plain.name,
            natural=body[plain.natural],
            twin="" if plain.is_unique else uid,
            body=body,
            created_at=uow.now,
            modified_at=uow.now,
        )
    )


def _without_read_only(plain: PlainType, content: Mapping[str, Any]) -> Body:
    return {name: value for name, value in content.items() if name != plain.sid and name not in plain.read_only}


def _an_object(content: bytes) -> Body:
    value: Any = json_numbers.decode(content)
    if not isinstance(value, dict):
        raise Invalid("invalid_body", "must be an object", (Problem("", "type", "must be an object"),))
    return value


# Undo


def undoing(plain: PlainType) -> Undoing:
    """How what batches did to these objects is taken back. Conflict for a natural key that is taken."""
    return Undoing(
        Plan(hidden=frozenset({"natural"})),
        lambda uow, before, after, names: _restore(uow, plain, before, after),
        lambda uow, deleted: _adding(uow, plain, deleted),
    )


def _restore(uow: UnitOfWork, plain: PlainType, before: Resource, after: Resource) -> None:
    if after.natural != before.natural and plain.is_unique:
        uow.must_be_exclusive()
        if there := uow.resources.by_natural(plain.name, [after.natural]):
            raise taken(plain, there[after.natural][0])
    uow.resources.save(after)


def _adding(uow: UnitOfWork, plain: PlainType, deleted: Sequence[Resource]) -> Callable[[UnitOfWork, Resource], None]:
    naturals = [each.natural for each in deleted]
    there = uow.resources.by_natural(plain.name, naturals) if plain.is_unique and naturals else {}

    def add(part: UnitOfWork, resource: Resource) -> None:
        if resource.natural in there:
            raise taken(plain, there[resource.natural][0])
        part.resources.add(resource)
        if plain.is_unique:
            there[resource.natural] = [resource]

    return add
