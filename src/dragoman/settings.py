"""Every setting: name, type, default, one sentence. Read once, frozen, handed to constructors.

What counts, from weak to strong: the default, the TOML file, DRAGOMAN_* variables, the command line. Nobody else
reads the environment. An unknown key or a wrong type is refused with its place named, never skipped.
"""

import ipaddress
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, get_args, get_origin, get_type_hints

import msgspec
import platformdirs
from msgspec import Meta

PREFIX = "DRAGOMAN_"
CONFIG = "DRAGOMAN_CONFIG"
# Kubernetes sets DRAGOMAN_SERVICE_* and DRAGOMAN_PORT* for a service of our name; tests have switches of their own.
NOT_OURS = ("DRAGOMAN_TEST_", "DRAGOMAN_SERVICE_", "DRAGOMAN_PORT")
MIB = 1024 * 1024

Bytes = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class BadSettings(Exception):
    """A setting that can't be taken; the message names the file or variable and the key."""


class Option(Protocol):
    """A switch of a dialect, as `_kit.Option` declares it."""

    @property
    def name(self) -> str: ...
    @property
    def default(self) -> object: ...
    @property
    def summary(self) -> str: ...
    @property
    def choices(self) -> tuple[object, ...]: ...


class Described(msgspec.Struct, frozen=True):
    """One row of the reference page. `name` is the key in the file, with its table before a dot."""

    name: str
    variable: str
    type: str
    default: str
    summary: str


class Traces(msgspec.Struct, frozen=True):
    """What the variables of OpenTelemetry ask for: where spans go, by which protocol. Without exporters: nothing."""

    exporters: tuple[str, ...] = ()
    protocol: str = "http/protobuf"


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens."""

    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port to listen on; 0 takes a free one.")] = 8080
    workers: Annotated[
        int, Meta(ge=1, le=256, description="How many processes serve the port; more than 1 needs PostgreSQL.")
    ] = 1
    public_url: Annotated[
        str, Meta(description="The address in links of answers; empty takes the one that the client called.")
    ] = ""
    metrics: Annotated[
        Literal["open", "token", "off"],
        Meta(
            description="Who may read `/metrics`: whoever reaches the port, who has a token with the scope "
            "`metrics.read` (or a password), or nobody."
        ),
    ] = "open"
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses and networks (10.0.0.0/24) of proxies whose X-Forwarded-… and Forwarded tell the "
            "client's address and host."
        ),
    ] = ()


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is too much."""

    target_bytes: Annotated[Bytes, Meta(description="Longest path and query of a request.")] = 8_000
    header_bytes: Annotated[Bytes, Meta(description="Most bytes in all headers of a request.")] = 16 * 1024
    header_count: Annotated[Count, Meta(description="Most headers in a request.")] = 100
    body_bytes: Annotated[Bytes, Meta(description="Largest body of a request.")] = MIB
    bulk_body_bytes: Annotated[Bytes, Meta(description="Largest body of a bulk request or a message.")] = 64 * MIB
    json_depth: Annotated[Count, Meta(description="Deepest nesting of JSON and XML.")] = 64
    json_members: Annotated[Count, Meta(description="Most members and elements in a JSON body.")] = 100_000
    bulk_json_members: Annotated[Count, Meta(description="Most members and elements in a bulk JSON body.")] = 250_000
    entries: Annotated[Count, Meta(description="Most entries of a batch sent as JSON.")] = 100_000
    queue: Annotated[Count, Meta(description="Most commands that wait for a lane; one more is told to come back.")] = (
        1_000
    )
    free_bytes: Annotated[
        int, Meta(ge=0, description="Least room on the disk of a SQLite database; with less, changes are refused.")
    ] = 64 * MIB
    login_failures: Annotated[
        Count, Meta(description="Failed logins of one account from one address before it must wait.")
    ] = 10
    rate: Annotated[bool, Meta(description="Whether requests per token are limited.")] = False
    rate_per_second: Annotated[
        float, Meta(gt=0, description="Requests a second of one token, when `limits.rate` is on.")
    ] = 50.0
    rate_burst: Annotated[Count, Meta(description="Requests that a token may send at once before the rate counts.")] = (
        100
    )
    rate_changes: Annotated[Count, Meta(description="Changing requests of one token in flight at the same time.")] = 10


class Timeouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long is too long."""

    header_seconds: Annotated[
        Seconds, Meta(description="From connecting, or from the last answer, to the end of the headers.")
    ] = 10.0
    body_seconds: Annotated[Seconds, Meta(description="From the end of the headers to the end of the body.")] = 30.0
    request_seconds: Annotated[
        Seconds, Meta(description="From the end of the headers to the answer; a change not begun by then is dropped.")
    ] = 30.0
    stop_seconds: Annotated[float, Meta(ge=2, description="From SIGTERM to the end, requests in hand included.")] = 10.0
    database_seconds: Annotated[
        Seconds, Meta(description="One statement, or the wait for the database to be free.")
    ] = 5.0
    token_cache_seconds: Annotated[
        float, Meta(ge=0, le=1, description="How long a look-up of a token or account is believed.")
    ] = 1.0
    password_cache_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="How long a verified password isn't computed again.")
    ] = 60.0
    login_window_seconds: Annotated[Seconds, Meta(description="The time over which failed logins are counted.")] = 900.0


class Jobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How background work is done."""

    at_once: Annotated[
        int, Meta(ge=1, le=32, description="How many jobs a process works on at the same time; others wait.")
    ] = 2
    lease_seconds: Annotated[
        float,
        Meta(
            ge=1,
            le=3600,
            description="How long a worker that says nothing more keeps its job; it speaks up each third of that.",
        ),
    ] = 30.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one process."""

    database: Annotated[
        str, Meta(description="The database as a SQLAlchemy URL; empty is `dragoman.db` in the user's data folder.")
    ] = ""
    tenant: Annotated[
        str, Meta(min_length=1, description="The tenant of commands, and of requests without credentials.")
    ] = "main"
    digests: Annotated[
        str,
        Meta(
            description="The folder for hourly digests of the history; empty is `digests` beside a SQLite file, and "
            "none with PostgreSQL, which keeps them in a table alone."
        ),
    ] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least level that is logged.")
    ] = "info"
    server: Server = Server()
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    jobs: Jobs = Jobs()
    dialects: dict[str, dict[str, Any]] = {}

    def of_dialect(self, name: str) -> dict[str, Any]:
        """What the table `[dialects.NAME]` says, with the defaults that `load` filled in."""
        return self.dialects.get(name, {"enabled": True})


def load(
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
    dialects: Mapping[str, Sequence[Option]] | None = None,
) -> Settings:
    """The settings of this process.

    `overrides` come from the command line, keyed like the reference page ("server.port"); None among them counts as
    absent. `dialects` names every dialect there is, with its switches; without `environ` it is the process's own.
    BadSettings for anything that isn't understood.
    """
    environ = os.environ if environ is None else environ
    dialects = dialects or {}
    config = config or environ.get(CONFIG) or None
    tree = _read(Path(config)) if config else {}
    _check_shape(tree, dialects, str(config))
    for name, text in environ.items():
        if name.startswith(PREFIX) and name != CONFIG and not name.startswith(NOT_OURS):
            path = _path_of(name, dialects)
            _put(tree, path, _convert(text, _type_of(path, dialects), name, strict=False))
    for key, value in (overrides or {}).items():
        if value is not None:
            path = tuple(key.split("."))
            _put(tree, path, _convert(value, _type_of(path, dialects), key, strict=True))
    tree["dialects"] = {name: _dialect(name, tree, options) for name, options in dialects.items()}
    tree["database"] = tree.get("database") or _default_database()
    settings = msgspec.convert(tree, Settings)
    _check_networks(settings.server.trusted_proxies)
    return settings


def _check_networks(networks: Sequence[str]) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise BadSettings(f"server.trusted_proxies: {error}.") from None


def describe(dialects: Mapping[str, Sequence[Option]] | None = None) -> list[Described]:
    """Every setting there is, for the generated reference page."""
    rows = [_described(path, kind, default) for path, kind, default in _fields(Settings)]
    for name, options in (dialects or {}).items():
        rows.append(_described_option(name, "enabled", "true or false", True, "Whether this dialect is served."))
        rows.extend(
            _described_option(name, option.name, _words_for(option), option.default, option.summary)
            for option in options
        )
    return rows


# The tree of settings, as types


def _fields(struct: type[msgspec.Struct], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, object]]:
    """(path, type with its Meta, default) of each setting below a Struct, tables walked in their order."""
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        kind = hints[field.name]
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _fields(kind, (*above, field.name))
        elif field.name != "dialects":
            yield (*above, field.name), kind, field.default


KINDS: dict[tuple[str, ...], Any] = {path: kind for path, kind, _ in _fields(Settings)}


def _path_of(variable: str, dialects: Mapping[str, Sequence[Option]]) -> tuple[str, ...]:
    known = {_variable(path): path for path in KINDS}
    for name, options in dialects.items():
        for key in ("enabled", *(option.name for option in options)):
            known[_variable(("dialects", name, key))] = ("dialects", name, key)
    if variable not in known:
        raise BadSettings(f"{variable} is no setting. Known are {', '.join(sorted(known))}.")
    return known[variable]


def _type_of(path: tuple[str, ...], dialects: Mapping[str, Sequence[Option]]) -> Any:
    if path in KINDS:
        return KINDS[path]
    if len(path) == 3 and path[0] == "dialects":
        if path[2] == "enabled":
            return bool
        for option in dialects.get(path[1], ()):
            if option.name == path[2]:
                return _option_type(option)
    raise BadSettings(f"{'.'.join(path)} is no setting.")


def _option_type(option: Option) -> Any:
    return Literal[option.choices] if option.choices else type(option.default)


# Reading


def traces(environ: Mapping[str, str] | None = None) -> Traces:
    """What the usual variables say (OTEL_…). Traces are made when an exporter or an endpoint for them is named."""
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
        raise BadSettings(f"{path} is no TOML: {error}.") from error


def _check_shape(tree: dict[str, Any], dialects: Mapping[str, Sequence[Option]], file: str) -> None:
    """Refuse what the file shouldn't hold, key by key, so that the message can name it."""
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
    """`value` as the setting's type. From a variable, "on", "7" and "a,b" are read as what they stand for."""
    if not strict and isinstance(value, str):
        value = _from_text(value, kind)
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise BadSettings(f"{place}: {str(error).removesuffix('.')}.") from None


