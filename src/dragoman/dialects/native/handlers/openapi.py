"""The OpenAPI 3.1 document, made from the rows that route and the types that validate.

If-Match and Idempotency-Key are described in words (`x-request-headers` lists them for programs): a generator of
requests would send invented revisions, which are stale.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, get_type_hints

import msgspec

from dragoman import __version__
from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, OperationSpec, Reply, Request, json
from dragoman.dialects.native.wire import json_schema as schema
from dragoman.dialects.native.wire import scalars as common
from dragoman.dialects.native.wire.problems import Refusal
from dragoman.domain.extension import Owner

PREFIX = "/v1"
PROBLEM = {"application/problem+json": {"schema": {"$ref": f"{schema.WHERE}Refusal"}}}
REFUSALS = {
    "400": "The request can't be read; every fault is listed.",
    "401": "Credentials are missing or unknown.",
    "403": "Not allowed.",
    "404": "Not found.",
    "406": "None of the media types of Accept is available.",
    "409": "The present state forbids it, or a reference doesn't match anything.",
    "412": "Changed since; the reply holds the present state.",
    "413": "Too much.",
    "415": "Not a media type that is accepted here.",
    "422": "The Idempotency-Key was used for another request.",
    "428": "This server requires If-Match.",
    "429": "Too many requests; Retry-After says when to retry.",
    "503": "Unavailable; nothing was changed. Retry-After says when to retry.",
}
TOO_LONG = {
    # Answered ahead of every dialect, so it has no `type`.
    "description": "The path and query are too long.",
    "content": {"application/problem+json": {}},
}
CREDENTIALS = (
    "A token of `dragoman token create`. HTTP Basic is taken, too: login and password, or a token as the password. "
    "A password that is wrong ten times must wait a quarter of an hour."
)
TRIED = {
    # Without a schema, though it is that of 201: a client that follows ids would look for an object that doesn't exist.
    "description": "After a dry run: what 201 would return. Nothing was created.",
    "content": {"application/json": {}},
}
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "id": {"description": "The id, or the number.", "schema": {"type": "string", "minLength": 1, "maxLength": 36}},
    "key": {
        "description": "The id, or the number, also of what was deleted.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 36},
    },
    "revision": {
        "description": "The revision of the change in the history.",
        "schema": {"type": "integer", "minimum": 1, "maximum": common.LARGEST},
    },
    "number": {
        "description": "The number.",
        "schema": {"type": "integer", "minimum": 1, "maximum": common.LARGEST},
    },
    "name": {
        "description": "The name, without regard to case.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, **common.WITHOUT_NUL},
    },
    "group": {
        "description": "By id, or by name without regard to case.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, **common.WITHOUT_NUL},
    },
    "person": {
        "description": "By id or login; `me` is the caller.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, **common.WITHOUT_NUL},
    },
    "provider": {
        "description": "The name of a provider of identities, as the configuration has it.",
        "schema": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,63}$"},
    },
    "token": {
        "description": "The id of a token: the first 16 digits of its SHA-256.",
        "schema": {"type": "string", "minLength": 16, "maxLength": 16},
    },
    "webhook": {"description": "The id of a webhook.", "schema": {"type": "string", "minLength": 1, "maxLength": 36}},
    "delivery": {"description": "The id of a delivery.", "schema": {"type": "string", "minLength": 1, "maxLength": 36}},
    "dialect": {"description": "A dialect.", "schema": {"type": "string", "minLength": 1, "maxLength": 64}},
    "kind": {"description": "What the extensions belong to.", "schema": {"enum": [str(owner) for owner in Owner]}},
}
DESCRIPTION = """\
Tasks, and what is around them. Every list answers `items` and, until its last page, `next`: follow it unchanged.

- **Times** are RFC 3339, to seven digits behind the dot; they are answered in UTC.
- **Changes** are JSON Merge Patches. `If-Match: "7"` names the revision that was read: writers of different fields
  never conflict, a second writer of the same field is refused with 412 and the present state.
