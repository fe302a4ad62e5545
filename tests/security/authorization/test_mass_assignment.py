"""What the server owns is never set from outside: every operation that changes something is sent every field name that
there is, beside what it takes, and nothing of it ends where ids, tenants, counters and moments are kept."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.dialects.kit import Dialect, OperationSpec
from dragoman.domain.clock import TICKS_PER_SECOND
from dragoman.store import tables
from tests.support.authorization_requests import ASKED, PLACE, ask, request
from tests.support.in_process_server import Ask
from tests.support.operation_rows import DIALECTS
from tests.support.samples import Samples
from tests.support.sizes import sized
from tests.support.tenant import Tenant

NUMBER, TEXT, MOMENT = 424_242_424_242, "00000000-dead-7000-8000-00000000beef", "2042-04-24T04:24:24.000Z"
TICKS = int(datetime.fromisoformat(MOMENT).timestamp()) * TICKS_PER_SECOND
PLANTED = {NUMBER, TEXT, MOMENT, TICKS}
COLUMNS = [column for table in tables.metadata.tables.values() for column in table.c]
NUMERIC = frozenset(column.name for column in COLUMNS if isinstance(column.type, sa.BigInteger | sa.Integer))
_OWNED = """
tenant number uid row_version revision head_hash hash creator created_at modified_at removed_at claimed_at
activated_at first_activated_at state_changed_at open_children task_count person_count extension_count
work_item_count principal dialect operation at entity decided_by decided_at scopes password_hash disabled_at roles
groups login owner attempt total processed success failure cursor twin snapshot
"""
OWNED = frozenset(_OWNED.split())
"""Columns that no client writes."""
MANY, REFUSED, BROKEN = 200, 400, 500
PART = sized(3, 1)
"""With each submission an operation is sent all names together, and every third one alone, other operations others."""
CHOOSES = {"authentication.login": "provider"}
"""Names that choose another way of doing the operation, which isn't offered."""
MEANT = frozenset({"task.set_created", "task.set_modified", "history.create"})
"""Operations that are there to set moments, for imports."""


def planted(name: str) -> object:
    """What is sent under a name: something that its column could hold."""
    column = re.sub("([A-Z])", r"_\1", name).lower()
    if column in NUMERIC and not column.endswith("_at"):
        return NUMBER
    return MOMENT if name.endswith(("_at", "At", "ed", "Time", "timestamp")) or name.startswith("date") else TEXT


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def names_in(value: object) -> Iterator[str]:
    """Every member's name in an answer."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def known_names(dialect: Dialect, tenant: Tenant) -> dict[str, object]:
    """Every field of the model, in both spellings, and every one that the dialect itself shows."""
    names = {column.name for column in COLUMNS}
    shown = set()
    for operation in (each for each in dialect.operations if each.method == "GET"):
        answer = ask(tenant, dialect, operation, ASKED[dialect.name][operation.name], _ids(tenant, dialect, operation))
        if "json" in answer.headers.get("content-type", "") and answer.body:
            shown |= {name for name in names_in(answer.json()) if len(name) <= 64}
    return {name: planted(name) for name in sorted(names | {camel(name) for name in names} | shown)}


def _ids(tenant: Tenant, dialect: Dialect, operation: OperationSpec) -> dict[str, Any]:
    samples = Samples(tenant, "Mine")
    return {kind: samples[kind] for kind in PLACE.findall("".join(ASKED[dialect.name][operation.name]))}


def attempts(tenant: Tenant, dialect: Dialect, operation: OperationSpec, more: dict[str, object]) -> Iterator[Ask]:
    """All names at once, and one by one for who would refuse the whole for one of them."""
    target, body = request(ASKED[dialect.name][operation.name], operation, _ids(tenant, dialect, operation))
    usual = json.loads(body) if body else {}
    person = "bert" if operation.path == "/users/me" else "anna"
    headers = {"Authorization": tenant.basic(person), "Content-Type": "application/json"}
    more = {name: value for name, value in more.items() if name != CHOOSES.get(operation.name)}
    alone = [{name: value} for name, value in more.items()][len(operation.name) % PART :: PART]
    for sample in (more, *alone):
        sent = json.dumps([sample | each for each in usual] if isinstance(usual, list) else sample | usual).encode()
        yield Ask(operation.method, dialect.prefixes[0] + target, headers, sent)


def set_from_outside(tenant: Tenant) -> list[tuple[str, str, object]]:
    """Where something planted was kept that nobody may write."""
    found = []
    with tenant.server.app.store.engine.raw.connect() as connection:
        for name, table in tables.metadata.tables.items():
            for row in connection.execute(sa.select(table)).mappings():
                found += [(name, each, row[each]) for each in OWNED & set(row) if row[each] in PLANTED]
    return found


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_nothing_that_the_server_owns_is_set_from_outside(dialect: Dialect, tenant: Tenant) -> None:
    names = known_names(dialect, tenant)
    taken = 0
    for operation in dialect.operations:
        if operation.writes and operation.method != "DELETE" and operation.name not in MEANT:
            at_once, *one_by_one = attempts(tenant, dialect, operation, names)
            (answer, _), *_ = tenant.server.ask([at_once])
            answers = tenant.server.ask(one_by_one) if answer.status >= REFUSED else [(answer, None)]
            assert all(each.status < BROKEN for each, _ in answers), operation.name
            taken += any(each.status < REFUSED for each, _ in answers)
            assert set_from_outside(tenant) == [], operation.name
    assert taken
    assert len(names) > MANY


def test_nobody_becomes_an_administrator_by_saying_so(tenant: Tenant) -> None:
    with tenant.server.app.store.engine.raw.connect() as connection:
        rows = connection.execute(sa.select(tables.user.c.login).where(tables.user.c.is_admin)).scalars().all()
    assert rows == [tenant.login("anna")]