def _from_text(text: str, kind: Any) -> object:
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if bare is bool:
        return {"on": True, "yes": True, "off": False, "no": False}.get(text.lower(), text.lower())
    if get_origin(bare) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if get_origin(bare) is Literal:  # the choice that is written so, whatever its type
        return next((choice for choice in get_args(bare) if _written(choice) == text), text)
    return text


def _put(tree: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _dialect(name: str, tree: Mapping[str, Any], options: Sequence[Option]) -> dict[str, object]:
    defaults = {"enabled": True, **{option.name: option.default for option in options}}
    given: dict[str, object] = tree.get("dialects", {}).get(name, {})
    return defaults | given


def _default_database() -> str:
    folder = platformdirs.user_data_path("dragoman", appauthor=False)
    return f"sqlite:///{folder / 'dragoman.db'}"


# Describing


def _variable(path: tuple[str, ...]) -> str:
    return PREFIX + "_".join(path).upper()


def _described(path: tuple[str, ...], kind: Any, default: object) -> Described:
    metas = [meta for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, Meta)]
    summary = next((meta.description for meta in reversed(metas) if meta.description), "")
    return Described(".".join(path), _variable(path), _type_words(kind), _written(default), summary)


def _described_option(dialect: str, key: str, kind: str, default: object, summary: str) -> Described:
    path = ("dialects", dialect, key)
    return Described(".".join(path), _variable(path), kind, _written(default), summary)


def _words_for(option: Option) -> str:
    return _type_words(_option_type(option))


def _type_words(kind: Any) -> str:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return ", ".join(dict.fromkeys(_written(choice) for choice in get_args(kind)))
    if get_origin(kind) is tuple:
        return "list of text"
    return {bool: "true or false", int: "whole number", float: "number", str: "text"}[kind]


def _written(value: object) -> str:
    """A value as one writes it in a variable."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)
