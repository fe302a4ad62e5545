"""Mappings: how the fields of each entity are stored. Loading, inserting and updating are derived from them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import compress
from operator import attrgetter, is_not
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple

from dragoman.domain import json_numbers
from dragoman.domain.batch_draft import Draft, FilePiece
from dragoman.domain.batch_policy import Rule
from dragoman.domain.binary_property import BinaryHead, BinaryProperty
from dragoman.domain.bulk import (
    Batch,
    BatchChunk,
    BatchDetail,
    BatchPayload,
    ChangeGroup,
    Decided,
    End,
    FailureGroup,
    Method,
    OnChange,
    OnConflict,
    Origin,
    Policy,
    Status,
    Summary,
)
from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.domain.category import Category
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.delivery import Delivery, DeliveryState, DeliveryTry
from dragoman.domain.escalation import Escalations
from dragoman.domain.extension import Attribute, ExtensionSchema, Owner
from dragoman.domain.job import Job, JobState
from dragoman.domain.labels import Label, Labelled
from dragoman.domain.message import Message, MessageHead
from dragoman.domain.note import Note, NoteKind
from dragoman.domain.people import (
    Alias,
    Group,
    GroupMember,
    LoginName,
    PasswordLink,
    ProviderIdentity,
    Session,
    Tenant,
    Token,
    TokenKind,
    UnclaimedName,
    UnclaimedTask,
    User,
    UserKind,
)
from dragoman.domain.resource import Resource
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.template import ClientSettings, Template
from dragoman.domain.template_set import AppliesTo, Blueprint, TemplateSet
from dragoman.domain.view import View
from dragoman.domain.webhook import DisabledReason, Webhook, WebhookFilter, WebhookOrder, WebhookState
from dragoman.domain.work_item import Role
from dragoman.domain.work_list import WorkList
from dragoman.store import tables


class Counter(msgspec.Struct, frozen=True):
    """The last number drawn in a tenant, for one kind of entity."""

    tenant: int
    name: str
    value: int = 0
    row_version: int = 1


class Setting(msgspec.Struct, frozen=True):
    """A switch that can change while the server runs and that all nodes read (JSON text)."""

    tenant: int
    name: str
    value: str
    row_version: int = 1


class IdempotencyRecord(msgspec.Struct, frozen=True):
    """The stored reply to a request with an Idempotency-Key, kept for 24 hours."""

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
    """Converts between a field's value and the value of its column."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _json_text(value: Any) -> str:
    return json_numbers.encode(value).decode() if value else ("{}" if isinstance(value, dict) else "[]")


def _json_codec(type_: Any, empty: Any, empty_text: str) -> Codec:
    decode = json_numbers.decoder(type_)
    return Codec(_json_text, lambda text: empty if text == empty_text else decode(text))


def _enum_codec(type_: Any) -> Codec:
    members = {str(member): member for member in type_}
    return Codec(str, members.__getitem__)


def _maybe(type_: Any) -> Codec:
    """JSON text, or null."""
    decode = json_numbers.decoder(type_)
    return Codec(
        lambda value: None if value is None else json_numbers.encode(value).decode(),
        lambda text: None if text is None else decode(text),
    )


def _maybe_enum(type_: Any) -> Codec:
    members = {str(member): member for member in type_}
    return Codec(
        lambda value: None if value is None else str(value), lambda text: None if text is None else members[text]
    )


EXTRAS = _json_codec(dict[str, dict[str, Any]], {}, "{}")
STRINGS = _json_codec(tuple[str, ...], (), "[]")
ESCALATIONS = _json_codec(Escalations, (), "[]")
NUMBERS = _json_codec(tuple[int, ...], (), "[]")
TEXTS = _json_codec(dict[str, str], {}, "{}")
COUNTS = _json_codec(dict[str, int], {}, "{}")
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
        "escalate_at",
        "removed_at",
        "revision",
        "row_version",
        "head_hash",
        "twin",
        "last_seen_at",
        "unlocked_at",
        "is_admin",  # stands in the roles
        "made_through",  # stands in the first row itself
    }
)
"""Fields that no representation shows, or that never change: they make no revision and no history."""


