"""Every setting: name, type, default, description. Read once, frozen, passed to constructors.

Each of these overrides the one before: the default, the TOML file, DRAGOMAN_* variables, the command line. No other
module reads the environment. An unknown key or a wrong value is refused with its file or variable, never skipped.
"""

import base64
import difflib
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
import platformdirs
from msgspec import UNSET, Meta
from msgspec.structs import replace

from dragoman.domain import origins, outside, provider
from dragoman.domain.batch_policy import Rule
from dragoman.domain.configured import Misconfigured, Secret
from dragoman.domain.outside import OutsideType
from dragoman.domain.provider import Provider
from dragoman.domain.webhook_ladder import JITTER, RETRY_SECONDS
from dragoman.domain.webhook_url import PORTS

PREFIX = "DRAGOMAN_"
CONFIG = "DRAGOMAN_CONFIG"
# Kubernetes sets DRAGOMAN_SERVICE_* and DRAGOMAN_PORT* for a service of this name; tests have their own switches.
IGNORED = ("DRAGOMAN_TEST_", "DRAGOMAN_SERVICE_", "DRAGOMAN_PORT")
SECRET = "DRAGOMAN_SECRET_"  # noqa: S105 - the start of the variables that hold secrets
SECRET_KEY = "DRAGOMAN_SECRET_KEY"  # noqa: S105 - the variable's name
SECRET_KEY_BYTES = 32
KEY_SUMMARY = (
    "The key under which secrets of webhooks are stored, as base64 of 32 random bytes; in this variable only. Without "
    "it, a key is kept in a file beside an SQLite database, and with PostgreSQL there can be no webhooks."
)
OF_THE_CLIENT = ("DRAGOMAN_SERVER", "DRAGOMAN_TOKEN")  # of `dragoman batch`, which needs no other settings
# Headers that mean something else already can't name a user.
NOT_OF_PROXIES = frozenset({"authorization", "cookie", "host", "origin", "content-length", "content-type"})
USUAL_SERVER = "http://127.0.0.1:8080"
MIB = 1024 * 1024
PAGE = "docs/reference/settings.md"
LONGEST_SHOWN = 60
IS_SET = "set"
"""What is shown in place of a secret."""

Bytes = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class BadSettings(Exception):
    """A wrong setting; the message names the file or variable, the key and what it takes."""


class Option(Protocol):
    """A switch of a dialect, as `kit.Option` declares it."""

    @property
    def name(self) -> str: ...
    @property
    def default(self) -> object: ...
    @property
    def summary(self) -> str: ...
    @property
    def choices(self) -> tuple[object, ...]: ...
    @property
    def check(self) -> Callable[[Any], str | None] | None: ...
    @property
    def kind(self) -> Any: ...


class Described(msgspec.Struct, frozen=True):
    """One row of the reference page. `name` is the key in the file, with its table before a dot."""

    name: str
    variable: str
    type: str
    default: str
    summary: str


class Explained(msgspec.Struct, frozen=True):
    """A setting as it counts. `source`: `default`, `file`, `variable` or `option`."""

    name: str
    value: Any
    source: str


