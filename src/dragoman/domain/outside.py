"""Outside collections: objects of another server that batches find, create, change and delete over HTTP.

One is configured in a table `[batch.type.NAME]`; `read` checks it once, at start.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from dragoman.domain.bulk import Method
from dragoman.domain.configured import Misconfigured, Secret, part

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
POINTER = re.compile(r"(/([^~/]|~[01])*)*")
OWN_HEADERS = frozenset(
    {"host", "connection", "content-length", "content-type", "transfer-encoding", "accept", "accept-encoding"}
    | {"if-match", "user-agent"}
)
RESERVED_SECRET = "key"  # noqa: S105 - the variable DRAGOMAN_SECRET_KEY holds the key of stored secrets
VERBS = {Method.POST: "create", Method.PATCH: "update", Method.DELETE: "delete"}
NO_SEGMENT = frozenset({"", ".", ".."})

Status = Annotated[int, Meta(ge=400, le=599)]
Done = Annotated[int, Meta(ge=200, le=299)]
Seconds = Annotated[float, Meta(gt=0, le=3600)]


class Find(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How objects are found by one key. `get` is a path with `{entry}`; its reply is the object, or holds an array of
    matches at the pointer `items`. `id` points to the id within an object: `/id` if it isn't given for an item."""

    get: str
    items: str | None = None
    id: str | None = None


class Apply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The request for one method of batches. `url` is a path, with `{id}` unless it creates an object."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    url: str


class Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A header whose value is a secret, named but not written in the file."""

    header: str
    secret: str


class Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which statuses are tried again, how often in all, and the pauses between."""

    on: tuple[Status, ...] = (408, 425, 429, 500, 502, 503, 504)
    tries: Annotated[int, Meta(ge=1, le=100)] = 5
    backoff_s: Seconds = 0.5
    max_s: Seconds = 30.0