@dataclass(frozen=True)
class Mapping:
    """One entity and its table. `key` names the key columns after the tenant.

    `child_tables` are fields stored in their own tables (`extensions`, `work_items`); they are loaded if the count in
    the entity's row is not zero.
    """

    name: str
    table: sa.Table
    type: type[Any]
    key: tuple[str, ...] = ("number",)
    codecs: dict[str, Codec] = field(default_factory=dict)
    has_history: bool = False
    records_creation: bool = True  # else the history begins with the first change
    secrets: frozenset[str] = frozenset()  # fields of which history only tells that they were set, changed, removed
    child_tables: tuple[str, ...] = ()
    has_words: bool = False

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The stored columns, in the order of the entity's fields. Fields with child tables follow them."""
        columns = set(self.table.columns.keys())
        stored = tuple(name for name in self.type.__struct_fields__ if name in columns)
        if len(stored) != len(columns) or stored != self.type.__struct_fields__[: len(stored)]:
            raise TypeError(f"the fields of {self.type.__name__} are not the columns of {self.table.name}")
        return stored

    @cached_property
    def has_modified_at(self) -> bool:
        """Whether the entity has a moment of its last change."""
        return "modified_at" in self.fields

    @cached_property
    def has_uid(self) -> bool:
        """Whether the entity is known by a number and by a uid."""
        return self.key == ("number",) and "uid" in self.type.__struct_fields__

    @cached_property
    def columns(self) -> tuple[sa.Column[Any], ...]:
        """The columns of a SELECT whose rows `decode` reads."""
        return tuple(self.table.c[name] for name in self.fields)

    @cached_property
    def _decoders(self) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        decoders = {name: codec.decode for name, codec in self.codecs.items()}
        decoders |= {column.name: bool for column in self.table.columns if isinstance(column.type, sa.Boolean)}
        return tuple((self.fields.index(name), decode) for name, decode in decoders.items())

    @cached_property
    def key_of(self) -> Callable[[Any], Any]:
        """The entity's key as used in `Keys`: a plain value, or a tuple for several columns."""
        if len(self.key) == 1:
            return attrgetter(self.key[0])
        return lambda entity: tuple(_plain_value(getattr(entity, name)) for name in self.key)

    @cached_property
    def version(self) -> Callable[[Any], tuple[Any, ...]]:
        """What identifies this version of an entity's row: the tenant, its key, and `row_version`."""
        return self.values(("tenant", *self.key, "row_version"))

    def values(self, columns: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
        """The function that gives the values of these columns as stored."""
        known = self._values.get(columns)
        if known is None:
            known = self._values[columns] = self._values_of(columns)
        return known

    @cached_property
    def _values(self) -> dict[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
        return {}

    def _values_of(self, columns: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
        get: Callable[[Any], Any] = attrgetter(*columns) if columns else lambda entity: ()
        plain = get if len(columns) != 1 else lambda entity: (get(entity),)
        encoded = [(place, self.codecs[name].encode) for place, name in enumerate(columns) if name in self.codecs]
        if not encoded:
            return plain

        def values(entity: Any) -> tuple[Any, ...]:
            found = list(plain(entity))
            for place, encode in encoded:
                found[place] = encode(found[place])
            return tuple(found)

        return values

    def decode(self, row: Any) -> Any:
        """An entity from a row of `columns`, without its child rows."""
        values = list(row)
        for place, decode in self._decoders:
            values[place] = decode(values[place])
        return self.type(*values)

    def encode(self, entity: Any, columns: tuple[str, ...]) -> dict[str, Any]:
        """The values of these columns as stored."""
        codecs = self.codecs
        return {
            name: codecs[name].encode(getattr(entity, name)) if name in codecs else getattr(entity, name)
            for name in columns
        }

    def differing(self, before: Any, after: Any) -> Iterator[str]:
        """The fields whose values are not the same object in two states of an entity."""
        return compress(self.type.__struct_fields__, map(is_not, astuple(before), astuple(after)))


def _plain_value(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


MAPPINGS: dict[str, Mapping] = {
    mapping.name: mapping
    for mapping in (
        # This is the lock order: tasks first, then what holds them, counters last.
        Mapping(
            "task",
            tables.task,
            Task,
            codecs={
                "kind": _enum_codec(Kind),
                "state": _enum_codec(State),
                "escalations": ESCALATIONS,
                "timing": TEXTS,
                "messages": _json_codec(dict[str, MessageHead], {}, "{}"),
                "binaries": _json_codec(dict[str, BinaryHead], {}, "{}"),
                "properties": TEXTS,
                "extras": EXTRAS,
            },
            has_history=True,
            child_tables=("extensions", "work_items"),
            has_words=True,
        ),
        Mapping("message", tables.message, Message, key=("task", "which")),
        Mapping("binary_property", tables.binary_property, BinaryProperty, key=("task", "name")),
        Mapping(
            "batch",
            tables.batch,
            Batch,
            codecs={
                "method": _enum_codec(Method),
                "status": _enum_codec(Status),
                "scopes": MAYBE_STRINGS,
                "on_change": _enum_codec(OnChange),
                "policy_asked": ARGS,
                "policy": _maybe(Policy),
                "summary": _maybe(Summary),
                "decisions": _json_codec(tuple[Decided, ...], (), "[]"),
                "ended_because": _maybe(End),
                "origin": _maybe_enum(Origin),
                "on_conflict": _maybe_enum(OnConflict),
                "pace": _json_codec(tuple[tuple[int, int], ...], (), "[]"),
            },
        ),
        Mapping("batch_payload", tables.batch_payload, BatchPayload, key=("batch",)),
        Mapping("batch_chunk", tables.batch_chunk, BatchChunk, key=("batch", "first")),
        Mapping(
            "batch_detail",
            tables.batch_detail,
            BatchDetail,
            key=("batch",),
            codecs={
                "groups": _json_codec(tuple[ChangeGroup, ...], (), "[]"),
                "failures": _json_codec(tuple[FailureGroup, ...], (), "[]"),
            },
        ),
        Mapping(
            "batch_draft",
            tables.batch_draft,
            Draft,
            key=("uid",),
            codecs={"content": _json_codec(dict[str, str], {}, "{}")},
        ),
        Mapping("batch_draft_file", tables.batch_draft_file, FilePiece, key=("file", "place")),
        Mapping(
            "resource",
            tables.resource,
            Resource,
            codecs={"body": _json_codec(dict[str, Any], {}, "{}")},
            has_history=True,
        ),
        Mapping(
            "webhook",
            tables.webhook,
            Webhook,
            key=("uid",),
            codecs={
                "types": STRINGS,
                "filter": _json_codec(WebhookFilter, WebhookFilter(), "{}"),
                "order": _enum_codec(WebhookOrder),
                "state": _enum_codec(WebhookState),
                "disabled_reason": _maybe_enum(DisabledReason),
            },
        ),
        Mapping("delivery", tables.delivery, Delivery, key=("uid",), codecs={"state": _enum_codec(DeliveryState)}),
        Mapping("delivery_try", tables.delivery_try, DeliveryTry, key=("delivery", "attempt")),
        Mapping("job", tables.job, Job, key=("uid",), codecs={"args": ARGS, "state": _enum_codec(JobState)}),
        Mapping(
            "case",
            tables.case,
            Case,
            codecs={"kind": _enum_codec(CaseKind), "members": NUMBERS, "labels": STRINGS, "extras": EXTRAS},
            has_history=True,
            child_tables=("extensions",),
        ),
        Mapping(
            "stage", tables.stage, Stage, codecs={"extras": EXTRAS}, has_history=True, child_tables=("extensions",)
        ),
        Mapping(
            "contact",
            tables.contact,
            Contact,
            codecs={
                "kind": _enum_codec(ContactKind),
                "shared_with": STRINGS,
                "labels": STRINGS,
                "extras": EXTRAS,
                "attributes": _json_codec(dict[str, tuple[str, ...]], {}, "{}"),
            },
            has_history=True,
            child_tables=("extensions",),
        ),
        Mapping("note", tables.note, Note, codecs={"kind": _enum_codec(NoteKind)}),
        Mapping("category", tables.category, Category),
        Mapping("label", tables.label, Label, key=("kind", "folded"), codecs={"kind": _enum_codec(Labelled)}),
        Mapping("template_set", tables.template_set, TemplateSet, codecs={"applies_to": _enum_codec(AppliesTo)}),
        Mapping("blueprint", tables.blueprint, Blueprint, codecs={"extras": EXTRAS}),
        Mapping(
            "work_list",
            tables.work_list,
            WorkList,
            codecs={
                "roles": _json_codec(dict[str, tuple[str, ...]], {}, "{}"),
                "targets": STRINGS,
                "extras": EXTRAS,
            },
            has_history=True,
        ),
        Mapping(
            "user",
            tables.user,
            User,
            key=("uid",),
            codecs={
                "roles": STRINGS,
                "groups": STRINGS,
                "extras": EXTRAS,
                "kind": _enum_codec(UserKind),
                "scopes": MAYBE_STRINGS,
                "dialects": MAYBE_STRINGS,
            },
            has_history=True,
            secrets=frozenset({"password_hash"}),
        ),
        Mapping(
            "group",
            tables.group,
            Group,
            key=("uid",),
            codecs={"roles": STRINGS, "external_names": STRINGS},
            has_history=True,
        ),
        Mapping("group_member", tables.group_member, GroupMember, key=("group", "user", "source")),
        Mapping("alias", tables.alias, Alias, key=("dialect", "alias")),
        Mapping("identity", tables.identity, ProviderIdentity, key=("provider", "subject")),
        Mapping("password_link", tables.password_link, PasswordLink, key=("hash",)),
        Mapping("session", tables.session, Session, key=("hash",)),
        Mapping("unclaimed_name", tables.unclaimed_name, UnclaimedName, key=("dialect", "name")),
        Mapping("unclaimed_task", tables.unclaimed_task, UnclaimedTask, key=("dialect", "name", "task")),
        Mapping("login_name", tables.login_name, LoginName, key=("login",)),
        Mapping(
            "token", tables.token, Token, key=("hash",), codecs={"scopes": STRINGS, "kind": _enum_codec(TokenKind)}
        ),
        Mapping(
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
        Mapping(
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
                "client_settings": _json_codec(ClientSettings, {}, "{}"),
                "escalations": ESCALATIONS,
            },
        ),
        Mapping("saved_view", tables.saved_view, View),
        Mapping("setting", tables.setting, Setting, key=("name",)),
        Mapping("idempotency", tables.idempotency, IdempotencyRecord, key=("credential", "key")),
        Mapping(
            "tenant",
            tables.tenant,
            Tenant,
            key=(),
            codecs={"batch_policies": _json_codec(tuple[Rule, ...], (), "[]"), "limits": COUNTS},
            has_history=True,
            records_creation=False,
        ),
        Mapping("counter", tables.counter, Counter, key=("name",)),
    )
}