class Traces(msgspec.Struct, frozen=True):
    """Where spans are sent, and by which protocol; without exporters none are made."""

    exporters: tuple[str, ...] = ()
    protocol: str = "http/protobuf"


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens."""

    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port to listen on; 0 takes a free one.")] = 8080
    workers: Annotated[int, Meta(ge=1, le=256, description="How many processes serve the port.")] = 1
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="Further names (tasks.example.com) by which clients may call what needs no credentials, beside "
            "loopback, `server.host` and `server.public_url`."
        ),
    ] = ()
    public_url: Annotated[
        str, Meta(description="The base URL in links of replies; when empty, the one that the client called.")
    ] = ""
    metrics: Annotated[
        Literal["open", "token", "off"],
        Meta(
            description="Who may read `/metrics`: every client that reaches the port, users with the scope "
            "`metrics.read`, or no one."
        ),
    ] = "open"
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses and networks (10.0.0.0/24) of the proxies whose X-Forwarded-… and Forwarded headers "
            "give the client's address and host."
        ),
    ] = ()


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes and rates above which a request is refused."""

    target_bytes: Annotated[Bytes, Meta(description="Longest path and query of a request.")] = 8_000
    header_bytes: Annotated[Bytes, Meta(description="Most bytes in all headers of a request.")] = 16 * 1024
    header_count: Annotated[Count, Meta(description="Most headers in a request.")] = 100
    body_bytes: Annotated[Bytes, Meta(description="Largest body of a request.")] = MIB
    bulk_body_bytes: Annotated[
        Bytes,
        Meta(
            description="Largest body of a bulk request or a message; a form takes 8 MiB of it, without a batch's file."
        ),
    ] = 64 * MIB
    json_depth: Annotated[Count, Meta(description="Deepest nesting of JSON and XML.")] = 64
    json_members: Annotated[Count, Meta(description="Most members and elements in a JSON body.")] = 100_000
    bulk_json_members: Annotated[Count, Meta(description="Most members and elements in a bulk JSON body.")] = 250_000
    entries: Annotated[Count, Meta(description="Most entries of a batch sent as JSON.")] = 100_000
    upload_entries: Annotated[
        Count, Meta(description="Most entries of a batch uploaded, or made from a file, as CSV or NDJSON.")
    ] = 1_000_000
    in_hand: Annotated[
        Count, Meta(description="Most requests that a process works at; further ones wait, each tenant's in turn.")
    ] = 128
    queue: Annotated[Count, Meta(description="Maximum queued writes; further requests get 503.")] = 1_000
    free_bytes: Annotated[
        int,
        Meta(ge=0, description="Minimum free space on the disk of a SQLite database; with less, writes are refused."),
    ] = 64 * MIB
    login_failures: Annotated[
        Count, Meta(description="Failed logins of one user from one address before further ones get 429.")
    ] = 10
    rate: Annotated[bool, Meta(description="Whether requests per token are limited.")] = False
    rate_per_second: Annotated[
        float, Meta(gt=0, le=1_000_000, description="Requests a second of one token, when `limits.rate` is on.")
    ] = 50.0
    rate_burst: Annotated[Count, Meta(description="Requests that a token may send in a burst above the rate.")] = 100
    rate_changes: Annotated[Count, Meta(description="Maximum concurrent writes of one token.")] = 10


class Timeouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times after which the server gives up."""

    header_seconds: Annotated[
        Seconds, Meta(description="From the connection, or from the last reply, to the end of the headers.")
    ] = 10.0
    body_seconds: Annotated[
        Seconds,
        Meta(
            description="From the end of the headers to the end of the body; of an upload, from one byte to the next."
        ),
    ] = 30.0
    turn_seconds: Annotated[
        Seconds,
        Meta(description="How long a request waits while `limits.in_hand` others are in hand; then it gets 503."),
    ] = 5.0
    request_seconds: Annotated[
        Seconds,
        Meta(description="From the end of the headers to the reply; a write that has not begun by then is dropped."),
    ] = 30.0
    stop_seconds: Annotated[
        float, Meta(ge=2, le=86_400, description="From SIGTERM to the exit, requests in progress included.")
    ] = 10.0
    database_seconds: Annotated[Seconds, Meta(description="One statement, or the wait for a locked database.")] = 5.0
    token_cache_seconds: Annotated[float, Meta(ge=0, le=1, description="How long a token or account is cached.")] = 1.0
    password_cache_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="How long a verified password is cached.")
    ] = 60.0
    login_window_seconds: Annotated[Seconds, Meta(description="The period over which failed logins are counted.")] = (
        900.0
    )


class Jobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Background work."""

    at_once: Annotated[int, Meta(ge=1, le=32, description="Maximum jobs that a process runs at the same time.")] = 2
    lease_seconds: Annotated[
        float,
        Meta(
            ge=1,
            le=3600,
            description="How long a worker may hold a job without renewing its lease; it renews after a third of that.",
        ),
    ] = 30.0


class Sessions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Browsers that are signed in."""

    idle_hours: Annotated[
        float, Meta(gt=0, le=8_760, description="Hours without a request after which a session ends.")
    ] = 12.0
    days: Annotated[float, Meta(gt=0, le=366, description="Days after which a session ends in any case.")] = 7.0


class Passwords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Passwords of users. Those that they have are never checked again."""

    enabled: Annotated[
        bool, Meta(description="Whether users sign in by password; otherwise a provider or a proxy is needed.")
    ] = True
    least: Annotated[int, Meta(ge=1, le=256, description="Fewest characters of a new password; the most are 256.")] = 12
    check_common: Annotated[
        bool, Meta(description="Whether common passwords and simple patterns are refused as new ones.")
    ] = True
    link_seconds: Annotated[
        float, Meta(gt=0, le=604_800, description="How long a link to choose a password is valid, unless it says so.")
    ] = 3_600.0


class Tokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Credentials for programs."""

    longest_days: Annotated[
        int, Meta(ge=0, le=36_600, description="How long a new token is valid at most; 0 for no limit.")
    ] = 0
    login_most: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000,
            description="Most live tokens that a user has of logins; the next login revokes the one unused longest.",
        ),
    ] = 20
    seen_seconds: Annotated[
        float, Meta(ge=1, le=86_400, description="How often the last use of a token is stored at most.")
    ] = 300.0


class Secrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where secrets are found that have no variable."""

    folder: Annotated[
        str,
        Meta(
            description="The folder with a file for each secret, called as the secret, for those without a variable "
            "`DRAGOMAN_SECRET_<NAME in capitals>`."
        ),
    ] = ""


class Webhooks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events that are sent to receivers over HTTP."""

    who: Annotated[
        Literal["admins", "everybody"], Meta(description="Who may have webhooks, within the scopes of their tokens.")
    ] = "admins"
    retry_seconds: Annotated[
        tuple[Annotated[float, Meta(ge=0, le=604_800)], ...],
        Meta(description="The pauses between the attempts at a delivery; with n pauses there are n + 1 attempts."),
    ] = RETRY_SECONDS
    jitter: Annotated[
        float, Meta(ge=0, le=1, description="The part of a pause by which it is longer or shorter at random.")
    ] = JITTER
    connect_seconds: Annotated[
        Seconds, Meta(description="How long connecting to a receiver may take, TLS included.")
    ] = 5.0
    total_seconds: Annotated[
        Annotated[float, Meta(gt=0, le=300)],
        Meta(description="How long an attempt may take, from the look-up of the name to the end of the reply."),
    ] = 15.0
    disable_after_hours: Annotated[
        int, Meta(ge=1, le=8_760, description="Hours without any success after which a failing webhook is disabled.")
    ] = 120
    allow_http: Annotated[
        bool, Meta(description="Whether URLs may begin with http://; names and bodies are open then.")
    ] = False
    ports: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=65_535)], ...],
        Meta(description="The ports that URLs may name; when empty, any."),
    ] = PORTS
    allow_networks: Annotated[
        tuple[str, ...],
        Meta(description="Networks (10.1.0.0/16) that receivers may be in, though their addresses are not public."),
    ] = ()


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reviewed bulk work."""

    deciders: Annotated[
        Literal["reviewers", "everybody"],
        Meta(description="Who may decide batches: users with the right to, or everybody who holds the scope."),
    ] = "reviewers"
    token_grants: Annotated[
        bool, Meta(description="Whether tokens of the command line with `batch.update` give the right to decide.")
    ] = True
    review_days: Annotated[
        int, Meta(ge=1, le=366, description="How long a batch waits for its decision unless it says so itself.")
    ] = 30
    images_days: Annotated[
        int, Meta(ge=1, le=36_600, description="How long previews and before-images of an ended batch are kept.")
    ] = 30
    policy: Annotated[
        tuple[Rule, ...],
        Meta(description="What reviews need, by type, method and number of entries; in a variable, as a JSON array."),
    ] = ()


class Events(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The event log."""

    keep_days: Annotated[
        int, Meta(ge=1, le=3_650, description="How long events are kept; history is kept in any case.")
    ] = 30
    poll_seconds: Annotated[
        float,
        Meta(
            ge=0.05,
            le=60,
            description="How often the logs that somebody listens to are looked at for other nodes' events.",
        ),
    ] = 1.0
    notify: Annotated[
        bool,
        Meta(
            description="Whether processes hint to each other at new events by NOTIFY, on PostgreSQL; without it they "
            "hear of them by looking."
        ),
    ] = True
    heartbeat_seconds: Annotated[
        float, Meta(ge=0.1, le=300, description="After how much silence a stream of events sends a comment.")
    ] = 15.0
    streams_per_user: Annotated[
        int, Meta(ge=1, le=10_000, description="Largest number of streams of events of one user, in each process.")
    ] = 10
    streams: Annotated[
        int, Meta(ge=0, le=100_000, description="Largest number of streams of events in each process.")
    ] = 1_000
    stream_seconds: Annotated[
        float, Meta(ge=1, le=86_400, description="How long a stream of events lasts, give or take a tenth.")
    ] = 3_600.0


class Native(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The native API."""

    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Origins whose pages may read its replies in a browser, such as https://desk.example.com; `*` "
            "is every one."
        ),
    ] = ()


