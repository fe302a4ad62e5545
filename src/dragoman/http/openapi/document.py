"""The OpenAPI 3.1 document of a vendor's dialect, made from its operations table, its errors, and its contract cases.

Methods, paths, actions, scopes and credentials are those that the router goes by. Which parameters and members there
are is read off the cases, each of which holds against the running server; what no case uses may be taken all the same.
Operations that differ only in the query (`action=claim`) are one entry, as OpenAPI has one for a method and path;
`x-operations` distinguishes them. The native API has a separate document.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from itertools import groupby
from typing import Any

from dragoman import __version__
from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Dialect, OperationSpec, Request
from dragoman.domain import errors
from dragoman.domain.clock import Moment
from dragoman.http.openapi.examples import Example, Known, examples, plausible
from dragoman.http.openapi.observed_schema import schema_of_bodies, schema_of_values

VARIABLE = re.compile(r"\{(\w+)\}")
DESCRIPTION = """\
{title}, as this server speaks it. Paths, methods, scopes and statuses are those that it goes by; parameters and bodies
are those of its contract cases, so the server may accept more than is described here.
"""
REFUSALS: tuple[errors.Expected, ...] = (
    errors.Invalid("invalid", "It can't be read."),
    errors.Invalid("invalid_json", "It is no JSON."),
    errors.Unauthenticated("credentials_missing", "Credentials are needed."),
    errors.Unauthenticated("credentials_unknown", "These credentials are not known."),
    errors.Forbidden("scope_missing", "The token needs another scope.", scopes=()),
    errors.Forbidden("forbidden", "It may not be done."),
    errors.NotFound("not_found", "There is no such thing."),
    errors.TooMany("rate_limited", "Too often."),
    errors.Unavailable("database_busy", "Not now."),
)
"""Statuses that any operation may answer with."""
REFUSALS_OF_BODIES: tuple[errors.Expected, ...] = (
    errors.Conflict("conflict", "The present state forbids it."),
    errors.TooLarge("body_too_large", "The body is too large."),
    errors.Invalid("unsupported_encoding", "The body is compressed."),
    errors.Unavailable("storage_full", "There is no room."),
)
REFUSALS_OF_PATHS: tuple[errors.Expected, ...] = (errors.NotFound("unknown_path", "There is nothing at this path."),)
REFUSALS_OF_KEYS: tuple[errors.Expected, ...] = (
    errors.Invalid("idempotency_key_reused", "The key was used for another request.", status=422),
)


def document(dialect: Dialect, known: Known = plausible) -> dict[str, Any]:
    """The whole document. `known` gives the values of placeholders in the cases that serve as examples."""
    shown = examples(dialect, known)
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), rows in _entries(dialect.operations):
        known_of_rows = [example for example in shown if any(example.operation is row for row in rows)]
        paths.setdefault(path, {})[method.lower()] = _Entry(dialect, rows, known_of_rows).path_item()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Dragoman: {dialect.title}",
            "version": __version__,
            "description": DESCRIPTION.format(title=dialect.title),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": prefix or "/"} for prefix in dialect.prefixes],
        "security": [{name: []} for name in _credentials(dialect)],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(row) for row in dialect.operations)],
        "paths": paths,
        "components": {"securitySchemes": _credentials(dialect)},
    }


def _entries(rows: Sequence[OperationSpec]) -> Iterator[tuple[tuple[str, str], list[OperationSpec]]]:
    def place(row: OperationSpec) -> tuple[str, str]:
        return row.path, row.method

    order = {place(row): number for number, row in reversed(list(enumerate(rows)))}
    for key, same in groupby(sorted(rows, key=lambda row: order[place(row)]), place):
        yield key, list(same)


def _credentials(dialect: Dialect) -> dict[str, Any]:
    """The ways to authenticate."""
    described: dict[str, Any] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `dragoman token create`."},
        "basic": {"type": "http", "scheme": "basic", "description": "A login and its password, or a token as that."},
    }
    if dialect.key_name is not None:
        described["key"] = {"type": "apiKey", "in": "cookie", "name": dialect.key_name}
    return described


def _tag(row: OperationSpec) -> str:
    return row.name.partition(".")[0]


class _Entry:
    """One method of one path: an operation, or several that the query distinguishes."""

    def __init__(self, dialect: Dialect, rows: list[OperationSpec], shown: list[Example]) -> None:
        self.dialect = dialect
        self.rows = rows
        self.row = rows[0]
        self.shown = shown
        self.streamed = self.row.streamed
        uploads = () if self.streamed is None else self.streamed.media
        self.good = [each for each in shown if each.is_answered and each.media_type.partition(";")[0] not in uploads]

    def path_item(self) -> dict[str, Any]:
        described: dict[str, Any] = {
            "operationId": self.row.name,
            "summary": self.row.summary if len(self.rows) == 1 else "One of several actions.",
            "tags": [_tag(self.row)],
            "parameters": [*self._path_parameters(), *self._query_parameters()],
            "responses": self._responses(),
        }
        scopes = frozenset[str]().union(*(row.scopes for row in self.rows))
        if scopes == PUBLIC or self.row.credentials is not None:
            described["security"] = []  # a login has its credentials in the body
        elif scopes == ANY_CREDENTIALS:
            described["description"] = "Any token will do."
        else:
            described["description"] = f"A token needs any one of these scopes: {', '.join(sorted(scopes))}."
            described["x-scopes"] = sorted(scopes)
        if self.streamed is not None:
            described["description"] = f"{described.get('description', '')} {self.streamed.sentence}".strip()
        if len(self.rows) > 1:
            described["x-operations"] = [_action(row) for row in self.rows]
        body = self._body()
        return described if body is None else described | {"requestBody": body}

    def _path_parameters(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "in": "path", "required": True, "schema": self._path_schema(name)}
            for name in VARIABLE.findall(self.row.path)
        ]

    def _path_schema(self, name: str) -> dict[str, Any]:
        if self._takes_numbers_only(name):
            return {"type": "integer", "minimum": 0}
        return {"type": "string", "minLength": 1}

    def _takes_numbers_only(self, name: str) -> bool:
        """Whether the dialect's paths allow only numbers there."""
        if self.dialect.normalise is None:
            return False
        try:
            self.dialect.normalise(VARIABLE.sub(lambda found: "word" if found[1] == name else "1", self.row.path))
        except errors.NotFound:
            return True
        return False

    def _query_parameters(self) -> Iterator[dict[str, Any]]:
        chosen = {name for row in self.rows for name in row.query}
        for name in sorted(chosen):
            words = [row.query[name] for row in self.rows if name in row.query]
            everywhere = all(name in row.query for row in self.rows)
            yield {"name": name, "in": "query", "required": everywhere, "schema": {"enum": words}}
        seen: dict[str, list[str]] = {}
        for example in self.good:
            for name, values in example.query.items():
                seen.setdefault(name, []).extend(values)
        for name in sorted(seen.keys() - chosen):
            yield {"name": name, "in": "query", "schema": schema_of_values(seen[name])}

    def _body(self) -> dict[str, Any] | None:
        bodies: dict[str, list[str]] = {}
        for example in self.good:
            if example.body and example.media_type:
                bodies.setdefault(example.media_type, []).append(example.body)
        if not bodies:
            return None
        required = all(example.body for example in self.good)
        content = {media: schema_of_bodies(media, texts) for media, texts in sorted(bodies.items())}
        return {"required": required, "content": content}

    def _responses(self) -> dict[str, Any]:
        media = frozenset[str]().union(*(row.media or self.dialect.media for row in self.rows))
        described = {}
        for status in sorted({example.status for example in self.good} or {200}):
            described[str(status)] = {"description": HTTPStatus(status).phrase} | _content(status, sorted(media))
        refused = self._refusals()
        for status in sorted(refused):
            described[str(status)] = {"description": HTTPStatus(status).phrase} | _content(
                status, sorted(refused[status])
            )
        return described

    def _refusals(self) -> dict[int, set[str]]:
        """Status -> media types, from the dialect's errors and from its cases."""
        found: dict[int, set[str]] = {}
        for error in self._errors():
            for media in dict.fromkeys((*self.row.media, *self.dialect.media)):
                reply = self.dialect.error(error, self._request(media))
                found.setdefault(reply.status, set()).add((reply.content_type or "").partition(";")[0])
        usual = set().union(*found.values())
        for example in self.shown:
            if not example.is_answered:
                found.setdefault(example.status, set(usual))
        return found

    def _errors(self) -> Iterable[errors.Expected]:
        changes = any(row.writes for row in self.rows)
        by_key = any(row.is_idempotent_by_key for row in self.rows)
        return (
            *REFUSALS,
            *(REFUSALS_OF_BODIES if changes else ()),
            *(REFUSALS_OF_PATHS if self.dialect.normalise is not None else ()),
            *(REFUSALS_OF_KEYS if by_key else ()),
        )

    def _request(self, media: str) -> Request:
        path = self.dialect.prefixes[0] + self.row.path
        request = Request(self.row.method, path, headers={"accept": media}, received_at=Moment(0), dialect=self.dialect)
        request.operation = self.row
        request.path = dict.fromkeys(VARIABLE.findall(self.row.path), "1")
        return request


def _action(row: OperationSpec) -> dict[str, Any]:
    """One of several operations at a path, and the query that selects it."""
    return {"operationId": row.name, "query": dict(row.query), "summary": row.summary, "scopes": sorted(row.scopes)}


def _content(status: int, media: Sequence[str]) -> dict[str, Any]:
    if status == HTTPStatus.NO_CONTENT or "" in media:  # of several actions some may answer without a body
        return {}
    return {"content": {name: {} for name in media}}
