"""A dialect: a vendor's API, its prefixes, operations, errors and options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from dragoman.dialects.kit.credentials import Credential
from dragoman.dialects.kit.operation import NotOffered, OperationSpec
from dragoman.dialects.kit.reply import Reply
from dragoman.dialects.kit.request import Request
from dragoman.dialects.kit.showing import Calls, ContactIds, ListedAttributes, ShownTask
from dragoman.domain import origins
from dragoman.domain.aliases import PersonNames
from dragoman.domain.errors import Expected
from dragoman.domain.template import Template
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.tasks import query_tables


@dataclass(frozen=True)
class Option:
    """A switch of a dialect: `[dialects.NAME] option = …`."""

    name: str
    default: object
    summary: str
    choices: tuple[object, ...] = ()
    check: Callable[[Any], str | None] | None = None  # what is wrong with a value of the right type; None: nothing
    kind: Any = None  # its type, where the default doesn't tell: a tuple of Structs is a list of tables


def cors_origins(default: tuple[str, ...] = ()) -> Option:
    """The switch by which pages of other origins may read a dialect's replies."""
    summary = (
        "Origins whose pages may read the replies in a browser, such as https://desk.example.com; `*` is every one."
    )
    return Option("cors_origins", default, summary, check=origins.fault)


class Switches(msgspec.Struct, frozen=True):
    """What an operator may choose in a dialect, as fields with their defaults: those of the vendor's wire."""

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """From the settings, which checked names, types and choices."""
        return msgspec.convert(dict(values), cls)


@dataclass(frozen=True)
class Route:
    """A path as the router takes it: the part below the prefix, and the extension that was cut off."""

    path: str
    extension: str = ""
    query: str | None = None  # replaces the query string when the vendor's clients put it elsewhere


@dataclass(frozen=True)
class Dialect:
    """A vendor's API: its paths, operations, errors and options.

    `prefixes` ("/rest/bpm/htm/v1", no slash at the end) are tried longest first over all dialects; `""` means the
    bare paths of `bare_roots` ("/services"), last of all. `normalise` is given the path below the prefix, still
    percent-encoded. `find_credentials`, where given, replaces the usual reading of credentials from a request (see
    `kit/credentials.py`); it is called before the body is read and, for a form, again after that.

    `error` renders an expected error, `incident` a bug, with its id alone. What the HTTP layer itself raises:

    - `NotFound("unknown_path")`, also for a path that is no UTF-8 or holds NUL
    - `NotOffered("method_not_allowed", allow="GET, PUT")`, to be answered 405; the header Allow is added if missing
    - `NotOffered("not_offered", reason=...)` for a row of `not_offered`
    - `Invalid("unknown_action", parameter="action", value=..., known=(...))`; `value` is None when it was not sent
    - `Invalid("unsupported_encoding", encoding=...)`, a compressed body, to be answered 415
    - `TooLarge("body_too_large", limit=...)`
    - `Unauthenticated("credentials_missing" | "credentials_malformed" | "credentials_unknown")`
    - `Forbidden("scope_missing", scopes=(...))`, `Forbidden("dialect_denied")`, `Forbidden("cross_site")`
    - `TooMany("too_many_failures" | "logins_busy" | "rate_limited" | "too_many_in_flight")`
    """

    name: str
    title: str
    prefixes: tuple[str, ...]
    operations: tuple[OperationSpec, ...]
    error: Callable[[Expected, Request], Reply]
    incident: Callable[[str, Request], Reply]
    not_offered: tuple[NotOffered, ...] = ()
    bare_roots: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    normalise: Callable[[str], Route] | None = None
    documents_head: bool = False  # HEAD is answered like GET in every dialect; Allow lists it where this is set
    case_insensitive: bool = False  # paths; ids in them keep their case
    credentials_first: bool = False  # they are checked before an unknown path or method is reported
    tells_users: bool = False  # an unknown path or method is reported to a principal, whose credentials are tried first
    gzip: bool = False  # bodies may be gzipped; the decoded size is bounded like any other
    method_headers: tuple[str, ...] = ()  # a POST may name the method that it means here; its form joins the query
    find_credentials: Callable[[Request], Credential | None] | None = None
    preflight: Callable[[Request], Reply] | None = None  # answers OPTIONS, without credentials
    is_open: bool = False  # its operations need no credentials: the Host must be one of ours
    free_networks: tuple[str, ...] = ()  # addresses that need no credentials, while others do
    free_as: str = ""  # the login of the user that they act as; empty: anonymous
    configure: Callable[[Mapping[str, object]], "Dialect"] | None = None
    person_names: PersonNames | None = None  # what its clients call users; None: they are named by id or login alone
    resource_types: tuple[ResourceType, ...] = ()  # what batches may work on, thanks to this dialect
    reserved_names: frozenset[str] = frozenset()  # that extensions can't have: of fields shown beside them
    kept_categories: frozenset[int] = frozenset()  # that can't be deleted: shown for tasks that have none
    media: tuple[str, ...] = ("application/json",)  # of its answers, the usual one first
    own_paths: tuple[str, ...] = ()  # with all below them: open to users whom an administrator shuts out of the dialect
    key_name: str | None = None  # the cookie, parameter and form field that may hold a token, beside Bearer and Basic
    beside: Mapping[str, Callable[[Request], Reply]] = field(default_factory=dict)  # paths outside its prefixes: GET
    shown_task: ShownTask | None = None  # the operation that shows one task
    contact_ids: ContactIds | None = None  # of one contact; None: the dialect shows no contacts
    calls: Calls | None = None  # three to try
    listed: ListedAttributes | None = None  # attributes whose values the settings list
    check_query_table: query_tables.Check | None = None  # what is wrong with a query table that its clients ask for
    template_facts: Callable[[Template], dict[str, Any]] | None = None  # of its own, that tasks take from a template