class ProxyLogin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signing in by a header of a trusted proxy."""

    header: Annotated[
        str, Meta(description="The header with the login of the user, such as X-Forwarded-User; when empty, none.")
    ] = ""
    networks: Annotated[
        tuple[str, ...],
        Meta(description="Addresses and networks of the proxies whose header counts; needed with a header."),
    ] = msgspec.field(default=(), name="from")
    provision: Annotated[
        Literal["off", "on"], Meta(description="Whether an unknown login becomes a user of the tenant.")
    ] = "off"
    name_header: Annotated[str, Meta(description="The header with the user's name; when empty, none.")] = ""
    email_header: Annotated[str, Meta(description="The header with the user's e-mail address; when empty, none.")] = ""
    groups_header: Annotated[
        str, Meta(description="The header with the names of the user's groups, by commas; when empty, none.")
    ] = ""
    api: Annotated[bool, Meta(description="Whether the header counts for the APIs, too, or for `/ui/` alone.")] = False
    sign_out_url: Annotated[str, Meta(description="Where signing out leads to, such as that of the proxy.")] = ""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one process."""

    database: Annotated[
        str, Meta(description="The database as a SQLAlchemy URL; when empty, `dragoman.db` in the user's data folder.")
    ] = ""
    tenant: Annotated[
        str, Meta(min_length=1, description="The tenant of commands, and of requests without credentials.")
    ] = "main"
    digests: Annotated[
        str,
        Meta(
            description="The folder for hourly digests of the history; when empty, `digests` beside a SQLite file, and "
            "none with PostgreSQL, which keeps them in a table only."
        ),
    ] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The lowest level that is logged.")
    ] = "info"
    server: Server = Server()
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    jobs: Jobs = Jobs()
    sessions: Sessions = Sessions()
    passwords: Passwords = Passwords()
    tokens: Tokens = Tokens()
    secrets: Secrets = Secrets()
    batch: Batch = Batch()
    events: Events = Events()
    webhooks: Webhooks = Webhooks()
    native: Native = Native()
    proxy_login: ProxyLogin = ProxyLogin()
    dialects: dict[str, dict[str, Any]] = {}
    providers: tuple[Provider, ...] = ()  # from the tables [oidc.NAME]
    outside: tuple[OutsideType, ...] = ()  # from the tables [batch.type.NAME]
    secret_key: Secret | None = None  # from its variable only
    sources: Mapping[str, str] = {}  # by name, of those that aren't at their defaults: `file`, `variable`, `option`

    @property
    def lets_sign_in(self) -> bool:
        """Whether there is a way to sign in: passwords, a provider or a proxy."""
        return self.passwords.enabled or bool(self.providers or self.proxy_login.header)

    def of_dialect(self, name: str) -> dict[str, Any]:
        """The table `[dialects.NAME]`, with the defaults that `load` filled in."""
        return self.dialects.get(name, {"enabled": True})


def load(
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
    dialects: Mapping[str, Sequence[Option]] | None = None,
    types: Collection[str] = (),
) -> Settings:
    """The settings of this process.

    `overrides` come from the command line, keyed as on the reference page ("server.port"); None counts as absent.
    `dialects` names every dialect with its switches, `types` the types of batches that outside types can't be called.
    Raises BadSettings for an unknown key or a wrong value.
    """
    environ = os.environ if environ is None else environ
    dialects = dialects or {}
    config = config or environ.get(CONFIG) or None
    tree = _read(Path(config)) if config else {}
    tables = _take_outside(tree, str(config))
    providers = _take_providers(tree, str(config))
    _check_shape(tree, dialects, str(config))
    sources = dict.fromkeys(_named_in(tree), "file")
    for name, text in environ.items():
        if name.startswith(PREFIX) and not _is_other(name):
            path = _path_of(name, dialects)
            _put(tree, path, _convert(text, _type_of(path, dialects), name, strict=False))
            sources[".".join(path)] = "variable"
    for key, value in (overrides or {}).items():
        if value is not None:
            path = tuple(key.split("."))
            _put(tree, path, _convert(value, _type_of(path, dialects), key, strict=True))
            sources[key] = "option"
    tree["dialects"] = {name: _dialect(name, tree, options) for name, options in dialects.items()}
    tree["database"] = tree.get("database") or _default_database()
    settings = msgspec.convert(tree, Settings)
    _check("server.trusted_proxies", origins.network_fault(settings.server.trusted_proxies))
    _check("native.cors_origins", origins.fault(settings.native.cors_origins))
    _check("webhooks.allow_networks", origins.network_fault(settings.webhooks.allow_networks))
    _check_public_url(settings.server.public_url)
    _check_proxy_login(settings.proxy_login)
    folder = settings.secrets.folder
    return replace(
        settings,
        outside=_outside(tables, types, environ, folder, str(config)),
        providers=_providers(providers, environ, folder, str(config)),
        secret_key=_secret_key(environ),
        sources=sources,
    )


