"""What runs gave, kept in `bench/figures.json`: a whole run takes hours, so its stages may be measured one at a time.

Each figure, row and profile stands with the commit at which it was measured.
"""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from bench.compare import Row
from bench.goals import GOALS
from bench.processes import ROOT
from bench.profiling import Profile

FILE = Path(__file__).with_name("figures.json")


class Figure(msgspec.Struct, frozen=True, array_like=True):
    """A figure's value, and the commit at which it was measured."""

    value: float
    commit: str


class KeptRow(msgspec.Struct, frozen=True):
    """The same of what a contender gave."""

    row: Row
    commit: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What it was measured of."""
        return (self.row.engine, self.row.work, self.row.connections, self.row.name)


class KeptProfile(msgspec.Struct, frozen=True):
    """The same of where the time went."""

    profile: Profile
    commit: str

    @property
    def key(self) -> tuple[str, str]:
        """What it was measured of."""
        return (self.profile.engine, self.profile.work)


K = TypeVar("K", KeptRow, KeptProfile)


class Kept(msgspec.Struct):
    """All of them. A new one takes the place of that before it."""

    figures: dict[str, Figure] = {}
    left_out: dict[str, str] = {}
    rows: list[KeptRow] = []
    profiles: list[KeptProfile] = []

    @classmethod
    def load(cls, file: Path = FILE) -> Self:
        """What earlier runs gave."""
        return msgspec.json.decode(file.read_bytes(), type=cls) if file.exists() else cls()

    def save(self, file: Path = FILE) -> None:
        """Keep it for later runs."""
        file.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")

    def add(
        self,
        commit: str,
        figures: Mapping[str, float],
        rows: Iterable[Row] = (),
        profiles: Iterable[Profile] = (),
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        """Add those of a run. Figures without a goal any more are dropped."""
        known = self.figures | {name: Figure(value, commit) for name, value in figures.items()}
        self.figures = {name: known[name] for name in GOALS if name in known}
        left = self.left_out | dict(left_out or {})
        self.left_out = {name: why for name, why in left.items() if name in GOALS and name not in self.figures}
        self.rows = _replaced(self.rows, [KeptRow(row, commit) for row in rows])
        self.profiles = _replaced(self.profiles, [KeptProfile(profile, commit) for profile in profiles])


def _replaced(before: "list[K]", now: "list[K]") -> "list[K]":
    keys: dict[Any, K] = {each.key: each for each in now}
    same: list[K] = [keys.pop(each.key, each) for each in before]
    return same + list(keys.values())


def commit() -> str:
    """The commit of this checkout, with a plus sign where files differ from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=True)
    changed = subprocess.run([*git, "status", "--porcelain", "--", "src", "bench"], capture_output=True, text=True)
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
