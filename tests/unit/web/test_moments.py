"""Moments as people read them: near ones in words, far ones as a day, in their zone and language."""

from datetime import datetime

import pytest

from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.web.moments import Moments
from dragoman.web.words import words


def parse(text: str) -> Moment:
    return Moment(int(datetime.fromisoformat(text).timestamp()) * TICKS_PER_SECOND)


NOW = parse("2026-12-02T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("2026-12-02T12:00:30Z", "now", "jetzt"),
        ("2026-12-02T11:56:00Z", "4 min ago", "vor 4 min"),
        ("2026-12-02T14:00:00Z", "in 2 h", "in 2 h"),
        ("2026-12-02T20:30:00Z", "today 21:30", "heute 21:30"),
        ("2026-12-02T23:30:00Z", "tomorrow 00:30", "morgen 00:30"),
        ("2026-12-01T15:20:00Z", "yesterday 16:20", "gestern 16:20"),
        ("2026-12-07T08:00:00Z", "Mon 7 Dec, 09:00", "Mo., 7. Dez., 09:00"),
        ("2026-12-14T08:00:00Z", "Mon 14 Dec", "Mo., 14. Dez."),
        ("2028-12-14T08:00:00Z", "14 Dec 2028", "14. Dez. 2028"),
    ],
)
def test_how_far_a_moment_is_away(text: str, english: str, german: str) -> None:
    for language, expected in (("en", english), ("de", german)):
        assert Moments("Europe/Berlin", words(language), NOW).of(parse(text)).near == expected


def test_in_full() -> None:
    written = Moments("Europe/Berlin", words("en"), NOW).of(NOW)
    assert written == ("2026-12-02T12:00:00Z", "2 Dec 2026, 13:00", "Wed, 2 Dec 2026, 13:00:00 CET", "now")


def test_a_zone_that_is_not_known_any_more_is_utc() -> None:
    assert Moments("Mars/Base").of(NOW).short == "2 Dec 2026, 12:00"