- **Retries** are safe with `Idempotency-Key`: the same request under the same key is answered as it was the first time.
- **Dry runs**: `?dry_run=true` answers what would be, and stores nothing; the answer has the header `Dry-Run: true`.
- **Refusals** are problem details (RFC 9457) with a stable `code` and every fault of the request.
"""


def document(rows: Iterable[OperationSpec]) -> dict[str, Any]:
    rows = list(rows)
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(PREFIX + row.path, {})[row.method.lower()] = _operation(row)
    contracts = [row.contract for row in rows]
    bodies = [type_ for each in contracts for type_ in (each.body, each.answer, each.later_answer) if type_ is not None]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dragoman",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(row) for row in rows)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schema.components([*bodies, Refusal]).items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": CREDENTIALS},
            },
        },
    }


def showing(rows: Iterable[OperationSpec]) -> Callable[[None, Request], Reply]:
    """The document as a reply. It is created once, at the first request."""

    @cache
    def text() -> bytes:
        return json.encode(document(rows))

    def render(nothing: None, request: Request) -> Reply:
        return Reply(200, text(), "application/json")

    return render


def _operation(row: OperationSpec) -> dict[str, Any]:
    headers = (["If-Match"] if row.contract.is_conditional else []) + (["Idempotency-Key"] if row.writes else [])
    described: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.summary,
        "tags": [_tag(row)],
        "parameters": [*_path_parameters(row), *_query_parameters(row)],
        "responses": _responses(row),
    }
    if row.scopes == ANY_CREDENTIALS:
        described["security"] = [{"bearer": []}]
    else:
        described["security"] = [{"bearer": [scope]} for scope in sorted(row.scopes - PUBLIC)]
    if row.contract.body is not None:
        described["requestBody"] = _body(row)
    if headers:
        described["description"] = f"Honours {' and '.join(headers)}."
        described["x-request-headers"] = headers
    if row.contract.has_dry_run and row.method == "DELETE":
        described["description"] += " With `?dry_run=true` nothing is deleted."
    return described


def _tag(row: OperationSpec) -> str:
    return row.path.split("/")[1]


def _path_parameters(row: OperationSpec) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", row.path)
    return [{"name": name, "in": "path", "required": True, **PATH_PARAMETERS[name]} for name in names]


def _query_parameters(row: OperationSpec) -> list[dict[str, Any]]:
    """The query parameters. `cursor` is left out: it comes in `next`, and its content may change. `dry_run` of a
    deletion is described in words: tools take 2xx to DELETE for the end of the object."""
    hints = get_type_hints(row.contract.query, include_extras=True)
    hidden = {"cursor", "dry_run"} if row.method == "DELETE" else {"cursor"}
    fields = [field for field in msgspec.structs.fields(row.contract.query) if field.name not in hidden]
    return [_query_parameter(field, hints[field.name]) for field in fields]


def _query_parameter(field: msgspec.structs.FieldInfo, hint: Any) -> dict[str, Any]:
    rules = schema.schema_of(hint)
    description = rules.pop("description", None)
    if field.default not in (msgspec.UNSET, msgspec.NODEFAULT):
        rules["default"] = field.default
    parameter: dict[str, Any] = {"name": field.encode_name, "in": "query", "schema": rules}
    if description is not None:
        parameter["description"] = description
    if rules.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _body(row: OperationSpec) -> dict[str, Any]:
    content = {media: {"schema": schema.schema_of(row.contract.body)} for media in row.contract.body_media}
    described = {} if row.streamed is None else {"description": row.streamed.sentence}
    return {"required": not row.contract.body_may_be_empty, "content": content, **described}


def _responses(row: OperationSpec) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if row.writes else "Found."}
    if row.contract.answer is not None:
        good["content"] = {row.contract.answer_media: {"schema": schema.schema_of(row.contract.answer)}}
    if row.contract.line is not None:
        good["description"] += " As application/x-ndjson the whole list, a line for each; without paging."
        good["content"]["application/x-ndjson"] = {"schema": schema.schema_of(row.contract.line)}
    if row.contract.has_csv:
        good["description"] += " As text/csv the same with a header."
        good["content"]["text/csv"] = {"schema": {"type": "string"}}
    if row.contract.status == 201:
        good["headers"] = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
    tried: dict[str, Any] = {"200": TRIED} if row.contract.status == 201 and row.contract.has_dry_run else {}
    refusals = {status: {"description": REFUSALS[status], "content": PROBLEM} for status in _refusals(row)}
    rest = {"414": TOO_LONG, "default": {"description": "Refused.", "content": PROBLEM}}
    if row.contract.may_be_later:
        later = row.contract.later_answer or row.contract.answer
        content = {row.contract.answer_media: {"schema": schema.schema_of(later)}}
        tried |= {"202": {"description": "A job does the rest.", "content": content}}
    return {str(row.contract.status): good, **tried, **refusals, **rest}


def _refusals(row: OperationSpec) -> list[str]:
    statuses = ["400", "401", "403", "429", "503"]
    statuses += ["406"] if row.contract.line is not None else []
    statuses += ["404"] if "{" in row.path else []
    statuses += ["409", "422"] if row.writes else []
    statuses += ["412", "428"] if row.contract.is_conditional else []
    statuses += ["413", "415"] if row.contract.body is not None else []
    return sorted(statuses)
