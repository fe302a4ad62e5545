"""How entities lie in tables: one Shape each, from which loading, inserting and updating follow for all of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import compress
from operator import attrgetter, is_not
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple

from dragoman.domain.batch import Batch, BatchPayload, Method, Status
from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.domain.category import Category
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.extension import Attribute, ExtensionSchema, Owner
from dragoman.domain.job import Job, JobState
from dragoman.domain.message import Message, MessageHead
from dragoman.domain.people import Alias, Group, LoginName, Tenant, Token, User
from dragoman.domain.resource import Resource
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.template import Template
from dragoman.domain.work_item import Role
from dragoman.store import tables


class Counter(msgspec.Struct, frozen=True):
    """The last number that was given out in a tenant, of one sort."""

    tenant: int
    name: str
    value: int = 0
    row_version: int = 1


class Setting(msgspec.Struct, frozen=True):
    """A switch that is turned while the server runs, and that all nodes must see (JSON text)."""

    tenant: int
    name: str
    value: str
    row_version: int = 1


class IdempotencyRecord(msgspec.Struct, frozen=True):
    """The answer that was given to a request with an Idempotency-Key, for 24 hours."""

    tenant: int
    credential: str
    key: str
    request_hash: str
    status: int
    content_type: str | None
    headers: str
    body: str
    created_at: Moment


@dataclass(frozen=True)
class Codec:
    """A column whose value in the entity differs from the one in the table."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode() if value else ("{}" if isinstance(value, dict) else "[]")


def _json_codec(type_: Any, empty: Any, empty_text: str) -> Codec:
    decoder = msgspec.json.Decoder(type_)
    return Codec(_json_text, lambda text: empty if text == empty_text else decoder.decode(text))


def _enum_codec(type_: Any) -> Codec:
    members = {str(member): member for member in type_}
    return Codec(str, members.__getitem__)


EXTRAS = _json_codec(dict[str, dict[str, Any]], {}, "{}")
STRINGS = _json_codec(tuple[str, ...], (), "[]")
TEXTS = _json_codec(dict[str, str], {}, "{}")
ARGS = _json_codec(dict[str, Any], {}, "{}")
MAYBE_STRINGS = Codec(
    lambda value: None if value is None else msgspec.json.encode(value).decode(),
    lambda text: None if text is None else STRINGS.decode(text),
)

BOOKKEEPING = frozenset(
    {
        "tenant",
        "number",
        "uid",
        "modified_at",
        "extension_count",
        "work_item_count",
        "task_count",
        "person_count",
        "open_children",
        "removed_at",
        "revision",
        "row_version",
        "head_hash",
        "twin",
    }
)
"""Fields whose change nobody sees: no revision, no history."""


@dataclass(frozen=True)
class Shape:
    """One entity's table. `key` names the columns after the tenant; `satellites` are fields kept in tables of their
    own (`extensions`, `work_items`), loaded when the row's count says that there are any.
    """

    name: str
    table: sa.Table
    type: type[Any]
    key: tuple[str, ...] = ("number",)
    codecs: Mapping[str, Codec] = field(default_factory=dict)
    has_history: bool = False
    satellites: tuple[str, ...] = ()
    has_words: bool = False

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The columns, in the order of the entity's fields; satellites come after them."""
        columns = set(self.table.columns.keys())
        stored = tuple(name for name in self.type.__struct_fields__ if name in columns)
        if len(stored) != len(columns) or stored != self.type.__struct_fields__[: len(stored)]:
            raise TypeError(f"the fields of {self.type.__name__} are not the columns of {self.table.name}")
        return stored

    @cached_property
    def columns(self) -> tuple[sa.Column[Any], ...]:
        """What a SELECT names, so that `decode` can take its rows."""
        return tuple(self.table.c[name] for name in self.fields)

    @cached_property
    def _decoders(self) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        decoders = {name: codec.decode for name, codec in self.codecs.items()}
        decoders |= {column.name: bool for column in self.table.columns if isinstance(column.type, sa.Boolean)}
        return tuple((self.fields.index(name), decode) for name, decode in decoders.items())

    @cached_property
    def key_of(self) -> Callable[[Any], Any]:
        """The entity's key as `Keys` spells it: a plain value, or a tuple where there are several columns."""
        if len(self.key) == 1:
            return attrgetter(self.key[0])
        return lambda entity: tuple(_spelled(getattr(entity, name)) for name in self.key)

    @cached_property
    def _version_names(self) -> tuple[tuple[str, str], ...]:
        return tuple((f"old_{name}", name) for name in ("tenant", *self.key, "row_version"))

    def version(self, entity: Any) -> dict[str, Any]:
        """What names this state of the row in the condition of a change: `old_` and the column, with its value."""
        return {old: _spelled(getattr(entity, name)) for old, name in self._version_names}

    def decode(self, row: Any) -> Any:
        """An entity from a row of `columns`; satellites are not loaded yet."""
        values = list(row)
        for place, decode in self._decoders:
            values[place] = decode(values[place])
        return self.type(*values)

    def encode(self, entity: Any, columns: tuple[str, ...]) -> dict[str, Any]:
        """The values of these columns as the table keeps them."""
        codecs = self.codecs
        return {
            name: codecs[name].encode(getattr(entity, name)) if name in codecs else getattr(entity, name)
            for name in columns
        }

    def differing(self, before: Any, after: Any) -> Iterator[str]:
        """The fields whose values are not the same object in two states of an entity, satellites among them."""
        return compress(self.type.__struct_fields__, map(is_not, astuple(before), astuple(after)))


