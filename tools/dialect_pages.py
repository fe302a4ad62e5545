"""The page of each dialect, generated from the code: operations, what is not offered and why, switches, errors.

`make docs` adds the page of a new dialect; a page whose dialect is gone is reported as stale.
"""

import json
from collections.abc import Mapping
from typing import Any

from dragoman.dialects import discover
from dragoman.dialects.kit import ANY_CREDENTIALS, OTHERS, PUBLIC, Dialect, NotOffered, OperationSpec, Request
from dragoman.domain import bulk
from dragoman.domain.clock import Moment
from dragoman.http.endpoints.documents import NATIVE
from tools.reference import CODE, KINDS, Raised, code, raised, table

FOLDER = "docs/reference/dialects"
HEAD = """\
# {title}

This page is generated from the code (`make docs`). Paths are below {prefixes}.
A server describes them as OpenAPI in `{document}`. Quirks that are kept, and where Dragoman differs and why:
[README of the dialect](../../../src/dragoman/dialects/{name}/README.md).
"""
ERRORS = "## Errors\n\nWhat each [kind of error](../errors.md) looks like here.\n"
TEXT = "What is the case."
VENDOR_CODES = ("errorNumber", "exception", "code", "type")
"""The members that hold a code in the errors of any dialect."""
INCIDENT = "019a2b3c"
CORE = ("domain", "usecases", "store", "runtime", "jobs", "http", "dialects/kit")


def overview() -> str:
    """Every dialect: its paths, the number of its operations, its page."""
    rows = [
        (
            f"[{dialect.title}](dialects/{dialect.name}.md)",
            _prefixes(dialect),
            str(len(dialect.operations)),
            str(len(dialect.not_offered)),
        )
        for dialect in discover()
    ]
    return table(("dialect", "paths", "operations offered", "not offered"), rows)


def statuses() -> str:
    """The status of each kind of error in each dialect."""
    dialects = discover()
    rows = [
        (code(kind), *(str(_reply(dialect, Raised("sample", kind, TEXT))[0]) for dialect in dialects)) for kind in KINDS
    ]
    return table(("kind", *(dialect.title for dialect in dialects)), rows)


def core_codes() -> str:
    """Each code that the core raises, with its status and code in each dialect."""
    dialects = discover()
    files = [file for folder in CORE for file in (CODE / folder).rglob("*.py")]
    found = sorted({(error.code, error.kind) for error in raised(*files)})
    rows = [(code(name), *(_answer(dialect, Raised(name, kind, TEXT)) for dialect in dialects)) for name, kind in found]
    return table(("code", *(dialect.title for dialect in dialects)), rows)


def _answer(dialect: Dialect, error: Raised) -> str:
    status, body = _reply(dialect, error)
    vendor = _vendor_code(json.loads(body)) if body.startswith("{") else None
    return f"{status} {code(vendor)}" if vendor else str(status)


def _vendor_code(body: dict[str, Any]) -> str | None:
    """The word or number that clients of the vendor check; the CRM has only the type of its exception."""
    inner = body.get("error")
    places = (body, *body.get("errors", ()), *((inner,) if isinstance(inner, dict) else ()))
    found = (place.get(name) for place in places for name in VENDOR_CODES)
    return next((each for each in found if isinstance(each, str) and not each.startswith("/")), None)


def pages() -> dict[str, str]:
    """Each dialect's page, by its place in the repository."""
    return {f"{FOLDER}/{dialect.name}.md": page(dialect) for dialect in discover()}


def page(dialect: Dialect) -> str:
    """The page of a dialect."""
    switches = f"`[dialects.{dialect.name}]`"
    parts = (
        HEAD.format(title=dialect.title, name=dialect.name, prefixes=_prefixes(dialect), document=_document(dialect)),
        *_section("## Offered", ("request", "what it does", "any one of the scopes", "operation"), _offered(dialect)),
        *_section("## Not offered", ("request", "why"), _refused(dialect)),
        *_section("## Names", ("operation", "parameters", "members of the body", "others"), _names(dialect)),
        *_section("## Switches", (switches, "default", "what it does"), _switches(dialect)),
        ERRORS,
        table(("kind", "status", "body"), _kinds(dialect)),
        *_section("### Codes with their own status or body", ("code", "kind", "status", "body"), _exceptions(dialect)),
    )
    return "\n".join(parts)