def _named_in(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The names of the settings in the tables of a file."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _named_in(value, f"{above}{key}.")
        else:
            yield above + key


def _is_other(variable: str) -> bool:
    """Whether a variable with our prefix is no setting."""
    return variable == CONFIG or variable in OF_THE_CLIENT or variable.startswith((SECRET, *IGNORED))


def _check(setting: str, why: str | None) -> None:
    if why is not None:
        raise BadSettings(f"{setting}: {why}.")


def _check_public_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_base = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        is_base = False
    if url and not is_base:
        raise BadSettings(f"server.public_url: must be a base URL, such as https://tasks.example.com, not {url!r}.")


def _check_proxy_login(proxy: ProxyLogin) -> None:
    _check("proxy_login.from", origins.network_fault(proxy.networks))
    for member in ("header", "name_header", "email_header", "groups_header"):
        name = getattr(proxy, member)
        if name and (not outside.HEADER.fullmatch(name) or name.lower() in NOT_OF_PROXIES):
            raise BadSettings(f"proxy_login.{member}: must be the name of a header of the proxy's own, not {name!r}.")
    if proxy.header and not proxy.networks:
        raise BadSettings("proxy_login.from: is needed with proxy_login.header: the networks of the proxies.")


def _secret_key(environ: Mapping[str, str]) -> Secret | None:
    """The key of secrets in the database, if its variable is set. The message doesn't repeat it."""
    text = environ.get(SECRET_KEY, "").strip()
    if not text:
        return None
    try:
        is_key = len(base64.b64decode(text, validate=True)) == SECRET_KEY_BYTES
    except ValueError:
        is_key = False
    if not is_key:
        raise BadSettings(f"{SECRET_KEY}: must be the base64 of {SECRET_KEY_BYTES} random bytes. {KEY_SUMMARY}")
    return Secret(text)


# Providers of identities


def _take_providers(tree: dict[str, Any], file: str) -> dict[str, Any]:
    """Remove the tables [oidc.NAME] from the tree, and return them."""
    tables = tree.pop("oidc", {})
    if not isinstance(tables, dict):
        raise BadSettings(f"{file}: oidc: must be a table.")
    return tables


def _providers(tables: Mapping[str, Any], environ: Mapping[str, str], folder: str, file: str) -> tuple[Provider, ...]:
    found: dict[str, Provider] = {}
    for name, table in tables.items():
        try:
            secret = provider.secret_name(name).lower()
            if secret in found:
                raise Misconfigured("", f"its secret would be called as that of {found[secret].name}")
            found[secret] = _provider(name, table, environ, folder)
        except Misconfigured as error:
            raise BadSettings(f"{file}: {f'oidc.{name}.{error.path}'.rstrip('.')}: {error.why}.") from None
    return tuple(found.values())


def _provider(name: str, table: Any, environ: Mapping[str, str], folder: str) -> Provider:
    """The variable goes before the file, as for other settings."""
    found, secret = provider.read(name, table), provider.secret_name(name)
    kept = replace(found, client_secret="")  # it is shown with the table
    if found.client_secret and not environ.get(_secret_variable(secret)):
        return Provider(name, kept, Secret(found.client_secret))
    return Provider(name, kept, _secret(secret, environ, folder, "client_secret"))


# Outside types of batches


def _take_outside(tree: dict[str, Any], file: str) -> dict[str, Any]:
    """Remove the tables [batch.type.NAME] from the tree, and return them."""
    batch = tree.get("batch")
    tables = batch.pop("type", {}) if isinstance(batch, dict) else {}
    if not isinstance(tables, dict):
        raise BadSettings(f"{file}: batch.type: must be a table.")
    if batch == {}:
        del tree["batch"]
    return tables


def _outside(
    tables: Mapping[str, Any], taken: Collection[str], environ: Mapping[str, str], folder: str, file: str
) -> tuple[OutsideType, ...]:
    types = []
    for name, table in tables.items():
        try:
            types.append(_outside_type(name, table, taken, environ, folder))
        except Misconfigured as error:
            place = f"batch.type.{name}.{error.path}".rstrip(".")
            raise BadSettings(f"{file}: {place}: {error.why}.") from None
    return tuple(types)


def _outside_type(
    name: str, table: Any, taken: Collection[str], environ: Mapping[str, str], folder: str
) -> OutsideType:
    if name in taken:
        raise Misconfigured("", "the name is taken by a type of the server")
    found = outside.read(name, table)
    if found.http.auth is None:
        return OutsideType(name, found)
    return OutsideType(name, found, _secret(found.http.auth.secret, environ, folder, "http.auth.secret"))


def _secret_variable(name: str) -> str:
    return f"{SECRET}{name.upper()}"


def _secret(name: str, environ: Mapping[str, str], folder: str, member: str) -> Secret:
    """The secret of this name; `member` is what needs it. Misconfigured if it is missing or can't be in a header."""
    variable = _secret_variable(name)
    value = environ.get(variable) or _secret_in(folder, name, member)
    if not value:
        where = f"{variable} is not set" + (f", and there is no file {Path(folder) / name}" if folder else "")
        raise Misconfigured(member, f"the secret {name} is missing: {where}")
    if not value.isascii() or not value.isprintable():
        raise Misconfigured(member, f"the secret {name} can't be a header: it must be printable ASCII")
    return Secret(value)


def _secret_in(folder: str, name: str, member: str) -> str:
    """The content of a secret's file without the line end; empty if there is none."""
    file = Path(folder) / name
    if not folder or not file.is_file():
        return ""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Misconfigured(member, f"the file {file} can't be read: {reason}") from None


def describe(dialects: Mapping[str, Sequence[Option]] | None = None) -> list[Described]:
    """Every setting, for the generated reference page."""
    rows = [_described(path, kind, default) for path, kind, default in _fields(Settings)]
    rows.append(Described("secret_key", SECRET_KEY, "text", "", KEY_SUMMARY))
    for name, options in (dialects or {}).items():
        rows.append(_described_option(name, "enabled", "true or false", True, "Whether this dialect is served."))
        rows.extend(
            _described_option(name, option.name, _words_for(option), option.default, option.summary)
            for option in options
        )
    return rows


def explain(
    settings: Settings,
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
    dialects: Mapping[str, Sequence[Option]] | None = None,
) -> list[Explained]:
    """Each setting with its value and where that comes from; `load` gave the settings for the same arguments.

    No secret is shown: only that it is set.
    """
    environ = os.environ if environ is None else environ
    config = config or environ.get(CONFIG) or None
    tree = _read(Path(config)) if config else {}
    paths = [path for path, _, _ in _fields(Settings)]
    for name, options in (dialects or {}).items():
        paths += [("dialects", name, key) for key in ("enabled", *(option.name for option in options))]
    shown = [_explained(settings, path, tree, environ, overrides or {}) for path in paths]
    return [*shown, *_beside(settings)]


def as_loaded(settings: Settings) -> list[Explained]:
    """Each setting with its value and where that came from when it was loaded. No secret is shown: only that it is
    set."""
    values = msgspec.to_builtins(settings)
    paths = [path for path, _, _ in _fields(Settings)]
    paths += [("dialects", name, key) for name, options in settings.dialects.items() for key in options]
    shown = []
    for path in paths:
        name, value = ".".join(path), _within(values, path, None)
        value = _without_password(value) if name == "database" else value
        shown.append(Explained(name, value, settings.sources.get(name, "default")))
    return [*shown, *_beside(settings)]


def _beside(settings: Settings) -> list[Explained]:
    """The key of secrets, and the tables whose names are free."""
    shown = []
    key = settings.secret_key
    shown.append(Explained("secret_key", IS_SET if key else None, "variable" if key else "default"))
    for each in settings.providers:
        table = msgspec.to_builtins(each.table) | {"client_secret": IS_SET}
        shown += [Explained(f"oidc.{each.name}.{member}", value, "file") for member, value in table.items()]
    for type_ in settings.outside:
        table = msgspec.to_builtins(type_.table)
        shown += [Explained(f"batch.type.{type_.name}.{member}", value, "file") for member, value in table.items()]
    return shown


def _explained(
    settings: Settings,
    path: tuple[str, ...],
    tree: Mapping[str, Any],
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
) -> Explained:
    name = ".".join(path)
    if overrides.get(name) is not None:
        source = "option"
    elif _variable(path) in environ:
        source = "variable"
    else:
        source = "default" if _within(tree, path, UNSET) is UNSET else "file"
    value = _within(msgspec.to_builtins(settings), path, None)
    return Explained(name, _without_password(value) if name == "database" else value, source)


def _within(tree: Any, path: tuple[str, ...], default: object) -> Any:
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return default
        tree = tree[key]
    return tree


def _without_password(url: str) -> str:
    """A database's URL; a password in it is only told to be there."""
    return re.sub(r"^(?P<before>[^:/]+://[^:@/]*):[^@/]*@", rf"\g<before>:{IS_SET}@", url)


# The tree of settings, as types


def _fields(struct: type[msgspec.Struct], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, object]]:
    """(path, type with its Meta, default) of each setting below a Struct, tables walked in their order."""
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        kind = hints[field.name]
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _fields(kind, (*above, field.name))
        elif field.name not in ("dialects", "providers", "outside", "secret_key", "sources"):
            yield (*above, field.encode_name), kind, field.default


