"""Business attributes (page, 3.9; page 2, section J): the values that a field may have, as configured.

A mapped field is written by a value's dbid or name, kept as the dbid, and read as either. What is stored from before
the mapping, or is no value any more, is sent back without a fault and stays as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.wire import events
from dragoman.dialects.genesys.wire.events import Event, Ignore, Reader, Readers
from dragoman.dialects.kit.changes import changed
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.text import folded

SERVICE, STATE, TASK = "Service", "State", "Task"
TYPES = {SERVICE: "service_type", STATE: "state_type", TASK: "task_type"}
OF_EVENTS = ("application_type", "resource_type", "media_type")
DISPOSITION = "disposition"
INSIDE = {"active_states": STATE, "completed_states": STATE, "active_tasks": TASK, "completed_tasks": TASK}

Field = tuple[str, str]
"""A kind of resource and the name of its field on the wire."""


class Value(msgspec.Struct, frozen=True):
    """One value of an attribute."""

    name: str
    dbid: int
    display_name: str = ""
    description: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.display_name or self.name


class BusinessAttribute(msgspec.Struct, frozen=True):
    """One attribute. `cv_attributes` are the fields that it is mapped to, such as `Task.disposition`."""

    name: str
    dbid: int
    display_name: str = ""
    description: str = ""
    values: tuple[Value, ...] = ()
    cv_attributes: tuple[str, ...] = ()
    map_names: bool = False

    def find(self, value: Any) -> Value | None:
        """The value with this dbid (a number, or its text) or name, in any case."""
        text = folded(str(value))
        by_dbid = next((known for known in self.values if str(known.dbid) == text), None)
        return by_dbid or next((known for known in self.values if folded(known.name) == text), None)


Parse = Callable[..., Event]
"""Reads an event of a body, given what to do with ignored members, and readers of mapped fields."""


class Unknown(ValueError):
    """A text that names no field that can be mapped."""


def field_of(text: str) -> Field:
    """The field that a text such as `Task.disposition` or `Task.type` names, in any case. Raises Unknown."""
    kind, _, name = text.strip().partition(".")
    known = next((each for each in TYPES if each.lower() == kind.lower()), None)
    name = name.lower()
    if known is not None and name in ("type", TYPES[known]):
        return known, TYPES[known]
    if known is None or name not in (DISPOSITION, *OF_EVENTS):
        raise Unknown(f"{text[:64]!r} is no field that can be mapped, such as Task.disposition or Service.service_type")
    return known, name


def fault(tables: Sequence[Any]) -> str | None:
    """What is wrong with the configured attributes; None: nothing."""
    try:
        attributes = msgspec.convert(tables, tuple[BusinessAttribute, ...], strict=False)
        fields = [field_of(text) for attribute in attributes for text in attribute.cv_attributes]
    except (msgspec.ValidationError, Unknown) as error:
        return str(error)
    names = [folded(attribute.name) for attribute in attributes]
    twice = next((name for name in (*names, *fields) if [*names, *fields].count(name) > 1), None)
    if twice is not None:
        return f"{twice if isinstance(twice, str) else '.'.join(twice)} is there twice"
    return None


class Mapped(msgspec.Struct, frozen=True):
    """The configured attributes, and those that fields are mapped to."""

    attributes: tuple[BusinessAttribute, ...] = ()

    def of(self, kind: str, name: str) -> BusinessAttribute | None:
        """The attribute that a field is mapped to."""
        for attribute in self.attributes:
            if (kind, name) in map(field_of, attribute.cv_attributes):
                return attribute
        return None

    def readers(self, kind: str) -> Readers:
        """The readers of the mapped fields of a kind. They note, with the valid ones, what is no value."""
        if not self.attributes:
            return events.NO_READERS
        found = {name: self.of(kind, name) for name in (TYPES[kind], DISPOSITION, *OF_EVENTS)}
        return {name: _reader(attribute) for name, attribute in found.items() if attribute is not None}

    def read(self, kind: str, parse: Parse, body: bytes, ignore: Ignore) -> Event:
        """The event of a body, with dbids in its mapped fields. Invalid with all faults of the body."""
        mapped = self.readers(kind)
        return self.taken(kind, parse(body, ignore, mapped)) if mapped else parse(body, ignore)

    def taken(self, kind: str, event: Event) -> Event:
        """The event with dbids in its mapped fields where they hold values."""
        fields, title, written, names = dict(event.fields), event.title, {}, {}
        for name, sent in event.fields.items():
            attribute = self.of(kind, name)
            if attribute is None:
                continue
            written[name] = sent
            value = attribute.find(sent)
            if value is not None:
                fields[name], names[name] = value.dbid, value.name
                title = value.title if name == TYPES[kind] else title
        return replace(event, fields=fields, title=title, written=written, names=names)

    def asked(self, kind: str, values: Iterable[str]) -> frozenset[str]:
        """Types that a list is filtered by, with the dbids of those that are names."""
        attribute = self.of(kind, TYPES[kind])
        found = set(values)
        if attribute is not None:
            found |= {str(known.dbid) for each in values if (known := attribute.find(each)) is not None}
        return frozenset(found)

    def shown(self, kind: str, resource: Mapping[str, Any]) -> dict[str, Any]:
        """A resource with the names of values in the fields whose attribute asks for them."""
        shown = {name: self._named(kind, name, value) for name, value in resource.items()}
        for name in ("started", "completed"):
            if name in shown:
                shown[name] = {member: self._named(kind, member, value) for member, value in shown[name].items()}
        for name, inner in INSIDE.items():
            if isinstance(shown.get(name), list):
                shown[name] = [self.shown(inner, each) for each in shown[name]]
        return shown

    def _named(self, kind: str, name: str, value: Any) -> Any:
        attribute = self.of(kind, name) if isinstance(value, int | str) else None
        if attribute is None or not attribute.map_names or type(value) is not int:
            return value
        return next((known.name for known in attribute.values if known.dbid == value), value)


def settled(event: Event, stored: Mapping[str, Any]) -> Event:
    """An event of something that is there, with what is stored in the mapped fields that are sent back as they are.
    Invalid for other values that a business attribute doesn't have."""
    kept = {name: value for name, value in event.written.items() if not changed({name: value}, stored)}
    problems = Problems()
    for each in event.unlisted:
        if each.path[1:] not in kept:
            problems.add(each.path, each.code, each.message)
    faults.raise_if_any(problems)
    return replace(event, fields={**event.fields, **kept}, unlisted=()) if event.written else event


def _reader(attribute: BusinessAttribute) -> Reader:
    def read(value: Any, path: str, problems: Problems) -> Any:
        known = len(problems.found)
        word = events.word(value, path, problems)
        if len(problems.found) == known and attribute.find(word) is None:
            problems.add(path, events.UNLISTED, _must(attribute.values))
        return word

    return read


def render(attribute: BusinessAttribute) -> dict[str, Any]:
    """An attribute with its values. A dbid is text (page 2, J [D])."""
    return {
        **_head(attribute),
        "map_name": attribute.map_names,
        "cv_attributes": list(attribute.cv_attributes),
        "values": [_head(value) for value in attribute.values],
    }


def _head(one: BusinessAttribute | Value) -> dict[str, Any]:
    return {
        "name": one.name,
        "dbid": str(one.dbid),
        "display_name": one.display_name,
        "description": one.description,
    }


def _must(values: Iterable[Value]) -> str:
    listed = ", ".join(f"{value.name} ({value.dbid})" for value in values)
    return f"must be one of {listed}" if listed else "can't be set: its business attribute has no values"