def _section(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    return (f"{title}\n", table(head, rows)) if rows else ()


def _prefixes(dialect: Dialect) -> str:
    """The prefixes of its paths; some vendors have paths without one, too."""
    below = " and ".join(code(prefix) for prefix in dialect.prefixes if prefix)
    roots = ", ".join(map(code, dialect.bare_roots))
    return f"{below}, and without it at {roots}" if roots else below


def _document(dialect: Dialect) -> str:
    return "/v1/openapi.json" if dialect.name == NATIVE else f"/v1/openapi/{dialect.name}.json"


def _offered(dialect: Dialect) -> list[tuple[str, ...]]:
    return [(code(_request(row)), row.summary, _scopes(row), row.name) for row in dialect.operations]


def _names(dialect: Dialect) -> list[tuple[str, ...]]:
    """What each operation reads by name, and what it does with every other name."""
    return [(row.name, _parameters(row), _listed(row.members or ()), _others(row)) for row in dialect.operations]


def _parameters(row: OperationSpec) -> str:
    """Those of its query; of an operation that takes uploads also theirs."""
    if row.streamed is None:
        return _listed(row.parameters)
    return f"{_listed(row.parameters)}; with {_listed(row.streamed.media)}: {_listed(row.streamed.parameters)}"


def _others(row: OperationSpec) -> str:
    parts = [f"parameters: {_fate(row.parameters, row.ignored_parameters)}"]
    if row.refused_parameters:
        parts.append(f"{_listed(row.refused_parameters)} refused")
    if row.members is not None:
        rest = "stored as extensions" if row.is_extensible else "refused"
        parts.append(f"members: {_fate(row.members, row.ignored_members, rest)}")
    return "; ".join(parts)


def _fate(known: tuple[str, ...], ignored: Mapping[str, str], rest: str = "refused") -> str:
    """The ignored names, each with its section of the vendor's page; all others are refused."""
    if OTHERS in ignored:
        return f"ignored ({ignored[OTHERS]})"
    names = [name for name in dict.fromkeys(ignored) if name not in known]
    if not names:
        return rest
    return f"{_listed(tuple(names))} ignored ({next(iter(ignored.values()))}), others {rest}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(code, names))


def _refused(dialect: Dialect) -> list[tuple[str, ...]]:
    return [(code(_request(row)), row.reason) for row in dialect.not_offered]


def _switches(dialect: Dialect) -> list[tuple[str, ...]]:
    return [(code(option.name), code(str(option.default)), option.summary) for option in dialect.options]


def _request(row: OperationSpec | NotOffered) -> str:
    query = "&".join(f"{name}={value}" for name, value in row.query.items())
    return f"{row.method} {row.path}" + (f"?{query}" if query else "")


def _scopes(row: OperationSpec) -> str:
    if row.scopes == ANY_CREDENTIALS:
        return "any token"
    return "no credentials" if row.scopes == PUBLIC else ", ".join(code(scope) for scope in sorted(row.scopes))


def _kinds(dialect: Dialect) -> list[tuple[str, ...]]:
    """Every kind with its status and body here, and last an unexpected error."""
    samples = [(kind, *_reply(dialect, Raised("sample", kind, TEXT))) for kind in KINDS]
    bug = dialect.incident(INCIDENT, _some_request(dialect))
    rows: list[tuple[str, ...]] = [(code(kind), str(status), code(body)) for kind, status, body in samples]
    return [*rows, ("an unexpected error", str(bug.status), code(bug.body.decode()))]


def _exceptions(dialect: Dialect) -> list[tuple[str, ...]]:
    """The codes of the core and of this dialect with another status or body than the rest of their kind."""
    files = [file for folder in CORE for file in (CODE / folder).rglob("*.py")]
    own = CODE / "dialects" / dialect.name
    rows: list[tuple[str, ...]] = []
    for name, kind in sorted({(error.code, error.kind) for error in raised(*files, *own.rglob("*.py"))}):
        status, body = _reply(dialect, Raised(name, kind, TEXT))
        usual_status, usual = _reply(dialect, Raised("sample", kind, TEXT))
        if status != usual_status or body not in (usual, usual.replace("sample", name)):
            rows.append((code(name), code(kind), str(status), code(body)))
    return rows


def _reply(dialect: Dialect, error: Raised) -> tuple[int, str]:
    parameters = {
        "owner": "task",
        "status": bulk.Status.IN_REVIEW,
        "name": "Wheel",
        "parameter": "action",
    }  # some dialects have their own words for these
    reply = dialect.error(KINDS[error.kind](error.code, error.message, **parameters), _some_request(dialect))
    return reply.status, reply.body.decode()


def _some_request(dialect: Dialect) -> Request:
    return Request("GET", f"{dialect.prefixes[0]}/", received_at=Moment(0), dialect=dialect)
