"""Each scope against each operation of each dialect: in a token, as a ceiling, and as a pattern. The operations are
those that there are, so a new one is asked at once."""

from itertools import chain

import pytest

from dragoman.dialects import discover
from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Dialect, OperationSpec, Request
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Forbidden
from dragoman.http.authentication import check_dialect, check_scope
from dragoman.http.exchange import Exchange

DIALECTS = discover()
ASKING = [
    (dialect, row)
    for dialect in DIALECTS
    for row in dialect.operations
    if row.scopes not in (PUBLIC, ANY_CREDENTIALS) and row.credentials is None
]
WORDS = sorted(set(chain.from_iterable(row.scopes for _, row in ASKING)))
PATTERNS = sorted({f"{word.split('.')[0]}.*" for word in WORDS} | {f"*.{word.split('.')[1]}" for word in WORDS})


def asked(principal: Principal, row: OperationSpec) -> bool:
    """Whether the operation is open to the principal."""
    request = Request(row.method, row.path, headers={}, received_at=Moment(0))
    request.principal = principal
    try:
        check_scope(request, row)
    except Forbidden as refused:
        return {"scope_missing": False}[refused.code]
    return True


def of(scopes: set[str] | None, ceiling: set[str] | None = None) -> Principal:
    bound = None if ceiling is None else frozenset(ceiling)
    return Principal(1, "u", "anna", is_admin=True, scopes=None if scopes is None else frozenset(scopes), ceiling=bound)


def matches(pattern: str, word: str) -> bool:
    noun, verb = word.split(".")
    return pattern in (word, f"{noun}.*", f"*.{verb}", "*")


@pytest.mark.parametrize("word", [*WORDS, *PATTERNS, "*", "nothing.known"])
def test_a_scope_opens_its_operations_alone_in_a_token_and_under_a_ceiling(word: str) -> None:
    for _, row in ASKING:
        expected = any(matches(word, wanted) for wanted in row.scopes)
        assert asked(of({word}), row) is expected, row.name
        assert asked(of(None, {word}), row) is expected, row.name
        assert asked(of({"*"}, {word}), row) is expected, row.name
        assert asked(of({word}, {word}), row) is expected, row.name
        assert not asked(of({word}, set()), row), row.name


def test_token_and_ceiling_must_meet_in_one_scope() -> None:
    """A token for one scope of an operation and a ceiling for another open nothing together."""
    for _, row in ASKING:
        for one in row.scopes:
            for other in row.scopes - {one}:
                assert not asked(of({one}, {other}), row), row.name
            assert asked(of({one}, {f"*.{one.split('.')[1]}"}), row), row.name


def test_everything_is_open_without_scopes_and_ceiling() -> None:
    assert all(asked(of(None), row) for _, row in ASKING)


def test_what_takes_any_credentials_and_logins_ask_for_no_scope() -> None:
    rows = [
        row
        for each in DIALECTS
        for row in each.operations
        if row.scopes == ANY_CREDENTIALS or row.credentials is not None
    ]
    assert rows
    assert all(asked(of(set(), set()), row) for row in rows)


# Dialects


def may_use(dialects: set[str] | None, dialect: Dialect, path: str = "", row: OperationSpec | None = None) -> bool:
    request = Exchange("GET", path, headers={}, received_at=Moment(0))
    request.prefix = dialect.prefixes[0]
    request.raw_path = request.prefix + path
    named = None if dialects is None else frozenset(dialects)
    request.principal = Principal(1, "u", "anna", is_admin=True, dialects=named)
    try:
        check_dialect(request, dialect, row)
    except Forbidden as refused:
        return {"dialect_denied": False}[refused.code]
    return True


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_user_uses_the_dialects_that_are_his(dialect: Dialect) -> None:
    others = {each.name for each in DIALECTS if each is not dialect} | {"web", "mcp"}
    for row in dialect.operations:
        assert may_use(None, dialect, row.path, row)
        assert may_use({dialect.name}, dialect, row.path, row)
        if row.credentials is None and not row.path.startswith("/users/me"):
            assert not may_use(others, dialect, row.path, row), row.name
            assert not may_use(set(), dialect, row.path, row), row.name
    assert not may_use(others, dialect, "/nothing")


def test_one_s_own_account_is_always_open_in_the_native_api() -> None:
    native = next(each for each in DIALECTS if each.name == "native")
    for path in ("/users/me", "/users/me/password", "/users/me/"):
        assert may_use({"web"}, native, path)
    for path in ("/users", "/users/meg", "/users/u", "/tasks/users/me", "/USERS/me"):
        assert not may_use({"web"}, native, path)
    for other in DIALECTS:
        assert other is native or not may_use({"web"}, other, "/users/me")


def test_logging_in_is_no_use_of_a_dialect() -> None:
    logins = [(dialect, row) for dialect in DIALECTS for row in dialect.operations if row.credentials is not None]
    assert logins
    assert all(may_use({"web"}, dialect, row.path, row) for dialect, row in logins)
