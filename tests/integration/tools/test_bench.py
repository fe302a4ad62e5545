"""What the benchmark makes of its rounds."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.compare import Row, Table
from bench.goals import GOALS, missing
from bench.kept import Figure, Kept
from bench.load import Answers
from bench.page import render
from bench.plan import Plan
from bench.profiling import IDLE, RATE, Profile, layers


class Prepared:
    """A contender whose rates are known beforehand."""

    works = ("read",)

    def __init__(self, name: str, rates: Sequence[float]) -> None:
        self.name, self._rates = name, [0.0, *rates]  # the first load only warms up

    def ask(self, work: str, connections: int, seconds: float) -> Answers:
        """See Contender."""
        return Answers(100, self._rates.pop(0), 1.0, 2.0)

    def pids(self) -> list[int]:
        """No process."""
        return []


@pytest.fixture
def table() -> Table:
    told: list[str] = []
    made = Table(0, told.append)
    contenders = [Prepared("ours", (10.0, 40.0, 90.0)), Prepared("theirs", (5.0, 10.0, 10.0))]
    made.rounds("sqlite", contenders, [("read", 64), ("update", 64)], 3, 1.0)
    assert len(told) == 6
    return made


def test_a_ratio_is_the_median_of_the_rounds_ratios(table: Table) -> None:
    assert table.ratio("sqlite", "read", 64, "ours", "theirs") == 4.0


def test_each_figure_of_a_contender_is_its_middle(table: Table) -> None:
    assert [(row.name, row.work, row.rate) for row in table.medians()] == [
        ("ours", "read", 40.0),
        ("theirs", "read", 10.0),
    ]


def test_every_figure_stands_on_the_page_with_its_goal() -> None:
    figures = dict.fromkeys(GOALS, 1.6)
    row = Row("postgres", "read", 64, "Kinto", 12345.6, 1.0, 2.0, 3.0, 4.0, 5.0)
    profile = Profile("sqlite", "list", 10.0, {"store": {"lanes": 12.0}, IDLE: {"lanes": 9.0}})
    kept = Kept()
    kept.add("abc", figures, [row], [profile])
    page = render(Plan(), kept)
    assert all(f"| `{name}` | 1.6 |" in page for name in GOALS)
    assert "| PostgreSQL | read | 64 | Kinto | 12,346 |" in page
    assert "at most 1.5 (missed)" in page
    assert "| store |  | 12 |  |" in page
    assert IDLE not in page


def test_figures_of_a_stage_take_the_place_of_earlier_ones_and_leave_the_others(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    row = Row("sqlite", "read", 64, "ours", 1.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    profile = Profile("sqlite", "list", 10.0, {"store": {"lanes": 12.0}})
    first = Kept()
    first.add(
        "aaa", {"ready_s": 2.0, "rss_mb_1m": 175.0, "of no goal": 1.0}, [row], [profile], {"undo_vs_run_sqlite": "why"}
    )
    first.save(file)
    later = Kept.load(file)
    assert later == first
    later.add("bbb", {"ready_s": 1.0, "undo_vs_run_sqlite": 0.9}, [replace(row, rate=7.0)])
    assert later.figures == {
        "undo_vs_run_sqlite": Figure(0.9, "bbb"),
        "rss_mb_1m": Figure(175.0, "aaa"),
        "ready_s": Figure(1.0, "bbb"),
    }
    assert later.left_out == {}
    assert [(each.row.rate, each.commit) for each in later.rows] == [(7.0, "bbb")]
    assert [each.commit for each in later.profiles] == ["aaa"]
    page = render(Plan(), later)
    assert "| `ready_s` | 1 | at most 1.5 | bbb |" in page
    assert "At commit aaa." in page


def test_a_figure_that_was_not_measured_is_missed() -> None:
    assert missing(dict.fromkeys(GOALS.keys() - {"ready_s"}, 1.0)) == {"ready_s"}


def test_a_sample_belongs_to_what_is_waited_for_or_to_the_innermost_layer() -> None:
    stacks = [
        "thread (7): lane-0;_run (dragoman/store/lane.py:1);do_commit (sqlalchemy/engine.py:1);fsync (libc.so) 3",
        "thread (7): lane-1;_run (dragoman/store/lane.py:1);change (dragoman/usecases/tasks.py:1);sorted (libpython) 2",
        "thread (9): MainThread;send (dragoman/http/answers.py:1);pthread_cond_timedwait (libc.so) 1",
    ]
    microseconds = 1e6 / RATE / 2.0 / 100.0
    assert layers(stacks, 2.0, 100.0) == {
        "waits for the disk": {"lanes": pytest.approx(3 * microseconds)},
        "use cases and domain": {"lanes": pytest.approx(2 * microseconds)},
        "waits for the interpreter": {"event loop": pytest.approx(1 * microseconds)},
    }
