"""Who is admitted next, by the rules alone: seats, turns of tenants, patience."""

import asyncio
from collections.abc import Callable

import pytest

from dragoman.http.server import admission
from dragoman.http.server.admission import MOST_KNOWN, UNKNOWN, Admission, Seat, Shares
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot

NORTH, SOUTH, WEST = 1, 2, 3


class Request:
    """A request that notes when it began, or that it was refused."""

    def __init__(self, name: str, began: list[str]) -> None:
        self.name, self._began = name, began
        self.seat: Seat | None = None

    def go_on(self, seat: Seat | None) -> None:
        self.seat = seat
        self._began.append(self.name if seat is not None else f"{self.name} refused")

    def end(self) -> None:
        assert self.seat is not None
        self.seat.leave()


class Door:
    """An admission, and the names of the requests in the order in which they began."""

    def __init__(self, most: int, patience: float = 60.0) -> None:
        self.admission = Admission(most, patience)
        self.began: list[str] = []

    def ask(self, share: int, name: str) -> Request:
        request = Request(name, self.began)
        seat = self.admission.enter(share, request)
        if seat is not None:
            request.go_on(seat)
        return request


def within(run: Callable[[Door], None], most: int = 2) -> Door:
    """Run with a door, in an event loop."""

    async def all_of_it() -> Door:
        door = Door(most)
        run(door)
        return door

    return asyncio.run(all_of_it())


def test_requests_begin_in_the_order_of_their_arrival() -> None:
    def run(door: Door) -> None:
        first, *_ = [door.ask(NORTH, name) for name in "abcd"]
        assert (door.began, door.admission.waiting) == (["a", "b"], 2)
        first.end()
        assert (door.began, door.admission.waiting) == (["a", "b", "c"], 1)

    within(run)


def test_nobody_overtakes_one_that_waits() -> None:
    def run(door: Door) -> None:
        a, b, c = (door.ask(NORTH, name) for name in "abc")
        a.end()
        b.end()
        door.ask(NORTH, "d")
        c.end()
        door.ask(NORTH, "e")

    assert within(run, most=1).began == ["a", "b", "c", "d"]


def test_a_seat_is_given_back_once() -> None:
    def run(door: Door) -> None:
        a = door.ask(NORTH, "a")
        a.end()
        a.end()
        assert door.admission.in_hand == 0

    within(run)


def test_tenants_take_turns() -> None:
    def run(door: Door) -> None:
        flood = [door.ask(NORTH, f"n{number}") for number in range(6)]
        quiet = [door.ask(SOUTH, f"s{number}") for number in range(3)]
        flood[0].end()
        flood[1].end()
        assert door.began[4:] == ["s0"]  # each has its part: one of four
        flood[2].end()
        flood[3].end()
        assert door.began[4:] == ["s0", "n4"]
        quiet[0].end()
        assert door.began[4:] == ["s0", "n4", "s1"]

    within(run, most=4)


def test_one_tenant_leaves_the_others_their_part() -> None:
    def run(door: Door) -> None:
        door.ask(SOUTH, "s")
        for number in range(9):
            door.ask(NORTH, f"n{number}")
        assert door.admission.in_hand == 3  # a quarter of eight, and the one
        door.ask(WEST, "w")
        assert door.began[-1] == "w"

    within(run, most=8)


def test_room_is_left_for_one_that_was_here_a_moment_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "PRESENT_SECONDS", 0.01)

    async def run() -> None:
        door = Door(8)
        door.ask(SOUTH, "s").end()
        flood = [door.ask(NORTH, f"n{number}") for number in range(9)]
        assert door.admission.in_hand == 2
        await asyncio.sleep(0.02)  # on this loop the moment of forgetting comes first
        door.ask(NORTH, "late")  # there is room now, but others have waited for longer
        flood[0].end()
        assert door.admission.in_hand == 8
        assert "late" not in door.began

    asyncio.run(run())


def test_more_tenants_than_seats_wait_for_each_other_only() -> None:
    def run(door: Door) -> None:
        requests = [door.ask(tenant, f"t{tenant}") for tenant in range(5)]
        for request in requests:
            request.end()

    assert within(run).began == ["t0", "t1", "t2", "t3", "t4"]


def test_one_that_waited_for_too_long_is_refused() -> None:
    async def run() -> list[str]:
        door = Door(1, patience=0.01)
        door.ask(NORTH, "a")
        door.ask(NORTH, "b")
        door.ask(SOUTH, "c")
        while len(door.began) < 3:
            await asyncio.sleep(0.005)
        assert door.admission.waiting == 0
        return door.began

    assert asyncio.run(run()) == ["a", "b refused", "c refused"]


def test_the_counts_are_metrics() -> None:
    def run(door: Door) -> None:
        for name in "abc":
            door.ask(NORTH, name)
        snapshot = Snapshot()
        door.admission.measure(snapshot)
        assert snapshot.levels[table.IN_HAND.name] == {(): 2}
        assert snapshot.levels[table.HELD.name] == {(): 1}

    within(run)


@pytest.mark.parametrize("header", [(b"authorization", b"Bearer x"), (b"cookie", b"dragoman=y")])
def test_a_share_is_learnt_from_the_answer(header: tuple[bytes, bytes]) -> None:
    shares, scope = Shares(), {"headers": [(b"host", b"h"), header]}
    assert shares.of(scope) == UNKNOWN
    shares.learn(scope, 7)
    assert shares.of({"headers": [header]}) == 7
    assert shares.of({"headers": [(header[0], b"other")]}) == UNKNOWN


def test_a_request_without_credentials_teaches_nothing() -> None:
    shares, scope = Shares(), {"headers": [(b"host", b"h")]}
    assert shares.of(scope) == UNKNOWN
    shares.learn(scope, 7)
    assert shares.of(scope) == UNKNOWN


def test_only_so_many_credentials_are_known() -> None:
    shares = Shares()
    for number in range(MOST_KNOWN + 1):
        scope = {"headers": [(b"authorization", b"%d" % number)]}
        shares.of(scope)
        shares.learn(scope, 7)
    assert shares.of({"headers": [(b"authorization", b"0")]}) == UNKNOWN
    assert shares.of({"headers": [(b"authorization", b"%d" % MOST_KNOWN)]}) == 7
