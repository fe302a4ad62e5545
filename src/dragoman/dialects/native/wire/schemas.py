"""Schemas of extensions over the wire: the part of JSON Schema (draft 2020-12) that they can hold."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from dragoman.dialects.native.wire.scalars import LARGEST, AnyJson
from dragoman.domain.extension import MOST_ATTRIBUTES

SMALLEST = -LARGEST - 1
NAME_PATTERN = "^[A-Za-z][A-Za-z0-9_]{0,25}$"

Draft = Literal["https://json-schema.org/draft/2020-12/schema"]
Name = Annotated[str, Meta(extra_json_schema={"pattern": NAME_PATTERN})]
TypeWord = Literal["string", "integer", "number", "boolean"]
OrNull = Annotated[list[TypeWord | Literal["null"]], Meta(min_length=2, max_length=2)]


class Attribute(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """One member of a record. Null may always stand in its place."""

    type: TypeWord | OrNull
    format: Literal["date", "date-time", "int64", "double", "currency"] | UnsetType = UNSET
    max_length: Annotated[int, Meta(ge=1, le=LARGEST)] | UnsetType = UNSET
    minimum: Annotated[int, Meta(ge=SMALLEST, le=SMALLEST)] | UnsetType = UNSET
    maximum: Annotated[int, Meta(ge=LARGEST, le=LARGEST)] | UnsetType = UNSET
    default: AnyJson | UnsetType = UNSET


Properties = Annotated[
    dict[Name, Attribute],
    Meta(max_length=MOST_ATTRIBUTES, description="At least one, but for extensions of contacts."),
]
IsFree = Annotated[bool, Meta(description="Whether records may have other members: only where none is declared.")]
Names = Annotated[list[Name], Meta(max_length=MOST_ATTRIBUTES)]


class Record(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel", tag_field="type", tag="object"
):
    """A record: an object of declared members and no others."""

    properties: Properties
    required: Names | UnsetType = UNSET
    additional_properties: IsFree | UnsetType = UNSET


class Word(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="string"):
    """A text in the list of a classifier. Only contacts have classifiers."""


class RecordSchema(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", tag="object"
):
    """The schema of an extension that is one record."""

    title: Annotated[Name, Meta(description="The name of the extension, for all cases of its letters.")]
    properties: Properties
    required: Names | UnsetType = UNSET
    additional_properties: IsFree | UnsetType = field(name="additionalProperties", default=UNSET)
    draft: Draft | UnsetType = field(name="$schema", default=UNSET)
    unique: Annotated[Names, Meta(description="Attributes that no two records of one owner may share.")] | UnsetType = (
        field(name="x-unique", default=UNSET)
    )


class ListSchema(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", tag="array"
):
    """The schema of an extension that is a list of records."""

    title: Annotated[Name, Meta(description="The name of the extension, for all cases of its letters.")]
    items: Record | Word
    draft: Draft | UnsetType = field(name="$schema", default=UNSET)
    unique: Annotated[Names, Meta(description="Attributes that no two records of one owner may share.")] | UnsetType = (
        field(name="x-unique", default=UNSET)
    )


Schema = RecordSchema | ListSchema


class SchemaList(Struct, frozen=True):
    """Every schema of one kind, by name."""

    items: list[Schema]