KINDS: dict[tuple[str, ...], Any] = {path: kind for path, kind, _ in _fields(Settings)}


def _path_of(variable: str, dialects: Mapping[str, Sequence[Option]]) -> tuple[str, ...]:
    known = {_variable(path): path for path in KINDS}
    for name, options in dialects.items():
        for key in ("enabled", *(option.name for option in options)):
            known[_variable(("dialects", name, key))] = ("dialects", name, key)
    if variable not in known:
        raise BadSettings(_unknown(variable, known))
    return known[variable]


def _unknown(name: str, known: Iterable[str]) -> str:
    similar = difflib.get_close_matches(name, known, n=3)
    return f"{name} is not a setting. " + (f"Similar: {', '.join(similar)}." if similar else f"All settings: {PAGE}.")


def _type_of(path: tuple[str, ...], dialects: Mapping[str, Sequence[Option]]) -> Any:
    if path in KINDS:
        return KINDS[path]
    if len(path) == 3 and path[0] == "dialects":
        if path[2] == "enabled":
            return bool
        for option in dialects.get(path[1], ()):
            if option.name == path[2]:
                return _option_type(option)
    known = [".".join(each) for each in KINDS]
    for name, options in dialects.items():
        known += [f"dialects.{name}.{key}" for key in ("enabled", *(option.name for option in options))]
    raise BadSettings(_unknown(".".join(path), known))


