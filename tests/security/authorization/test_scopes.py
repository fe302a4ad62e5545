"""Every operation, asked with every scope in every way to show a token: it runs for those that its row names, and for
nobody else. The requests are made from the router, so an operation without a row in its dialect's
authorization.toml fails."""

from collections.abc import Iterable

import pytest

from dragoman.dialects.kit import PUBLIC, Dialect
from tests.support.authorization_requests import RIGHTS
from tests.support.in_process_server import Ask
from tests.support.operation_rows import DIALECTS, ROWS, SCOPES, Row
from tests.support.sizes import LONG
from tests.support.tenant import Tenant

NOT_KNOWN = frozenset({"credentials_missing", "credentials_malformed", "credentials_unknown"})
EVERY = (*SCOPES, "nothing.known")
GUARDED = [row for row in ROWS if not row.is_open and not row.takes_any_scope]


def expected(row: Row) -> frozenset[str]:
    """The scopes that suffice, by the table."""
    found = [words for words, names in RIGHTS[row.dialect.name].items() if row.operation.name in names]
    assert len(found) == 1, f"{row.dialect.name} {row.operation.name} has {len(found)} rows in authorization.toml"
    return frozenset(found[0].split())


def codes(tenant: Tenant, asks: Iterable[Ask]) -> list[str]:
    """Why each was refused; empty for one that wasn't."""
    return [line.code for _, line in tenant.server.ask(asks)]


def name(row: Row) -> str:
    return f"{row.operation.method} {row.prefix}{row.operation.path} {dict(row.operation.query)}"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_operation_has_its_row_and_every_row_its_operation(dialect: Dialect) -> None:
    listed = [name for names in RIGHTS[dialect.name].values() for name in names]
    assert sorted(listed) == sorted(operation.name for operation in dialect.operations)
    assert all(row.operation.scopes == expected(row) for row in ROWS if row.dialect is dialect)


def ways(row: Row, turn: int) -> tuple[str, ...]:
    """Ways to show a token: all in a long run, otherwise one, in turn."""
    found = row.ways()
    return found if LONG else (found[turn % len(found)],)


@pytest.mark.parametrize("scope", EVERY)
def test_a_scope_opens_what_its_rows_say_and_nothing_else(scope: str, tenant: Tenant) -> None:
    token, login = tenant.token(scope), tenant.login("anna")
    cells = [(row, way) for place, row in enumerate(GUARDED) for way in ways(row, place + EVERY.index(scope))]
    found = codes(tenant, [row.shown(way, token, login) for row, way in cells])
    for (row, way), code in zip(cells, found, strict=True):
        assert code not in NOT_KNOWN, (name(row), way, code)
        assert (code == "scope_missing") == (scope not in expected(row)), (name(row), way, code)


def test_where_any_credentials_do_any_scope_does(tenant: Tenant) -> None:
    rows = [row for row in ROWS if row.takes_any_scope]
    token = tenant.token("nothing.known")
    assert rows
    found = codes(tenant, [row.shown(way, token, tenant.login("anna")) for row in rows for way in row.ways()])
    assert not NOT_KNOWN.union({"scope_missing"}) & set(found)
    assert set(codes(tenant, [row.ask() for row in rows])) == {"credentials_missing"}


def test_a_refusal_has_the_status_that_the_dialect_has_for_it(tenant: Tenant) -> None:
    token = tenant.token("nothing.known")
    answers = tenant.server.ask([row.shown("bearer", token, "") for row in GUARDED])
    for row, (answer, _) in zip(GUARDED, answers, strict=True):
        assert answer.status == 403, name(row)
        assert answer.body, name(row)


@pytest.mark.parametrize("scope", EVERY)
def test_naming_the_method_in_a_header_opens_nothing(scope: str, tenant: Tenant) -> None:
    cells = [(row, ask) for row in GUARDED for ask in row.tunnelled(tenant.token(scope))]
    assert cells
    found = codes(tenant, [ask for _, ask in cells])
    for (row, ask), code in zip(cells, found, strict=True):
        allowed = scope in expected(row)
        assert (code == "scope_missing") == (not allowed), (name(row), ask, code)


def test_nobody_gets_in_without_credentials(tenant: Tenant) -> None:
    found = codes(tenant, [row.ask() for row in GUARDED])
    assert {name(row): code for row, code in zip(GUARDED, found, strict=True) if code != "credentials_missing"} == {}


def test_nobody_gets_in_with_credentials_of_nobody(tenant: Tenant) -> None:
    token, login = tenant.token("*"), tenant.login("anna")
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    cells = [(row, way) for row in GUARDED for way in row.ways()]
    found = tenant.server.ask([row.shown(way, forged, login) for row, way in cells])
    for (row, way), (answer, line) in zip(cells, found, strict=True):
        assert (answer.status, line.code) == (401, "credentials_unknown"), (name(row), way)


def test_a_head_is_guarded_like_its_get(tenant: Tenant) -> None:
    reads = [row for row in GUARDED if row.operation.method == "GET"]
    headers = {"Authorization": f"Bearer {tenant.token('nothing.known')}"}
    assert set(codes(tenant, [row.ask(method="HEAD", headers=headers) for row in reads])) == {"scope_missing"}
    assert set(codes(tenant, [row.ask(method="HEAD") for row in reads])) == {"credentials_missing"}


def test_what_is_open_is_meant_to_be(tenant: Tenant) -> None:
    assert {(row.dialect.name, row.operation.name) for row in ROWS if row.is_open} == {
        ("native", "read_openapi"),
        ("native", "read_docs"),
        ("native", "read_docs_script"),
        ("native", "read_docs_style"),
        ("native", "redeem_password_link"),
        ("native", "request_password_link"),
        ("onlyoffice_crm", "authentication.login"),
        ("onlyoffice_crm", "portal.capabilities"),
        ("onlyoffice_crm", "portal.version"),
    }
    writing = {row.operation.name for row in ROWS if row.operation.scopes == PUBLIC and row.operation.writes}
    assert writing == {"redeem_password_link"}
