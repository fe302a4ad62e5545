"""Another site can make a browser send a request with what the browser keeps: a cookie, or Basic. Whatever changes
anything refuses that, in every dialect; what a browser doesn't send by itself is believed (RELIABILITY 15)."""

import dataclasses
from collections.abc import Iterator
from itertools import product

import pytest

from tests.support.databases import Databases
from tests.support.in_process_server import Ask, InProcessServer
from tests.support.operation_rows import ROWS, Row
from tests.support.tenant import Tenant

AMBIENT = ("basic", "cookie")
CHANGING = [row for row in ROWS if row.operation.writes and not row.is_open]
READING = [row for row in ROWS if row.operation.method in ("GET", "HEAD") and row not in CHANGING and not row.is_open]
FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
)


def refused(tenant: Tenant, asks: list[Ask]) -> list[bool]:
    """Which were refused because of where they came from."""
    return [line.code == "cross_site" for _, line in tenant.server.ask(asks)]


def sent(row: Row, way: str, tenant: Tenant, headers: dict[str, str]) -> Ask:
    ask = row.shown(way, tenant.token("*"), tenant.login("anna"))
    return dataclasses.replace(ask, headers=ask.headers | headers)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_changes_nothing(headers: dict[str, str], tenant: Tenant) -> None:
    cells = [(row, way) for row in CHANGING for way in row.ways() if way in AMBIENT]
    answers = tenant.server.ask([sent(row, way, tenant, headers) for row, way in cells])
    assert {way for _, way in cells} == set(AMBIENT)
    for (row, way), (answer, line) in zip(cells, answers, strict=True):
        assert (answer.status, line.code) == (403, "cross_site"), (row.operation.name, way)


def test_a_password_is_no_better_than_a_token(tenant: Tenant) -> None:
    headers = {"Authorization": tenant.password("anna"), "Sec-Fetch-Site": "cross-site"}
    assert all(refused(tenant, [row.ask(headers=headers) for row in CHANGING]))


def test_a_method_named_in_a_header_is_no_way_around(tenant: Tenant) -> None:
    foreign = {"Authorization": tenant.basic("anna"), "Sec-Fetch-Site": "cross-site"}
    tunnelled = [ask for row in CHANGING for ask in row.tunnelled(tenant.token("*"))]
    assert tunnelled
    assert all(refused(tenant, [dataclasses.replace(ask, headers=ask.headers | foreign) for ask in tunnelled]))


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_the_own_site_and_what_is_no_browser_are_let_in(headers: dict[str, str], tenant: Tenant) -> None:
    cells = [(row, way) for row in CHANGING for way in row.ways() if way in AMBIENT]
    assert not any(refused(tenant, [sent(row, way, tenant, headers) for row, way in cells]))


def test_what_no_browser_sends_by_itself_is_believed(tenant: Tenant) -> None:
    cells = [(row, way, headers) for row, headers in product(CHANGING, FOREIGN) for way in row.ways()]
    asks = [sent(row, way, tenant, headers) for row, way, headers in cells if way not in AMBIENT]
    assert not any(refused(tenant, asks))


def test_reading_is_no_change(tenant: Tenant) -> None:
    """What a page elsewhere may read of it, the browser decides: no dialect allows credentials to other origins."""
    cells = [(row, way) for row in READING for way in row.ways() if way in AMBIENT]
    answers = tenant.server.ask([sent(row, way, tenant, FOREIGN[0]) for row, way in cells])
    for (row, _), (answer, line) in zip(cells, answers, strict=True):
        assert line.code != "cross_site", row.operation.name
        assert "access-control-allow-credentials" not in answer.headers, row.operation.name


@pytest.fixture(scope="module")
def open_tenant(databases: Databases) -> Iterator[Tenant]:
    """A tenant of a server whose Genesys dialect needs no credentials."""
    config = "[dialects.genesys]\nauth = false\n"
    with databases.lent("sqlite") as url, InProcessServer(url, config=config) as running:
        running.app.ensure_tenant("main")
        yield Tenant(running)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_changes_nothing_where_no_credentials_are_needed(
    headers: dict[str, str], open_tenant: Tenant
) -> None:
    changing = [row for row in CHANGING if row.dialect.name == "genesys"]
    for row, (answer, line) in zip(
        changing, open_tenant.server.ask([row.ask(headers=headers) for row in changing]), strict=True
    ):
        assert (answer.status, line.code) == (403, "cross_site"), row.operation.name


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_the_own_site_and_what_is_no_browser_need_no_credentials(headers: dict[str, str], open_tenant: Tenant) -> None:
    every = [row for row in ROWS if row.dialect.name == "genesys"]
    for row, (answer, line) in zip(
        every, open_tenant.server.ask([row.ask(headers=headers) for row in every]), strict=True
    ):
        assert answer.status != 401, row.operation.name
        assert line.code != "cross_site", row.operation.name
