"""Migrations bring what the code expects, once, however many start at the same moment."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dragoman.domain.clock import Moment
from dragoman.store import migrations
from dragoman.store.engine.engines import Engine
from dragoman.store.maintenance import export as portable
from dragoman.store.maintenance import verification
from dragoman.store.tables import metadata
from dragoman.store.unit import overlay
from dragoman.store.unit.overlay import HistoryRow, Stamp
from tests.support.history import HistoryWorld
from tests.support.reflection import reflected
from tests.support.server import PROGRAM, environment

FIRST_FORM = "0001"


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_tables_are_those_of_the_code(empty_database_url: str) -> None:
    engine = Engine(empty_database_url)
    migrations.run(engine)

    with engine.raw.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours, "compare_type": True})
        found = compare_metadata(context, metadata)
        plan = _plan(connection)
    engine.dispose()

    assert found == []
    assert "task_by_state_due" in plan


def _plan(connection: sa.Connection) -> str:
    """How the database finds a state's tasks by due time: by the index that can't be compared, so it is there."""
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    if explain == "EXPLAIN":
        connection.execute(sa.text("SET enable_seqscan = off"))
        connection.execute(sa.text("SET enable_sort = off"))
    found = (
        "SELECT number FROM task WHERE tenant = 1 AND state = 'ready' ORDER BY coalesce(due_at, 9223372036854775807)"
    )
    return str(connection.execute(sa.text(f"{explain} {found}, number")).all())


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
    # Expression indexes can't be compared; alembic's tables and what PostgreSQL computes aren't in our metadata.
    by_expression = ("state_due", "end_due", "urgency", "priority", "title", "change", "hour")
    ours = ("task_of_nobody", *(f"task_by_{order}" for order in by_expression))
    return name not in ("alembic_version", "migration_lock", "changed_hour", *ours)


def test_several_processes_may_start_at_once(empty_database_url: str) -> None:
    starting = [
        subprocess.Popen([PROGRAM, "tenant", "add", f"tenant-{index}"], env=environment(empty_database_url))
        for index in range(4)
    ]

    assert [process.wait(60) for process in starting] == [0] * 4
    engine = Engine(empty_database_url)
    with engine.raw.connect() as connection:
        versions = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    engine.dispose()
    assert versions == [migrations.HEAD]


def test_the_newest_migration_is_the_one_that_the_start_looks_for() -> None:
    script = ScriptDirectory(str(migrations.FOLDER))

    assert script.get_heads() == [migrations.HEAD]


def of_the_first_form(
    previous: str, tenant: int, entity: str, number: int, revision: int, at: Moment, stamp: Stamp, changes: str
) -> HistoryRow:
    """A row of history as it was written before the eighth migration."""
    digest = overlay.first_link(previous, tenant, entity, number, revision, at, stamp, changes)
    who, dialect, operation = stamp.principal, stamp.dialect, stamp.operation
    return HistoryRow(tenant, entity, number, revision, at, who, dialect, operation, changes, digest, stamp.cause)


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The rows of a database with a past, as an export has them."""
    monkeypatch.setattr(overlay, "chained", of_the_first_form)
    past = HistoryWorld(f"sqlite:///{tmp_path / 'past.db'}")
    past.live()
    past.app.close()
    monkeypatch.undo()
    return rows(Engine(f"sqlite:///{tmp_path / 'past.db'}"))


@pytest.fixture
def old(empty_database_url: str, past: list[dict[str, Any]]) -> Iterator[Engine]:
    """A database of the first form that holds all of that."""
    with at_form(FIRST_FORM, empty_database_url, past) as engine:
        yield engine


@contextmanager
def at_form(form: str, url: str, held: list[dict[str, Any]]) -> Iterator[Engine]:
    """A database of this form with these rows, without what their tables don't have yet."""
    engine = Engine(url)
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    config.attributes["engine"] = engine
    command.upgrade(config, form)
    with engine.raw.begin() as connection:
        tables = reflected(connection)
        for row in held:
            table = tables.tables[row["table"]]
            connection.execute(table.insert().values({name: row[name] for name in row if name in table.columns}))
    yield engine
    engine.dispose()


def rows(engine: Engine) -> list[dict[str, Any]]:
    return [json.loads(line) for line in list(portable.lines(engine, Moment(0)))[1:-1]]


def columns_of(engine: Engine) -> dict[str, set[str]]:
    """What each table has."""
    with engine.raw.connect() as connection:
        tables = reflected(connection)
    return {name: set(table.columns.keys()) for name, table in tables.tables.items()}


