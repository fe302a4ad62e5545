"""How entities lie in tables: one Shape each, from which loading, inserting and updating follow for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.domain.category import Category
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.extension import Attribute, ExtensionSchema, Owner
from dragoman.domain.people import Alias, Group, LoginName, Tenant, Token, User
from dragoman.domain.task import Kind, State, Task
from dragoman.store import tables


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """The last number that was given out in a tenant, of one sort."""

    tenant: int
    name: str
    value: int = 0
    row_version: int = 1


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A switch that is turned while the server runs, and that all nodes must see (JSON text)."""

    tenant: int
    name: str
    value: str
    row_version: int = 1


class IdempotencyRecord(msgspec.Struct, frozen=True, kw_only=True):
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
        """The columns, in the order of the table."""
        return tuple(column.name for column in self.table.columns)

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """The fields whose change people see."""
        return tuple(name for name in self.type.__struct_fields__ if name not in BOOKKEEPING)

    @cached_property
    def _decoders(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        return tuple((name, codec.decode) for name, codec in self.codecs.items())

    def key_of(self, entity: Any) -> Any:
        """The entity's key as `Keys` spells it: a plain value, or a tuple where there are several columns."""
        if len(self.key) == 1:
            return getattr(entity, self.key[0])
        return tuple(str(v) if isinstance(v := getattr(entity, name), str) else v for name in self.key)

    def decode(self, row: Any) -> Any:
        """An entity from a row of all columns; satellites are not loaded yet."""
        values = dict(zip(self.fields, row, strict=True))
        for name, decode in self._decoders:
            values[name] = decode(values[name])
        return self.type(**values)

    def encode(self, entity: Any, columns: tuple[str, ...]) -> dict[str, Any]:
        """The values of these columns as the table keeps them."""
        codecs = self.codecs
        return {
            name: codecs[name].encode(getattr(entity, name)) if name in codecs else getattr(entity, name)
            for name in columns
        }


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
                "properties": _json_codec(dict[str, str], {}, "{}"),
                "extras": EXTRAS,
            },
            has_history=True,
            satellites=("extensions", "work_items"),
            has_words=True,
        ),
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
        Shape("setting", tables.setting, Setting, key=("name",)),
        Shape("idempotency", tables.idempotency, IdempotencyRecord, key=("credential", "key")),
        Shape("tenant", tables.tenant, Tenant, key=()),
        Shape("counter", tables.counter, Counter, key=("name",)),
    )
}
