"""What processes cost, as the kernel counts it: processor time, and memory that is theirs alone."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(child) for child in children.read_text().split()]
    except FileNotFoundError:
        return []
    return [pid, *(each for child in found for each in family(child))]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that they and those of their children who ended have used."""
    return sum(_ticks(pid) for pid in pids) / TICKS


def _ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15])  # user, system, and the same of children that were waited for


def memory_mb(pids: Iterable[int]) -> float:
    """Their memory without mapped files, in MB of a million bytes."""
    return sum(_anonymous_kib(pid) for pid in pids) * 1024 / 1e6


def _anonymous_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0