def _spelled(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


SHAPES: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        # The order is the order of locking (DESIGN 2): tasks, what holds them, what counts them, the counters last.
        Shape(
            "task",
            tables.task,
            Task,
            codecs={
                "kind": _enum_codec(Kind),
                "state": _enum_codec(State),
                "timing": TEXTS,
                "messages": _json_codec(dict[str, MessageHead], {}, "{}"),
                "properties": TEXTS,
                "extras": EXTRAS,
            },
            has_history=True,
            satellites=("extensions", "work_items"),
            has_words=True,
        ),
        Shape("message", tables.message, Message, key=("task", "which")),
        Shape(
            "batch",
            tables.batch,
            Batch,
            codecs={"method": _enum_codec(Method), "status": _enum_codec(Status), "scopes": MAYBE_STRINGS},
        ),
        Shape("batch_payload", tables.batch_payload, BatchPayload, key=("batch",)),
        Shape(
            "resource",
            tables.resource,
            Resource,
            codecs={"body": _json_codec(dict[str, Any], {}, "{}")},
            has_history=True,
        ),
        Shape("job", tables.job, Job, key=("uid",), codecs={"args": ARGS, "state": _enum_codec(JobState)}),
        Shape(
            "case",
            tables.case,
            Case,
            codecs={"kind": _enum_codec(CaseKind), "extras": EXTRAS},
            has_history=True,
            satellites=("extensions",),
        ),
        Shape("stage", tables.stage, Stage, codecs={"extras": EXTRAS}, has_history=True, satellites=("extensions",)),
        Shape(
            "contact",
            tables.contact,
            Contact,
            codecs={"kind": _enum_codec(ContactKind), "shared_with": STRINGS, "extras": EXTRAS},
            has_history=True,
            satellites=("extensions",),
        ),
        Shape("category", tables.category, Category),
        Shape(
            "user",
            tables.user,
            User,
            key=("uid",),
            codecs={"roles": STRINGS, "groups": STRINGS, "extras": EXTRAS},
        ),
        Shape("group", tables.group, Group, key=("uid",)),
        Shape("alias", tables.alias, Alias, key=("dialect", "alias")),
        Shape("login_name", tables.login_name, LoginName, key=("login",)),
        Shape("token", tables.token, Token, key=("hash",), codecs={"scopes": STRINGS}),
        Shape(
            "extension_schema",
            tables.extension_schema,
            ExtensionSchema,
            key=("owner", "folded"),
            codecs={
                "owner": _enum_codec(Owner),
                "attributes": _json_codec(tuple[Attribute, ...], (), "[]"),
                "unique": STRINGS,
            },
        ),
        Shape(
            "template",
            tables.template,
            Template,
            key=("uid",),
            codecs={
                "fault_names": STRINGS,
                "timing": TEXTS,
                "roles": _json_codec(dict[Role, tuple[str, ...]], {}, "{}"),
                "flags": _json_codec(dict[str, bool], {}, "{}"),
                "properties": TEXTS,
            },
        ),
        Shape("setting", tables.setting, Setting, key=("name",)),
        Shape("idempotency", tables.idempotency, IdempotencyRecord, key=("credential", "key")),
        Shape("tenant", tables.tenant, Tenant, key=()),
        Shape("counter", tables.counter, Counter, key=("name",)),
    )
}
