"""How long a run takes and how much it moves. A short run has the same figures; they mean less."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.compare import Table
from bench.world import Databases

ENGINES = ("sqlite", "postgres")
BEFORE = "1f705df"
"""The commit that is compared with."""


@dataclass(frozen=True)
class Plan:
    """Rounds and their seconds, and numbers of tasks."""

    rounds: int = 5
    bulk_rounds: int = 3
    seconds: float = 3.0
    few: int = 10_000
    many: int = 1_000_000
    entries: int = 100_000
    events: int = 100_000
    idle_streams: int = 1_000
    idle_seconds: float = 32.0
    kinto_records: int = 256
    engines: Sequence[str] = ENGINES
    only: Sequence[str] = ()


QUICK = Plan(
    rounds=2, bulk_rounds=1, seconds=0.8, many=50_000, entries=30_000, events=20_000, idle_seconds=3.0, kinto_records=80
)


@dataclass
class Bench:
    """A run: its plan, where its databases are, what was measured, and the figures that follow from it."""

    plan: Plan
    folder: Path
    databases: Databases
    table: Table
    figures: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    """Figures that this run can't give, and why."""

    def leave_out(self, name: str, reason: str) -> None:
        """Go on without a figure; both the output and the page show that it is not there."""
        self.left_out[name] = reason
        self.report(f"left out: {name}: {reason}")

    def report(self, line: str) -> None:
        """How it goes, at once."""
        print(line, flush=True)
