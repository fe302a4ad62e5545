"""A parameter or member that an operation doesn't read is refused, or the dialect's page says that it is ignored, and
the log names it. A filter that is silently dropped widens a robot's list."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.dialects.kit import OTHERS, Dialect, OperationSpec
from dragoman.logs import Line
from tests.support.authorization_requests import ASKED, PLACE, request
from tests.support.in_process_server import Ask
from tests.support.operation_rows import DIALECTS
from tests.support.samples import Samples
from tests.support.server import Answer
from tests.support.tenant import Tenant

UNKNOWN = "frobnicate"
REFUSED = 400
OK = 300


def usual(tenant: Tenant, dialect: Dialect, operation: OperationSpec) -> Ask:
    """A request that succeeds."""
    row = ASKED[dialect.name][operation.name]
    samples = Samples(tenant, "Mine")
    ids: dict[str, Any] = {kind: samples[kind] for kind in PLACE.findall("".join(row))}
    target, body = request(row, operation, ids)
    headers = {"Authorization": tenant.basic("anna")} | ({} if body is None else {"Content-Type": "application/json"})
    return Ask(operation.method, dialect.prefixes[0] + target, headers, body)


def with_parameter(ask: Ask, name: str) -> Ask:
    separator = "&" if "?" in ask.target else "?"
    return Ask(ask.method, f"{ask.target}{separator}{name}=1", ask.headers, ask.body)


def with_member(ask: Ask, name: str) -> Ask:
    body = json.loads(ask.body or b"{}")
    headers = ask.headers | {"Content-Type": "application/json"}
    return Ask(ask.method, ask.target, headers, json.dumps({**body, name: 1}).encode())


def sent(tenant: Tenant, ask: Ask) -> tuple[Answer, Line]:
    return tenant.server.ask([ask])[0]  # type: ignore[no-any-return]  # the server of a household is any of three kinds


def is_told(answer: Answer, line: Line, name: str) -> bool:
    """Whether the client or the log learns that the name has no effect."""
    return answer.status == REFUSED or answer.status == 422 or name in line.ignored


ANY_NAME = {"profile.identify": b"[]"}
"""Whose parameters name what clients define: one that nobody has finds nobody (genesys-2, D)."""


def offered(dialect: Dialect) -> Iterator[OperationSpec]:
    """Its operations, those that need a password left out."""
    return (each for each in dialect.operations if each.credentials is None)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_an_unknown_parameter_is_refused_or_logged(dialect: Dialect, tenant: Tenant) -> None:
    silent = []
    for operation in offered(dialect):
        answer, line = sent(tenant, with_parameter(usual(tenant, dialect, operation), UNKNOWN))
        if not is_told(answer, line, UNKNOWN) and ANY_NAME.get(operation.name) != answer.body:
            silent.append((operation.name, answer.status, answer.body))
    assert silent == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_an_unknown_member_is_refused_or_logged(dialect: Dialect, tenant: Tenant) -> None:
    silent = []
    for operation in offered(dialect):
        if operation.members is None or operation.is_extensible:
            continue
        answer, line = sent(tenant, with_member(usual(tenant, dialect, operation), UNKNOWN))
        if not is_told(answer, line, UNKNOWN):
            silent.append((operation.name, answer.status, answer.body))
    assert silent == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_what_a_page_says_to_ignore_is_logged(dialect: Dialect, tenant: Tenant) -> None:
    silent = []
    for operation in offered(dialect):
        ask = usual(tenant, dialect, operation)
        names = [name for name in operation.ignored_parameters if name not in (OTHERS, *operation.parameters)]
        asks = [(name, with_parameter(ask, name)) for name in names]
        for name, changed in asks:
            answer, line = sent(tenant, changed)
            if answer.status < OK and name not in line.ignored:
                silent.append((operation.name, name))
    assert silent == []


def test_the_log_names_an_unknown_property_of_an_update(tenant: Tenant) -> None:
    dialect = next(each for each in DIALECTS if each.name == "ibm_htm")
    operation = next(each for each in dialect.operations if each.name == "task.update")
    answer, line = sent(tenant, with_member(usual(tenant, dialect, operation), "prio"))
    assert (answer.status, line.ignored) == (200, ["prio"])


def test_a_filter_of_another_list_is_logged(tenant: Tenant) -> None:
    dialect = next(each for each in DIALECTS if each.name == "genesys")
    operation = next(each for each in dialect.operations if each.name == "task.list")
    answer, line = sent(tenant, with_parameter(usual(tenant, dialect, operation), "started_from"))
    assert (answer.status, line.ignored) == (200, ["started_from"])


@pytest.mark.parametrize("name", ["whereClause", "orderByClause"])
@pytest.mark.parametrize("query", ["query.list", "query.count", "query.list.old", "query.count.old"])
def test_a_where_clause_on_a_query_path_is_refused(query: str, name: str, tenant: Tenant) -> None:
    dialect = next(each for each in DIALECTS if each.name == "ibm_htm")
    operation = next(each for each in dialect.operations if each.name == query)
    answer, _ = sent(tenant, with_parameter(usual(tenant, dialect, operation), name))
    assert answer.status == REFUSED
    assert answer.json()["errorNumber"] == "CWTKA0123E"
    assert answer.json()["errorMessageParameters"] == [name]


def test_a_long_name_is_not_logged_whole(tenant: Tenant) -> None:
    dialect = next(each for each in DIALECTS if each.name == "ibm_htm")
    operation = next(each for each in dialect.operations if each.name == "task.show")
    token = "dgm_1_" + "a" * 43
    _, line = sent(tenant, with_parameter(usual(tenant, dialect, operation), token))
    assert line.ignored == ["dgm_1_aa…"]
