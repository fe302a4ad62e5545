"""Requests that carry what nobody else may learn, in every place where a client can put it, for every operation."""

import base64
import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dragoman.dialects import discover
from dragoman.dialects.kit import Dialect, OperationSpec
from dragoman.http.openapi.examples import Example, examples

PASSWORD = "canary of the password"
WRONG_PASSWORD = "canary of a wrong password"
WRONG_TOKEN = "dgm_1_CanaryOfAWrongToken0000000000000000000000000"
LOGIN = "canary-of-a-login"
COOKIE = "CanaryOfACookie"
HEADER = "canary of a header"
QUERY = "CanaryOfTheQuery"
BODY = "CanaryOfTheBody"
EXAMPLES_EACH = 2

CREDENTIALS = (PASSWORD, WRONG_PASSWORD, WRONG_TOKEN, LOGIN, COOKIE, HEADER)
"""What may stand nowhere but in the request; with the token that the test makes."""
CONTENT = (QUERY, BODY)
"""What is stored, or told to its client, and stands in no log."""


class Planted(NamedTuple):
    """One request."""

    method: str
    target: str
    body: str | None
    headers: dict[str, str]


def requests(token: str) -> Iterator[Planted]:
    """For each operation of each dialect: as its examples are, but with secrets; with every kind of credential."""
    numbers = count(1)
    for dialect in discover():
        kinds = _credentials(token)
        for example in _chosen(dialect):
            target = _target(dialect, example)
            for body in _bodies(example):
                headers = {**next(kinds), **_headers(example.media_type if body is not None else None)}
                headers["Idempotency-Key"] = f"{HEADER} {next(numbers)}"
                yield Planted(example.operation.method, target, body, headers)


def _chosen(dialect: Dialect) -> Iterator[Example]:
    """A few for each operation, those first that are answered."""
    by_operation: dict[int, list[Example]] = {}
    operations: dict[int, OperationSpec] = {id(operation): operation for operation in dialect.operations}
    for example in sorted(examples(dialect), key=lambda example: not example.is_answered):
        by_operation.setdefault(id(example.operation), []).append(example)
    assert set(by_operation) == set(operations), "an operation has no example"
    for found in by_operation.values():
        yield from found[:EXAMPLES_EACH]


def _target(dialect: Dialect, example: Example) -> str:
    path = example.operation.path
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    query = [(name, value) for name, values in example.query.items() for value in values]
    return f"{dialect.prefixes[0]}{path}?{urlencode([*query, ('hidden', QUERY)])}"


def _bodies(example: Example) -> Iterator[str | None]:
    """As it is with secrets for its texts, then broken; or none."""
    if example.body is None:
        yield None
        return
    yield _filled(example.body)
    yield f'{{"title": "{BODY}", "description": {BODY}'


def _filled(body: str) -> str:
    try:
        return json.dumps(_with_secrets(json.loads(body)))
    except ValueError:
        return f"{body}&note={BODY}"


def _with_secrets(value: Any) -> Any:
    """Texts that people write end with a secret; short words, ids and moments stay what they are."""
    if isinstance(value, dict):
        return {name: _with_secrets(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_secrets(inner) for inner in value]
    return f"{value} {BODY}" if isinstance(value, str) and " " in value else value


def _headers(media_type: str | None) -> dict[str, str]:
    given = {"User-Agent": HEADER, "Referer": f"http://{COOKIE}/", "X-Custom": HEADER}
    return given if media_type is None else {**given, "Content-Type": media_type}


def _credentials(token: str) -> Iterator[Mapping[str, str]]:
    """All that anybody proves himself with, the right ones most often, again and again."""
    right = ({"Authorization": f"Bearer {token}"}, {"Authorization": _basic("anna", PASSWORD)})
    wrong = (
        {"Authorization": f"Bearer {WRONG_TOKEN}"},
        {"Authorization": WRONG_TOKEN},
        {"Cookie": f"asc_auth_key={token}; other={COOKIE}"},
        {"Cookie": f"asc_auth_key={COOKIE}"},
        {"Authorization": f"{HEADER}"},
    )
    while True:
        for each in wrong:
            yield from right
            yield each


def login() -> Planted:
    """The right password; the answer hands out a token."""
    given = {"userName": "anna", "password": PASSWORD}
    return Planted("POST", "/api/2.0/authentication.json", json.dumps(given), {"Content-Type": "application/json"})


def logins() -> Iterator[Planted]:
    """Wrong passwords, as each way to log in takes them."""
    yield Planted("GET", "/v1/tasks", None, {"Authorization": _basic("anna", WRONG_PASSWORD)})
    yield Planted("GET", "/v1/tasks", None, {"Authorization": _basic(LOGIN, WRONG_PASSWORD)})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    given = {"userName": LOGIN, "password": WRONG_PASSWORD}
    yield Planted("POST", "/api/2.0/authentication.json", urlencode(given), form)
    yield Planted("POST", "/api/2.0/authentication.json", json.dumps(given), {"Content-Type": "application/json"})
    yield Planted("GET", f"/api/2.0/crm/task/1&password={quote(WRONG_PASSWORD)}", None, {})
    yield Planted("GET", f"/nowhere?password={quote(WRONG_PASSWORD)}", None, {})


def _basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()
