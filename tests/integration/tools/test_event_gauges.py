"""What the gauges of the event log take for a fault: a wrong count, order or signature, a commit not there."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from bench import earlier, event_rows, log_cost
from bench.compare import Table
from bench.make_world import Only
from bench.page import render
from bench.plan import Bench, Plan
from bench.world import World, make
from dragoman.store import tables
from dragoman.store.engine.engines import Engine


@pytest.fixture
def place(tmp_path: Path) -> World:
    return make(Only(f"sqlite:///{tmp_path}/bench.db"), "sqlite", 1_000)


def test_the_log_is_counted_beside_history(place: World) -> None:
    event_rows.check(place)
    with Engine(place.url).writer() as connection:
        connection.execute(sa.delete(tables.event).where(tables.event.c.sequence == 7))
        connection.commit()
    with pytest.raises(SystemExit, match="the event log on sqlite is wrong"):
        event_rows.check(place)


def test_without_the_earlier_commit_its_figure_is_left_out_for_all_to_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    bench = Bench(Plan(), tmp_path, Only(""), Table(0, lines.append))
    monkeypatch.setattr(log_cost, "BEFORE", "0" * 40)
    monkeypatch.setattr(Bench, "report", lambda self, line: lines.append(line))
    log_cost.run(bench, "sqlite")
    assert not bench.figures
    assert lines == [f"left out: update_with_events_sqlite: {bench.left_out['update_with_events_sqlite']}"]
    assert "(left out) | commit 0000" in render(Plan(), {}, [], [], bench.left_out)


def test_a_folder_without_git_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "ROOT", tmp_path)
    with pytest.raises(earlier.NotInThisCloneError), earlier.checked_out(log_cost.BEFORE, tmp_path / "source"):
        pass