class Http(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How requests are sent, and which replies are good ones."""

    auth: Auth | None = None
    ok: tuple[Done, ...] = (200, 201, 202, 204)
    gone_is_success: bool = True
    retry: Retry = Retry()
    rate_per_s: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 4
    timeout_s: Seconds = 30.0
    idempotency: str = "Idempotency-Key"
    if_match: bool = True
    version: Literal["etag", "none"] = "etag"
    allow: tuple[str, ...] = ()


class OutsideTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table of one type. `scope` is the word before the dot in the scopes that its entries need."""

    base: str
    natural_key: str
    find: dict[str, Find] = {}
    apply: dict[str, Apply] = {}
    http: Http = Http()
    undo: bool = False
    scope: str | None = None

    @property
    def methods(self) -> frozenset[Method]:
        """What batches may do with its objects."""
        return frozenset(map(Method, self.apply))

    @property
    def id_key(self) -> str | None:
        """The key whose entries are ids of objects; None if there is none."""
        return next((key for key, find in self.find.items() if find.items is None and find.id is None), None)


class OutsideType(msgspec.Struct, frozen=True):
    """A type as configured, with the secret that its requests carry."""

    name: str
    table: OutsideTable
    secret: Secret | None = None

    def scopes(self, method: Method) -> frozenset[str]:
        """The scopes of which the creator's token needs one."""
        scope = self.table.scope or self.name
        return frozenset({f"{scope}.{VERBS[method]}", f"{scope}.manage"})


def read(name: str, table: Any) -> OutsideTable:
    """The type that a table configures. Raises Misconfigured at the first fault."""
    if not NAME.fullmatch(name):
        raise Misconfigured("", "the name must be of letters, digits, _ and -, and begin with a letter")
    if not isinstance(table, dict):
        raise Misconfigured("", "must be a table")
    for member, kind in (("find", Find), ("apply", Apply)):
        _check_members(table, member, kind)  # first, since msgspec's message doesn't name a key of a table in between
    found = part(table, OutsideTable, "")
    _check_base(found.base)
    if not found.natural_key:
        raise Misconfigured("natural_key", "must not be empty")
    if found.scope is not None and not NAME.fullmatch(found.scope):
        raise Misconfigured("scope", f"must be a word of letters, digits, _ and -, not {found.scope!r}")
    for key, find in found.find.items():
        _check_find(f"find.{key}", key, find)
    _check_apply(found)
    _check_http(found.http)
    return found


def _check_members(table: Mapping[str, Any], name: str, kind: type[msgspec.Struct]) -> None:
    members = table.get(name, {})
    if not isinstance(members, dict):
        raise Misconfigured(name, "must be a table")
    for key, value in members.items():
        part(value, kind, f"{name}.{key}")


def _check_base(base: str) -> None:
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.username is not None:
        raise Misconfigured("base", "must have no login: secrets are not written here")
    is_base = parts.scheme in ("http", "https") and parts.hostname and port != 0 and base.isascii()
    if not is_base or not base.isprintable() or " " in base:
        raise Misconfigured("base", f"must be a URL such as https://tickets.example/api, not {base!r}")
    if parts.query or parts.fragment or base.endswith(("?", "#")):
        raise Misconfigured("base", "must have no query")


def _check_find(path: str, key: str, find: Find) -> None:
    if not key:
        raise Misconfigured(path, "must have a name")
    _check_template(f"{path}.get", find.get, "entry")
    for member, pointer in (("items", find.items), ("id", find.id)):
        if pointer is not None and not POINTER.fullmatch(pointer):
            raise Misconfigured(f"{path}.{member}", f"must be a JSON Pointer such as /results, not {pointer!r}")


def _check_apply(type_: OutsideTable) -> None:
    if not type_.apply:
        raise Misconfigured("apply", "needs at least one of POST, PATCH, DELETE")
    for name, apply in type_.apply.items():
        if name not in tuple(Method):
            raise Misconfigured(f"apply.{name}", "must be one of POST, PATCH, DELETE")
        _check_template(f"apply.{name}.url", apply.url, None if name == Method.POST else "id")
    if not type_.find and type_.methods - {Method.POST}:
        raise Misconfigured("find", "needs at least one key, by which PATCH and DELETE find objects")


def _check_template(path: str, template: str, variable: str | None) -> None:
    is_path = template.startswith("/") and template.isascii() and template.isprintable()
    if not is_path or set(template) & {" ", "#"}:
        raise Misconfigured(path, f"must be a path such as /tickets, not {template!r}")
    wanted = "" if variable is None else f"{{{variable}}}"
    rest = template.replace(wanted, "", 1)
    if wanted not in template or "{" in rest or "}" in rest:
        raise Misconfigured(path, f"must hold {wanted or 'no variable'}{' once' * bool(wanted)}, not {template!r}")


def _check_http(http: Http) -> None:
    if http.auth is not None:
        _check_header("http.auth.header", http.auth.header)
        if not SECRET_NAME.fullmatch(http.auth.secret):
            raise Misconfigured("http.auth.secret", "must be a name of letters, digits and _: the secret isn't written")
        if http.auth.secret.lower() == RESERVED_SECRET:
            raise Misconfigured("http.auth.secret", "can't be called key: that variable holds another key")
    _check_header("http.idempotency", http.idempotency)
    if http.auth is not None and http.auth.header.lower() == http.idempotency.lower():
        raise Misconfigured("http.idempotency", "must not be the header of http.auth")
    if not http.ok:
        raise Misconfigured("http.ok", "must name at least one status")
    if http.retry.max_s < http.retry.backoff_s:
        raise Misconfigured("http.retry.max_s", "must not be less than http.retry.backoff_s")
    for network in http.allow:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise Misconfigured("http.allow", f"must be networks such as 10.1.0.0/16, not {network!r}") from None


def _check_header(path: str, name: str) -> None:
    if not HEADER.fullmatch(name) or name.lower() in OWN_HEADERS:
        raise Misconfigured(path, f"must be the name of a header, not {name!r}")


def expanded(template: str, variable: str, value: str) -> str | None:
    """The template with the value percent-encoded (RFC 6570, level 1). None if the value can't be a part of a path."""
    path, _, _ = template.partition("?")
    if f"{{{variable}}}" in path and value in NO_SEGMENT:
        return None
    return template.replace(f"{{{variable}}}", quote(value, safe="-._~"))


def pointed(value: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) points to. Raises LookupError if there is nothing."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value[name]
        elif isinstance(value, list) and re.fullmatch("0|[1-9][0-9]{0,8}", name, re.ASCII):
            value = value[int(name)]
        else:
            raise LookupError(pointer)
    return value
