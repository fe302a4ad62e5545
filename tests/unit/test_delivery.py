"""What deliveries compute: pauses, what a server asks for, secrets that are blotted out, turns."""

import asyncio
import base64
from datetime import UTC, datetime

import pytest

from dragoman.delivery.blot import Blot
from dragoman.delivery.pace import Later, Pace
from dragoman.delivery.retries import asked_pause, pause
from dragoman.domain.clock import FixedClock, Moment, from_datetime
from dragoman.domain.outside import Retry

NOW = from_datetime(datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC))


def test_pauses_double_up_to_the_maximum() -> None:
    retry = Retry(backoff_s=0.5, max_s=3)
    for tries, whole in ((1, 0.5), (2, 1), (3, 2), (4, 3), (50, 3), (5000, 3)):
        drawn = [pause(retry, tries) for _ in range(50)]
        assert all(whole / 2 <= seconds <= whole for seconds in drawn)
        assert len(set(drawn)) > 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("7200", 3600),
        ("9" * 400, 3600),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 13:01:30 GMT", 3600),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 14:00:30 +0200", 30),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        (None, None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
    ],
)
def test_the_pause_that_a_server_asks_for(header: str | None, seconds: float | None) -> None:
    assert asked_pause(header, NOW) == seconds


SECRET = "Bearer s3cr3t/token+1"


@pytest.mark.parametrize(
    "text",
    [
        "Bearer s3cr3t/token+1",
        "s3cr3t/token+1",
        "s3cr3t%2Ftoken%2B1",
        base64.b64encode(b"s3cr3t/token+1").decode(),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_blotted_out_however_it_is_spelled(text: str) -> None:
    blot = Blot([SECRET])
    assert blot.holds(f"you sent {text}!")
    shown = blot.text(f"you sent {text}!")
    assert shown.startswith("you sent ***")
    assert "s3cr3t" not in shown
    assert base64.b64encode(b"s3cr3t").decode()[:6] not in shown


def test_login_and_password_of_basic_are_blotted_out() -> None:
    blot = Blot(["Basic " + base64.b64encode(b"crm:pass word").decode()])
    assert blot.text("crm:pass word, pass word, pass%20word, pass+word") == "***, ***, ***, ***"


def test_names_and_values_of_json_are_blotted_out() -> None:
    value = {"a": [f"x {SECRET}", 1, None, True], f"k{SECRET}": {"b": "fine"}}
    assert Blot([SECRET]).value(value) == {"a": ["x ***", 1, None, True], "k***": {"b": "fine"}}


def test_a_short_secret_is_blotted_out_but_not_its_parts() -> None:
    assert Blot(["a b"]).text("a b, abba") == "***, abba"
    assert Blot([""]).text("all stays") == "all stays"


class Steps:
    """A clock and a sleep that moves it."""

    def __init__(self) -> None:
        self.clock = FixedClock(Moment(0))

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(max(seconds, 1e-6))  # more than a tick

    def pace(self, rate: float | None, concurrency: int = 1) -> Pace:
        return Pace(self.clock, rate=rate, concurrency=concurrency, patience_seconds=10, sleep=self.sleep)


async def take(pace: Pace, steps: Steps, count: int) -> list[float]:
    """The seconds at which turns came."""
    at = []
    for _ in range(count):
        async with pace.turn():
            at.append(steps.clock.monotonic())
    return at


@pytest.mark.parametrize("rate", [0.5, 3, 20, 1000])
def test_turns_keep_to_the_rate(rate: float) -> None:
    steps = Steps()
    at = asyncio.run(take(steps.pace(rate), steps, 60))
    assert at[-1] == pytest.approx(59 / rate, rel=0.05, abs=0.11)
    for first in range(60):
        for last in range(first, 60):
            assert last - first + 1 <= rate * (at[last] - at[first]) + 1 + rate / 10 + 1e-6


def test_a_missed_second_is_not_caught_up_with() -> None:
    async def run(steps: Steps) -> list[float]:
        pace = steps.pace(10)
        await take(pace, steps, 1)
        steps.clock.advance(100)
        return await take(pace, steps, 12)

    at = asyncio.run(run(Steps()))
    assert at[-1] - at[0] == pytest.approx(1.0, abs=0.11)


def test_a_short_hold_is_waited_for_and_a_long_one_reported() -> None:
    async def run(steps: Steps) -> list[float]:
        pace = steps.pace(None)
        pace.hold(7)
        pace.hold(3)
        at = await take(pace, steps, 1)
        pace.hold(60)
        with pytest.raises(Later) as later:
            await take(pace, steps, 1)
        steps.clock.advance(later.value.seconds)
        return at + await take(pace, steps, 1)

    assert asyncio.run(run(Steps())) == pytest.approx([7, 67])