def test_a_database_of_the_first_form_keeps_all_that_it_holds(old: Engine, past: list[dict[str, Any]]) -> None:
    assert "template" not in columns_of(old)["task"]
    migrations.run(old)
    assert rows(old) == past
    report = verification.verify(old)
    assert (report.broken, report.rows) == (None, 35)


def test_an_export_of_the_first_form_is_read(old: Engine, past: list[dict[str, Any]], tmp_path: Path) -> None:
    known = columns_of(old)
    first = b'{"dragoman":"export","format":1,"revision":"0001","made_at":0,"tenants":["main","north"]}\n'
    lines = [first]
    for row in past:
        kept = {name: row[name] for name in row if name == "table" or name in known[row["table"]]}
        lines.append(json.dumps(kept).encode() + b"\n")
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    last = json.dumps({"dragoman": "end", "rows": len(past), "sha256": digest}).encode() + b"\n"
    target = Engine(f"sqlite:///{tmp_path / 'target.db'}")
    migrations.run(target)
    assert portable.load(target, [*lines, last]) == len(past)
    assert rows(target) == past
    target.dispose()


def user_of_before(number: int, login: str, **others: Any) -> dict[str, Any]:
    uid = f"00000000-0000-7000-8000-{number:012x}"
    shown = {"tenant": 1, "uid": uid, "number": number, "login": login, "display_name": login, "created_at": 7}
    return {"table": "user", **shown, "is_admin": False, "roles": "[]", "groups": "[]", **others}


def token_of_before(digest: str, scopes: list[str], expires_at: int | None) -> dict[str, Any]:
    user = "00000000-0000-7000-8000-000000000001"
    shown = {"tenant": 1, "hash": digest, "user": user, "scopes": json.dumps(scopes)}
    return {"table": "token", **shown, "created_at": 7, "expires_at": expires_at}


A_YEAR = 365 * 86_400 * 10_000_000
OF_A_LOGIN = [f"{noun}.{verb}" for noun in ("task", "category", "contact", "case") for verb in ("read", "write")]
PEOPLE_OF_BEFORE = [
    user_of_before(1, "Anna", is_admin=True, roles='["Supervisor"]', groups='["g2","g1"]', email="Anna@Example.com"),
    user_of_before(2, "bert", roles='["Administrator"]', groups='["g2"]'),
    {"table": "group", "tenant": 1, "uid": "g1", "name": "second", "created_at": 3},
    {"table": "group", "tenant": 1, "uid": "g2", "name": "first", "created_at": 4},
    {"table": "login_name", "tenant": 0, "login": "Anna", "user_tenant": 1, "user": user_of_before(1, "")["uid"]},
    token_of_before("a" * 64, ["task.read"], None),
    token_of_before("b" * 64, [*OF_A_LOGIN, "user.read"], 7 + A_YEAR),
    token_of_before("c" * 64, [*OF_A_LOGIN, "user.read"], None),
]


def test_people_of_before_keep_their_rights(empty_database_url: str) -> None:
    with at_form("0007", empty_database_url, PEOPLE_OF_BEFORE) as engine:
        migrations.run(engine)
        assert_people_are_complete(engine)


def test_an_export_with_people_of_before_is_completed(empty_database_url: str, tmp_path: Path) -> None:
    first = b'{"dragoman":"export","format":1,"revision":"0007","made_at":0,"tenants":["main"]}\n'
    lines = [first, *(json.dumps(complete(row)).encode() + b"\n" for row in PEOPLE_OF_BEFORE)]
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    last = json.dumps({"dragoman": "end", "rows": len(lines) - 1, "sha256": digest}).encode() + b"\n"
    target = Engine(empty_database_url)
    migrations.run(target)
    portable.load(target, [*lines, last])
    assert_people_are_complete(target)
    target.dispose()