def _option_type(option: Option) -> Any:
    if option.kind is not None:
        return option.kind
    if option.choices:
        return Literal[option.choices]
    return tuple[str, ...] if isinstance(option.default, tuple) else type(option.default)


# Reading


def traces(environ: Mapping[str, str] | None = None) -> Traces:
    """The OTEL_… variables. Traces are sent when an exporter or an endpoint is named."""
    environ = os.environ if environ is None else environ
    names = tuple(name.strip() for name in environ.get("OTEL_TRACES_EXPORTER", "").split(",") if name.strip())
    if not names and any(environ.get(f"OTEL_EXPORTER_OTLP_{which}ENDPOINT") for which in ("TRACES_", "")):
        names = ("otlp",)
    if "none" in names or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        names = ()
    protocols = (environ.get(f"OTEL_EXPORTER_OTLP_{which}PROTOCOL") for which in ("TRACES_", ""))
    return Traces(names, next(filter(None, protocols), Traces().protocol))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise BadSettings(f"{path} is not valid TOML: {error}.") from error


def _check_shape(tree: dict[str, Any], dialects: Mapping[str, Sequence[Option]], file: str) -> None:
    """Check the file key by key, so that the message can name the key."""
    for path, value in _leaves(tree, dialects):
        try:
            kind = _type_of(path, dialects)
        except BadSettings as error:
            raise BadSettings(f"{file}: {error}") from None
        _put(tree, path, _convert(value, kind, f"{file}: {'.'.join(path)}", strict=True))


