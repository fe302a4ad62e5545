"""Every operation, asked for everything with another tenant's id: the answer is the one for an id that nobody has, to
the byte but for the id, and nothing of the other tenant is ever told or changed.

Each row of an authorization.toml succeeds with ids of one's own, so that the refusals are about the ids. An operation
without a row fails.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from dragoman.dialects.kit import Dialect, OperationSpec
from dragoman.store import tables
from tests.support.authorization_requests import ASKED, PLACE, ask
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.operation_rows import DIALECTS
from tests.support.samples import KINDS, Samples, unknown
from tests.support.server import Answer
from tests.support.tenant import Tenant

CONFIG = '[[dialects.genesys.business_attribute]]\nname = "Known"\ndbid = 1\n'
"""What operations ask for that only a configuration can have."""
REFUSED = 300
FAR = 1_000_000
"""Where the numbers of the other tenant begin, so that none of them is one of ours as well."""
VARYING = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d+")
OPEN = frozenset({"self", "link"})
"""What tells nothing: one's own login, and the token of a link, which is itself the right to use it."""
WORDS = frozenset(
    {"{role}", "{query}", "{kind}", "{ext}", "{name}", "{type}", "{cid}", "{dialect}", "{provider}", "{revision}"}
)
"""Variables of paths that are words of the dialect, or of its clients, or names within something that has an id."""
BUSY = frozenset({"job", "digest", "digest_head", "delivery", "delivery_try"})
"""What background work writes by itself."""
NOTED = frozenset({"last_used_at", "last_dialect", "last_seen_at", "failing_since", "position"})
"""What is noted behind requests and by senders."""
TIMED = frozenset({"date", "x-request-id", "etag", "content-length", "location", "set-cookie"})


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def application(request: pytest.FixtureRequest, databases: Databases) -> Iterator[InProcessServer]:
    """An application on each engine."""
    with databases.lent(request.param) as url, InProcessServer(url, config=CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def foreign(application: InProcessServer) -> Samples:
    """The other tenant, whose numbers are far from anybody's."""
    samples = Samples(Tenant(application), "Zanzibar")
    for kind in ("task", "case", "person", "category", "user", "state", "blueprint", "event_number"):
        assert samples[kind]  # so that there are the counters of their numbers
    with application.app.store.engine.raw.connect() as connection:
        counter = tables.counter
        far = {"value": counter.c.value + FAR}
        of_numbers = (counter.c.tenant == samples.tenant.key, counter.c.name != "event")  # the log has no gaps
        connection.execute(sa.update(counter).where(*of_numbers).values(far))
        connection.commit()
    far_things = Samples(samples.tenant, "Zanzibar")
    for kind in KINDS:
        assert far_things[kind]
    return far_things


@pytest.fixture(scope="module")
def own(application: InProcessServer) -> Tenant:
    """The tenant that asks."""
    return Tenant(application)


def without(answer: Answer, value: object) -> tuple[int, dict[str, str], bytes]:
    """What is the same whatever the id was; of what went well, all but ids and moments."""
    spelt = b"|".join(re.escape(text.encode()) for text in (quote(str(value)), str(value)))
    body = re.sub(rb"(?<![\w-])(?:" + spelt + rb")(?![\w-])", b"ID", answer.body)
    if answer.status < 300:
        body = VARYING.sub(b"#", body)
    return answer.status, {name: text for name, text in answer.headers.items() if name not in TIMED}, body


def rows_of(application: InProcessServer, tenant: int) -> dict[str, list[tuple[Any, ...]]]:
    """All that is stored of a tenant, table by table."""
    kept = {name: table for name, table in tables.metadata.tables.items() if "tenant" in table.c and name not in BUSY}
    with application.app.store.engine.raw.connect() as connection:
        of_tenant = {name: _all_but_noted(table).where(table.c.tenant == tenant) for name, table in kept.items()}
        return {name: sorted(map(tuple, connection.execute(rows)), key=str) for name, rows in of_tenant.items()}


def _all_but_noted(table: sa.Table) -> "sa.Select[tuple[Any, ...]]":
    noted = NOTED | {"row_version"} if table is tables.webhook else NOTED
    return sa.select(*(column for column in table.c if column.name not in noted))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_operation_has_its_row(dialect: Dialect) -> None:
    assert sorted(operation.name for operation in dialect.operations) == sorted(ASKED[dialect.name])
    for operation in dialect.operations:
        path = ASKED[dialect.name][operation.name][0].partition("?")[0]
        assert re.fullmatch(PLACE.sub("[^/]+", operation.path), path), operation.name
        told = dict(zip(operation.path.split("/"), path.split("/"), strict=True))
        ids = {name: value for name, value in told.items() if name.startswith("{") and name not in WORDS}
        assert all(value.startswith("{") for value in ids.values()), operation.name


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_foreign_id_is_like_one_that_nobody_has(
    dialect: Dialect, application: InProcessServer, own: Tenant, foreign: Samples
) -> None:
    before = rows_of(application, foreign.tenant.key)
    faults = [fault for operation in dialect.operations for fault in differences(dialect, operation, own, foreign)]
    assert not faults, "\n".join(map(str, faults))
    assert rows_of(application, foreign.tenant.key) == before


def differences(dialect: Dialect, operation: OperationSpec, own: Tenant, foreign: Samples) -> Iterator[object]:
    """What gives a foreign id away; and a row that doesn't succeed with one's own."""
    row, mine = ASKED[dialect.name][operation.name], Samples(own, "Mine")
    ids = {kind: mine[kind] for kind in PLACE.findall("".join(row))}
    for kind in ids.keys() - OPEN:
        theirs, nobodys = foreign[kind], unknown(kind, foreign[kind])
        told = without(ask(own, dialect, operation, row, ids | {kind: theirs}), theirs)
        expected = without(ask(own, dialect, operation, row, ids | {kind: nobodys}), nobodys)
        if told != expected or foreign.word.encode() in told[2]:
            yield operation.name, kind, told, expected
    answer = ask(own, dialect, operation, row, ids)
    if answer.status >= REFUSED or foreign.word.encode() in answer.body:
        yield operation.name, "own ids", answer.status, answer.body