def complete(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the members that an export of its time had and a statement may leave out."""
    needed: dict[str, dict[str, Any]] = {"user": {"modified_at": 7, "extras": "{}"}, "token": {"revoked_at": None}}
    return {**needed.get(row["table"], {}), **row, "row_version": 1}


def assert_people_are_complete(engine: Engine) -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(engine):
        found.setdefault(row["table"], []).append(row)
    anna, bert = found["user"]
    assert (json.loads(anna["roles"]), anna["is_admin"], anna["revision"]) == (["supervisor", "administrator"], True, 0)
    assert (json.loads(bert["roles"]), bert["is_admin"], bert["kind"]) == (["administrator"], True, "person")
    assert [(row["name"], row["number"]) for row in found["group"]] == [("second", 2), ("first", 1)]
    assert ("group", 2) in [(row["name"], row["value"]) for row in found["counter"]]
    members = [(row["group"], row["user"][-1], row["source"]) for row in found["group_member"]]
    assert members == [("g1", "1", "manual"), ("g2", "1", "manual"), ("g2", "2", "manual")]
    kinds = [(row["kind"], row["gives_decision"], len(row["uid"])) for row in found["token"]]
    assert kinds == [("api", True, 36), ("login", False, 36), ("api", True, 36)]
    logins = [(row["login"], row["folded"], row["user"][-1]) for row in found["login_name"]]
    assert logins == [("Anna", "anna", "1"), ("anna@example.com", "anna@example.com", "1")]


def batch_task_of_before(number: int, state: str, **others: Any) -> dict[str, Any]:
    shown = {"tenant": 1, "number": number, "uid": f"t{number}", "kind": "batch", "state": state, "title": "x"}
    return {"table": "task", **shown, "created_at": 7, "modified_at": 7, **others}


def test_open_batches_of_before_are_for_reviewers_and_ended_ones_get_a_job(empty_database_url: str) -> None:
    held = [
        batch_task_of_before(1, "ready"),
        batch_task_of_before(2, "completed"),
        batch_task_of_before(3, "claimed", work_item_count=1),
        {"table": "work_item", "tenant": 1, "task": 3, "role": "potential_owner", "holder": "group:g"},
        batch_task_of_before(4, "ready", kind="work"),
    ]
    with at_form("0007", empty_database_url, held) as engine:
        migrations.run(engine)
        with engine.raw.connect() as connection:
            items = connection.execute(sa.text("SELECT task, role, holder FROM work_item ORDER BY task")).all()
            counts = connection.execute(sa.text("SELECT number, work_item_count FROM task ORDER BY number")).all()
            jobs = connection.execute(sa.text("SELECT kind, state FROM job")).all()
    assert [tuple(row) for row in items] == [
        (1, "potential_owner", "role:reviewer"), (3, "potential_owner", "group:g"),
    ]  # fmt: skip
    assert [tuple(row) for row in counts] == [(1, 1), (2, 0), (3, 1), (4, 0)]
    assert [tuple(row) for row in jobs] == [("batch.audiences", "available")]


def test_opportunities_of_before_keep_their_stage(empty_database_url: str) -> None:
    shown = {"table": "case", "tenant": 1, "title": "x", "created_at": 7, "modified_at": 7}
    held = [
        shown | {"number": 1, "uid": "c1", "kind": "opportunity", "extras": '{"onlyoffice_crm":{"stage":8}}'},
        shown | {"number": 2, "uid": "c2", "kind": "opportunity", "extras": "{}"},
        shown | {"number": 3, "uid": "c3", "kind": "case", "extras": '{"onlyoffice_crm":{"stage":8}}'},
    ]
    with at_form("0017", empty_database_url, held) as engine:
        migrations.run(engine)
        with engine.raw.connect() as connection:
            rows = connection.execute(sa.text('SELECT sales_stage, members, labels FROM "case" ORDER BY number')).all()
    assert [tuple(row) for row in rows] == [(8, "[]", "[]"), (None, "[]", "[]"), (None, "[]", "[]")]


def test_the_work_list_of_a_task_of_before_is_no_fact_of_a_dialect_any_more(
    empty_database_url: str, past: list[dict[str, Any]]
) -> None:
    first, second = [row for row in past if row["table"] == "task"][:2]
    first["extras"] = '{"ibm_htm":{"workBasketName":"Incoming","eventHandlerName":"h"},"genesys":{"a":1.50}}'
    second["extras"] = '{"ibm_htm":{"workBasketName":"Incoming"}}'
    with at_form("0018", empty_database_url, past) as engine:
        migrations.run(engine)
        kept = {(row["tenant"], row["number"]): row for row in rows(engine) if row["table"] == "task"}
    lists = [kept[row["tenant"], row["number"]] for row in (first, second)]
    assert [row["work_list"] for row in lists] == ["Incoming", "Incoming"]
    assert [row["extras"] for row in lists] == ['{"ibm_htm":{"eventHandlerName":"h"},"genesys":{"a":1.50}}', "{}"]
