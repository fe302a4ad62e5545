"""The event log in copies: a restored log has another name and the same events, an imported one begins anew."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.store.maintenance import backup, export
from dragoman.store.maintenance.verification import verify
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.databases import Databases
from tests.support.world import NOON, World

YEAR = 365 * 86_400
LOG = "SELECT tenant, sequence, uid, type, subject FROM event ORDER BY tenant, sequence"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """With two tenants, and a change by a clock that was a year ahead."""
    made = World(f"sqlite:///{tmp_path / 'one.db'}")
    north = made.app.ensure_tenant("north")
    make(made)
    made.core(lambda uow: tasks.add(uow, title="x"), None, north)
    made.clock.advance(YEAR)
    make(made)
    made.clock.advance(-YEAR)
    yield made
    made.close()


def make(world: World) -> None:
    world.core(lambda uow: tasks.add(uow, title="x"))


def names(world: World) -> dict[int, str]:
    return {
        tenant: json.loads(value)
        for tenant, value in world.sql("SELECT tenant, value FROM setting WHERE name = 'log_id'")
    }


def log(world: World) -> list[Any]:
    return [tuple(row) for row in world.sql(LOG)]


def test_a_restored_log_has_its_events_and_another_name(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup.save(world.app.store.engine, copy, NOON)
    backup.restore(World(f"sqlite:///{tmp_path / 'two.db'}").app.store.engine, copy, force=True)
    other = World(f"sqlite:///{tmp_path / 'two.db'}")
    assert log(other) == log(world)
    assert set(names(other)) == set(names(world)) == {1, 2}
    assert not set(names(other).values()) & set(names(world).values())
    make(other)
    assert [row[1] for row in log(other) if row[0] == 1] == [1, 2, 3, 4]
    assert verify(other.app.store.engine).broken is None
    other.close()


def test_an_imported_log_begins_anew(world: World, databases: Databases, backend: str) -> None:
    other = World(databases.new(backend))
    lines = list(export.lines(world.app.store.engine, NOON))
    assert not any(b"log_id" in line or b"task.created" in line for line in lines)
    export.load(other.app.store.engine, lines, replace=True)
    assert log(other) == []
    assert set(names(other)) == {1, 2}
    assert not set(names(other).values()) & set(names(world).values())
    assert verify(other.app.store.engine).broken is None
    other.clock.advance(2 * YEAR)
    make(other)
    assert [row[:2] for row in log(other)] == [(1, 1)]
    assert verify(other.app.store.engine).broken is None
    other.close()
