"""When a list may run that waits for transactions under way, and up to which moment it is complete."""

from typing import Any

import pytest

from dragoman.domain.clock import Moment
from dragoman.store.engine.engines import is_postgresql_itself
from dragoman.store.unit.awaiting import Awaited

NOON = Moment(17_900_000_000_000_000)
MILLISECOND = 10_000
CONNECTION: Any = None


class Writers:
    """Transactions that are under way at each look."""

    def __init__(self, *looks: str) -> None:
        self.looks = [frozenset(names) for names in looks]

    def look(self, connection: Any) -> frozenset[str]:
        return self.looks.pop(0)


def looked(ticks: int, moments: list[int], *looks: str) -> list[int | None]:
    """Up to which moment it is complete after each look, counted from noon."""
    awaited, writers = Awaited(ticks, Moment(NOON + moments[0])), Writers(*looks)
    known = []
    for moment in moments:
        awaited.look(Moment(NOON + moment), writers, CONNECTION)  # type: ignore[arg-type]
        known.append(None if awaited.known_until is None else awaited.known_until - NOON)
    return known


def test_nobody_writes() -> None:
    assert looked(1, [5], "") == [5]


def test_those_that_began_later_are_not_waited_for() -> None:
    assert looked(1, [5, 6, 7], "ab", "bcd", "cd") == [None, None, 5]


def test_one_whose_name_is_used_again_has_ended() -> None:
    assert looked(1, [5, 6, 7], "ab", "a", "b") == [None, None, 5]


def test_a_unit_is_over_before_its_writers_are_looked_at() -> None:
    end = MILLISECOND - 1
    assert looked(MILLISECOND, [5, 9, MILLISECOND, MILLISECOND], "a", "") == [None, None, None, end]


def test_a_clock_that_stands_or_is_set_back_is_not_waited_for() -> None:
    assert looked(MILLISECOND, [5, 5], "") == [None, 5]
    assert looked(MILLISECOND, [5, 2], "") == [None, 2]


def test_pauses_become_longer() -> None:
    awaited = Awaited(1, NOON)
    first = awaited.pause_seconds
    for _ in range(20):
        awaited.look(NOON, Writers("a"), CONNECTION)  # type: ignore[arg-type]
    assert first < awaited.pause_seconds <= 0.05


@pytest.mark.parametrize(
    ("version", "is_itself"),
    [
        ("PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc", True),
        ("PostgreSQL 17beta1 on x86_64-pc-linux-gnu", True),
        ("PostgreSQL 11.2-YB-2.18.0.0-b0 on x86_64-pc-linux-gnu", False),
        ("CockroachDB CCL v23.2.0 (x86_64-pc-linux-gnu)", False),
    ],
)
def test_postgresql_itself_is_known_by_its_version(version: str, *, is_itself: bool) -> None:
    assert is_postgresql_itself(version) is is_itself
