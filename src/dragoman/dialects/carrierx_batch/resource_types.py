"""The vendor's own types that batches work on (carrierx-batch.md 14.2): kept as the plain JSON they are, and served
under paths of their own too."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.wire.filter import member
from dragoman.dialects.carrierx_batch.wire.filter import parse as parse_filter
from dragoman.dialects.carrierx_batch.wire.ids import partner_sid
from dragoman.dialects.kit.fields import TEXT_MAX, Problems
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.resource import Resource
from dragoman.usecases.batches.types.resource_lists import select as select_resources
from dragoman.usecases.batches.types.resource_types import ResourceType, Select
from dragoman.usecases.batches.types.resources import Body, PlainType, resource_type, shown
from dragoman.usecases.uow import UnitOfWork

PARTNER = "partner_sid"
"""The owner: shown with every object, never set by clients."""

PHONENUMBER = re.compile(r"[0-9]{11,15}")
PREFIX = re.compile(r"[0-9]{1,15}")

DID_PROPERTIES = (
    "active_capabilities",
    "attributes",
    "callback_url",
    "campaign_sid",
    "capabilities",
    "classification_sid",
    "country_code",
    "did_group_sid",
    "did_sid",
    "in_country_format",
    "international_format",
    "lata",
    "locality",
    "lrn_sid",
    "name",
    "ocn",
    PARTNER,
    "phonenumber",
    "porting_pin",
    "price",
    "state",
    "status",
    "string_key_1",
    "string_key_2",
    "transformations",
    "trunk_group_sid",
)
PREFIX_PROPERTIES = ("attributes", "name", PARTNER, "prefix", "prefix_sid", "string_key_1", "string_key_2")
FILE_PROPERTIES = (
    "attributes",
    "bytes",
    "container_sid",
    "content_format",
    "file_sid",
    "lifecycle_action",
    "lifecycle_ttl",
    "mime_type",
    "name",
    "parent_file_sid",
    PARTNER,
    "publish",
    "publish_file_name",
    "string_key_1",
    "string_key_2",
)

Check = Callable[[Any, str, Problems], Any]
"""Checks one property and returns the value to store."""


@dataclass(frozen=True)
class Served:
    """A type and where its objects are found: the path below the prefix, and the variable in it."""

    plain: PlainType
    path: str


def scopes_of(word: str) -> Mapping[Method, frozenset[str]]:
    """What each method of a batch asks of its creator's token (11, 14.1)."""
    verbs = {Method.POST: "create", Method.PATCH: "update", Method.DELETE: "delete"}
    return {method: frozenset({f"{word}.manage", f"{word}.{verb}"}) for method, verb in verbs.items()}


def digits(pattern: re.Pattern[str], what: str) -> Check:
    """A property of digits, written as text or as a number, and kept as text (14.2)."""

    def check(value: Any, name: str, problems: Problems) -> str:
        text = str(value) if type(value) is int else value
        if not isinstance(text, str):
            problems.add(name, faults.TYPE, f"must be {what}, as text or as a number")
            return ""
        if not pattern.fullmatch(text):
            problems.add(name, faults.VALUE, f"must be {what}")
        return text

    return check


def short_text(value: Any, name: str, problems: Problems) -> str:
    """A property that is a name: neither empty nor longer than a line."""
    if not isinstance(value, str):
        problems.add(name, faults.TYPE, "must be a string")
        return ""
    if not 1 <= len(value) <= 255:
        problems.add(name, faults.VALUE, "must have 1 to 255 characters")
    return value


def keeping(properties: tuple[str, ...], natural: str, check: Check) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What looks at an object before it is stored. Invalid with every fault."""

    def keep(body: dict[str, Any]) -> dict[str, Any]:
        problems = Problems()
        kept = dict(body)
        if body.get(natural) is None:
            problems.add(natural, faults.REQUIRED, "this field is required")
        else:
            kept[natural] = check(body[natural], natural, problems)
        for name, kind, what in (("attributes", dict, "an object"), ("transformations", list, "an array")):
            if not isinstance(body.get(name), kind | None):
                problems.add(name, faults.TYPE, f"must be {what}")
        for name, value in body.items():
            if isinstance(value, str) and len(value) > TEXT_MAX:
                problems.add(faults.shortened(name), faults.VALUE, f"must be at most {TEXT_MAX} characters")
        faults.refuse_unknown(body, properties, problems)
        faults.refuse(problems)
        return kept

    return keep


DID = PlainType(
    name="phonenumber",
    sid="did_sid",
    natural="phonenumber",
    keep=keeping(DID_PROPERTIES, "phonenumber", digits(PHONENUMBER, "11 to 15 digits")),
    properties=DID_PROPERTIES,
    defaults={"status": "assigned", "attributes": {}, "transformations": []},
    read_only=frozenset({PARTNER}),
    scopes=scopes_of("phonenumber"),
    is_number=True,
)
NUMBER_PREFIX = PlainType(
    name="prefix",
    sid="prefix_sid",
    natural="prefix",
    keep=keeping(PREFIX_PROPERTIES, "prefix", digits(PREFIX, "1 to 15 digits")),
    properties=PREFIX_PROPERTIES,
    defaults={"attributes": {}},
    read_only=frozenset({PARTNER}),
    scopes=scopes_of("prefix"),
    is_number=True,
)
FILE = PlainType(
    name="file",
    sid="file_sid",
    natural="name",
    keep=keeping(FILE_PROPERTIES, "name", short_text),
    properties=FILE_PROPERTIES,
    defaults={"attributes": {}},
    read_only=frozenset({PARTNER}),
    scopes=scopes_of("file"),
    is_unique=False,
)

SERVED = (
    Served(DID, "/phonenumber/dids"),
    Served(NUMBER_PREFIX, "/phonenumber/prefixes"),
    Served(FILE, "/storage/files"),
)


def batch_type(plain: PlainType) -> ResourceType:
    """The resource type for batches, with the documents of this dialect."""

    def document(uow: UnitOfWork, resource: Resource) -> Body:
        body = {**shown(plain, resource), PARTNER: partner_sid(uow.home)}
        return {name: body[name] for name in sorted(body)}

    def select(conditions: Any) -> Select:
        return selecting(plain, conditions)

    return replace(resource_type(plain), show=document, select=select)


def selecting(plain: PlainType, conditions: Any) -> Select:
    """What a filter picks. Invalid with the place of its first fault."""
    if not isinstance(conditions, str) or not conditions.strip():
        fault = Problem("", "type", "must be text in the filter language")
        raise Invalid("invalid_body", f"select {fault.message}", (fault,))
    comparisons = parse_filter(conditions, tuple(sorted({*plain.properties, plain.sid})))

    def select(uow: UnitOfWork, after: int, limit: int) -> list[tuple[int, str]]:
        owner = {PARTNER: partner_sid(uow.home)}
        return select_resources(
            uow,
            plain,
            lambda body: all(each.holds(member({**body, **owner}, each.path)) for each in comparisons),
            after,
            limit,
        )

    return select


RESOURCE_TYPES: tuple[ResourceType, ...] = tuple(batch_type(served.plain) for served in SERVED)
