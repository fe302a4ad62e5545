"""`docs/reference/performance.md`: what runs gave, how it was measured, and where the time goes."""

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.goals import GOALS, Goal
from bench.kept import Figure, Kept, KeptProfile, KeptRow
from bench.plan import Plan
from bench.profiling import IDLE, THREADS
from dragoman.store.engine.sqlite import sqlite
from tests.support.postgres import find_programs

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "performance.md"
TEMPLATE = Path(__file__).with_name("performance.template.md")


def write(plan: Plan, kept: Kept) -> None:
    """Rewrite the page."""
    PAGE.write_text(render(plan, kept), encoding="utf-8")


def render(plan: Plan, kept: Kept) -> str:
    """The page, with what could not be measured, and why."""
    tables = {
        "figures": _figures(kept),
        "rows": _rows(kept.rows),
        "profiles": "\n".join(map(_profile, kept.profiles)),
        "machine": _machine(),
    }
    return TEMPLATE.read_text("utf-8").format(plan=plan, **tables).rstrip() + "\n"


def _figures(kept: Kept) -> str:
    lines = (
        _figure(name, goal, kept.figures[name])
        if name in kept.figures
        else (f"`{name}`", "", f"{goal} (left out)", "", kept.left_out[name])
        for name, goal in GOALS.items()
        if name in kept.figures or name in kept.left_out
    )
    return _table(("figure", "is", "goal", "commit", "what"), lines, "lrlll")


def _figure(name: str, goal: Goal, figure: Figure) -> tuple[str, ...]:
    missed = "" if goal.is_reached(figure.value) else " (missed)"
    return f"`{name}`", f"{figure.value:.3g}", f"{goal}{missed}", figure.commit, goal.meaning


def _rows(rows: Sequence[KeptRow]) -> str:
    titles = (
        "database",
        "work",
        "connections",
        "server",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "CPU µs",
        "PostgreSQL µs",
        "MB",
        "commit",
    )
    lines = (
        (
            _title(row.engine),
            row.work,
            str(row.connections),
            row.name,
            f"{row.rate:,.0f}",
            f"{row.p50_ms:.2f}",
            f"{row.p99_ms:.2f}",
            f"{row.cpu_us:,.0f}",
            f"{row.database_cpu_us:,.0f}" if row.database_cpu_us else "",
            f"{row.memory_mb:.0f}",
            kept.commit,
        )
        for kept in rows
        for row in (kept.row,)
    )
    return _table(titles, lines, "llrlrrrrrrl")


def _profile(kept: KeptProfile) -> str:
    profile = kept.profile
    threads = list(THREADS.values())
    layers = sorted(profile.layers.items(), key=lambda item: -sum(item[1].values()))
    lines = (
        (layer, *(f"{found[thread]:.0f}" if found.get(thread, 0) >= 0.5 else "" for thread in threads))
        for layer, found in layers
        if layer != IDLE
    )
    title = f"### {_title(profile.engine)}, {profile.work}\n\nAt commit {kept.commit}.\n\n"
    return title + _table(("µs of a request", *threads), lines, "l" + "r" * len(threads))


def _machine() -> str:
    model = next((line.partition(": ")[2] for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    rows = (
        ("processors", f"{os.cpu_count()} × {model or platform.machine()}"),
        ("memory", f"{memory * 1024 / 1e9:.0f} GB"),
        ("system", f"{platform.system()} {platform.release().partition('-')[0]}"),
        ("Python", platform.python_version()),
        ("SQLite", sqlite.sqlite_version),
        ("PostgreSQL", _postgresql()),
    )
    return _table(("", ""), rows, "ll")


def _postgresql() -> str:
    version = subprocess.run([find_programs() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return version.stdout.split()[2]


def _lines(file: str) -> list[str]:
    path = Path(file)
    return path.read_text().splitlines() if path.exists() else []


def _title(engine: str) -> str:
    return {"sqlite": "SQLite", "postgres": "PostgreSQL"}[engine]


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]], places: str) -> str:
    marks = {"l": "---", "r": "---:"}
    head = (titles, [marks[place] for place in places])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (*head, *lines))
