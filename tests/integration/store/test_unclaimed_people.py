"""Databases from before unclaimed names: tasks of nobody that there is become ready, and their names are listed."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.store import migrations
from dragoman.store.engine.engines import Engine
from dragoman.store.maintenance import verification
from dragoman.store.migrations import unclaimed_people
from dragoman.store.unit.overlay import Stamp, first_link
from dragoman.usecases.identity.users import acting
from tests.integration.store.test_migrations import at_form, user_of_before
from tests.integration.usecases.test_aliases import LOST_USER, ask, crm
from tests.support.world import World

STRANGER, OTHER = "6d9be2a4-1111-4222-8333-444455550000", "6d9be2a4-1111-4222-8333-444455550001"
ANNA = user_of_before(1, "anna", is_admin=True, email=None)


def first_row(entity: str, number: int) -> dict[str, Any]:
    """The row of history of a creation, in the first form."""
    changes = json.dumps({"title": [None, f"{entity} {number}"]})
    digest = first_link("", 1, entity, number, 1, Moment(7), Stamp("anna", "onlyoffice_crm", "create"), changes)
    row = {"table": "history", "tenant": 1, "entity": entity, "number": number, "revision": 1, "at": 7}
    who = {"principal": "anna", "dialect": "onlyoffice_crm", "operation": "create"}
    return {**row, **who, "changes": changes, "hash": digest}


def task_of_before(number: int, assignee: str | None, state: str = "claimed", **others: Any) -> list[dict[str, Any]]:
    """The rows of a task of form 0007, and of its creation."""
    row, uid = first_row("task", number), f"00000000-0000-7000-9000-{number:012x}"
    shown = {"tenant": 1, "number": number, "uid": uid, "kind": "work", "title": f"task {number}", "state": state}
    texts = dict.fromkeys(("timing", "messages", "properties", "extras"), "{}")
    moments = dict.fromkeys(("created_at", "modified_at", "claimed_at", "activated_at"), 7)
    task = {"table": "task", **shown, **texts, **moments, "assignee": assignee, "case": 1, "creator": ANNA["uid"]}
    return [{**task, "head_hash": row["hash"], **others}, row]


INBOX = {"table": "case", "tenant": 1, "number": 1, "uid": "00000000-0000-7000-a000-000000000001", "kind": "inbox"}
ROWS = [
    {"table": "setting", "tenant": 0, "name": "tenant:main", "value": "1"},
    {"table": "tenant", "tenant": 1, "name": "main", "zone": "UTC"},
    {**INBOX, "head_hash": first_row("case", 1)["hash"], "created_at": 7, "modified_at": 7, "started_at": 7},
    first_row("case", 1),
    {"table": "login_name", "tenant": 0, "login": "anna", "user_tenant": 1, "user": ANNA["uid"]},
    ANNA,
    {"table": "alias", "tenant": 1, "dialect": "genesys", "alias": "31", "user": ANNA["uid"], "created_at": 2},
    {"table": "alias", "tenant": 1, "dialect": "genesys", "alias": "30", "user": ANNA["uid"], "created_at": 3},
    *task_of_before(1, STRANGER),
    *task_of_before(2, STRANGER.upper(), timing='{"wakes": "release"}', extras='{"onlyoffice_crm": {"contact": "9"}}'),
    *task_of_before(3, STRANGER, "completed"),
    *task_of_before(4, ANNA["uid"]),
    *task_of_before(5, OTHER, "inactive"),
    *task_of_before(6, None, "ready", extras='{"genesys": {"started": {"timestamp": "x", "resource_id": 99}}}'),
    *task_of_before(7, None, "ready", extras='{"genesys": {"started": {"timestamp": "x", "resource_id": 31}}}'),
    *task_of_before(8, None, "ready", extras=json.dumps({"onlyoffice_crm": {"responsible": OTHER}})),
    *task_of_before(9, "somebody"),
]


def found(engine: Engine, text: str) -> list[tuple[Any, ...]]:
    with engine.raw.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


def test_tasks_of_no_user_become_nobodys(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unclaimed_people, "SLICE", 2)
    with at_form("0007", empty_database_url, ROWS) as engine:
        migrations.run(engine)
        report = verification.verify(engine)
        assert (report.broken, report.rows) == (None, 10 + 4)
        tasks = found(engine, "SELECT number, state, assignee, revision FROM task ORDER BY number")
        assert tasks == [
            *((number, "ready", None, 2) for number in (1, 2)),
            (3, "completed", STRANGER, 1),
            (4, "claimed", ANNA["uid"], 1),
            (5, "inactive", None, 2),
            *((number, "ready", None, 1) for number in (6, 7, 8)),
            (9, "ready", None, 2),
        ]
        rows = found(engine, "SELECT operation, principal, changes FROM history WHERE number = 2 AND revision = 2")
        assert rows[0][:2] == ("migration.unknown_assignee", "system")
        changes = json.loads(rows[0][2])
        assert (changes["state"], changes["assignee"]) == (["claimed", "ready"], [STRANGER.upper(), None])
        assert changes["timing.wakes"] == ["release", None]
        assert changes["extras.onlyoffice_crm"] == [{"contact": "9"}, {"contact": "9", "responsible": STRANGER}]
        assert sorted(found(engine, "SELECT dialect, name, task FROM unclaimed_task")) == [
            ("genesys", "99", 6),
            ("onlyoffice_crm", STRANGER, 1),
            ("onlyoffice_crm", STRANGER, 2),
            ("onlyoffice_crm", OTHER, 5),
            ("onlyoffice_crm", OTHER, 8),
        ]
        names = found(engine, "SELECT dialect, name, first_seen_at, count FROM unclaimed_name ORDER BY name")
        assert names == [("onlyoffice_crm", STRANGER, 7, 2), ("onlyoffice_crm", OTHER, 7, 2), ("genesys", "99", 7, 1)]
        assert json.loads(found(engine, 'SELECT extras FROM "user"')[0][0]) == {"genesys": {"alias": "31"}}
    assert_they_can_be_given(empty_database_url)


def assert_they_can_be_given(url: str) -> None:
    """The program works with them as with names that were sent to it."""
    world = World(url)
    world.people["anna"] = world.core(lambda uow: acting(uow, uow.users.get(ANNA["uid"])))
    items = ask(world, "GET", "/v1/unclaimed-names")[1]["items"]
    assert [item["open_tasks"] for item in items] == [2, 2, 1]
    assert crm(world, "GET", "crm/task/1")[1]["responsible"]["id"] == LOST_USER
    status, done = ask(world, "POST", f"/v1/unclaimed-names/onlyoffice_crm/{STRANGER}/claim", {"user": "anna"})
    assert (status, done["assigned"]) == (200, 2)
    assert world.task(2).extras == {"onlyoffice_crm": {"contact": "9"}}
    world.close()