def _leaves(
    tree: Mapping[str, Any], dialects: Mapping[str, object], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    tables = {path[:1] for path in KINDS if len(path) > 1} | {("dialects",)} | {("dialects", n) for n in dialects}
    for key, value in list(tree.items()):
        path = (*above, key)
        if path in tables and isinstance(value, dict):
            yield from _leaves(value, dialects, path)
        else:
            yield path, value


def _convert(value: object, kind: Any, place: str, *, strict: bool) -> object:
    """`value` as the setting's type. In a variable, "on", "7" and "a,b" are a boolean, a number and a list."""
    if not strict and isinstance(value, str):
        value = _from_text(value, kind)
    if isinstance(value, list) and (table := _table(kind)) is not None:
        return [_convert_table(each, table, f"{place}[{index}]") for index, each in enumerate(value)]
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError:
        raise BadSettings(_refusal(place, value, kind)) from None


def _convert_table(value: object, table: type[msgspec.Struct], place: str) -> object:
    """One table of a list of tables, checked key by key."""
    if not isinstance(value, dict):
        raise BadSettings(f"{place}: must be a table, not {value!r}.")
    kinds = {path[0]: kind for path, kind, _ in _fields(table)}
    for key, member in value.items():
        if key not in kinds:
            raise BadSettings(f"{place}: {_unknown(key, kinds)}")
        _convert(member, kinds[key], f"{place}.{key}", strict=True)
    return value


def _refusal(place: str, value: object, kind: Any) -> str:
    """What the setting takes, what it got, and what it is for."""
    description = next((meta.description for meta in reversed(_metas(kind)) if meta.description), "")
    given = repr(value) if len(repr(value)) <= LONGEST_SHOWN else f"{repr(value)[:LONGEST_SHOWN]}…"
    return f"{place}: must be {_allowed(kind)}, not {given}. {description}".rstrip()


def _from_text(text: str, kind: Any) -> object:
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if bare is bool:
        return {"on": True, "yes": True, "off": False, "no": False}.get(text.lower(), text.lower())
    if _table(kind) is not None:
        return _from_json(text)
    if get_origin(bare) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if get_origin(bare) is Literal:  # the choice with this spelling, of whatever type
        return next((choice for choice in get_args(bare) if _written(choice) == text), text)
    return text


def _from_json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _put(tree: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _dialect(name: str, tree: Mapping[str, Any], options: Sequence[Option]) -> dict[str, object]:
    defaults = {"enabled": True, **{option.name: option.default for option in options}}
    given: dict[str, object] = tree.get("dialects", {}).get(name, {})
    for option in options:
        if option.check is not None and option.name in given:
            _check(f"dialects.{name}.{option.name}", option.check(given[option.name]))
    return defaults | given


def data_folder() -> Path:
    """The user's folder for data of Dragoman."""
    return platformdirs.user_data_path("dragoman", appauthor=False)


def _default_database() -> str:
    return f"sqlite:///{data_folder() / 'dragoman.db'}"


# Describing

LISTED = {str: "text", int: "whole numbers", float: "numbers"}


def _variable(path: tuple[str, ...]) -> str:
    return PREFIX + "_".join(path).upper()


def _described(path: tuple[str, ...], kind: Any, default: object) -> Described:
    summary = next((meta.description for meta in reversed(_metas(kind)) if meta.description), "")
    return Described(".".join(path), _variable(path), _type_words(kind), _written(default), summary)


def _metas(kind: Any) -> list[Meta]:
    return [meta for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, Meta)]


def _described_option(dialect: str, key: str, kind: str, default: object, summary: str) -> Described:
    path = ("dialects", dialect, key)
    return Described(".".join(path), _variable(path), kind, _written(default), summary)


def _words_for(option: Option) -> str:
    return _type_words(_option_type(option))


def _type_words(kind: Any) -> str:
    """The type with its range, for the reference page: `whole number from 0 to 65535`."""
    bare, words = _bare(kind), _range_words(_metas(kind))
    if get_origin(bare) is Literal:
        return ", ".join(dict.fromkeys(_written(choice) for choice in get_args(bare)))
    if _table(kind) is not None:
        return "list of tables"
    if get_origin(bare) is tuple:
        item = _bare(get_args(bare)[0])
        return f"list of {_type_words(item) if get_origin(item) is Literal else LISTED[item]}"
    return f"{ ({bool: 'true or false', int: 'whole number', float: 'number', str: 'text'}[bare]) } {words}".rstrip()


def _allowed(kind: Any) -> str:
    """What the setting takes, as the end of a sentence."""
    bare, words = _bare(kind), _type_words(kind)
    if get_origin(bare) is Literal:
        return f"one of {words}"
    if _table(kind) is not None:
        return "a list of tables (in a variable: a JSON array)"
    if get_origin(bare) is tuple:
        return f"a {words} (in a variable: separated by commas)"
    return words if bare in (bool, str) else f"a {words}"


def _bare(kind: Any) -> Any:
    while get_origin(kind) is Annotated or _is_optional(kind):
        kind = get_args(kind)[0]
    return kind


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and get_args(kind)[1:] == (type(None),)


def _table(kind: Any) -> type[msgspec.Struct] | None:
    """What each item of a list of tables has; None for other types."""
    bare = _bare(kind)
    item = get_args(bare)[0] if get_origin(bare) is tuple else None
    return item if isinstance(item, type) and issubclass(item, msgspec.Struct) else None


def _range_words(metas: Sequence[Meta]) -> str:
    names = ("ge", "gt", "le", "min_length")
    bounds = {name: value for meta in metas for name in names if (value := getattr(meta, name)) is not None}
    if "ge" in bounds and "le" in bounds:
        return f"from {bounds['ge']} to {bounds['le']}"
    if "gt" in bounds and "le" in bounds:
        return f"above {bounds['gt']}, up to {bounds['le']}"
    if "ge" in bounds:
        return f"of at least {bounds['ge']}"
    return "that is not empty" if "min_length" in bounds else ""


def _written(value: object) -> str:
    """A value as it is written in a variable."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def of_the_client(environ: Mapping[str, str] | None = None) -> tuple[str, str | None]:
    """The server that commands address where none is named, and the token for it."""
    server, token = ((os.environ if environ is None else environ).get(name) or None for name in OF_THE_CLIENT)
    return server or USUAL_SERVER, token
