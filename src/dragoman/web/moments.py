"""Moments as people read them, in their own time zone and language: near ones in words, others by CLDR."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache
from typing import NamedTuple

from dragoman.domain import zones
from dragoman.domain.clock import FOREVER, TICKS_PER_SECOND, Moment, from_datetime, later, to_datetime
from dragoman.web.words import Words, words

HOURS_IN_WORDS = 6
WEEK = 7
MINUTE, HOUR = 60, 3_600
SLACK = TICKS_PER_SECOND // 1_000
"""Words are counted in microseconds, moments in a tenth of them."""


class Written(NamedTuple):
    """A moment for programs, for people, in full with its zone, and how far it is away in words."""

    iso: str
    short: str
    full: str
    near: str


class Moments:
    """Writes moments in one zone and language, as seen at one moment."""

    def __init__(self, zone: str, said: Words | None = None, now: Moment | None = None) -> None:
        self._zone = _zone(zone)
        self.zone = zone
        self._words = said or words("en")
        self._at = now
        self._others: dict[str, Moments] = {}
        self._now = None if now is None else to_datetime(now)
        self._today = None if self._now is None else self._now.astimezone(self._zone).date()

    def of(self, moment: Moment) -> Written:
        """The moment, to the minute."""
        utc, local, iso, short, full = _fixed(moment, self._zone, self._words.language)
        return Written(iso, short, full, self._near(utc, local) or short)

    def elsewhere(self, zone: str | None) -> "Moments":
        """The same in the zone in which a moment was chosen; None: in this one."""
        if zone is None or zone == self.zone:
            return self
        if zone not in self._others:
            self._others[zone] = Moments(zone, self._words, self._at)
        return self._others[zone]

    def zone_at(self, moment: Moment) -> str:
        """What the zone is called at a moment, shortly: `CET`, or `+04` where it has no such name."""
        return to_datetime(moment).astimezone(self._zone).tzname() or self.zone

    def near_until(self, moment: Moment) -> Moment:
        """Until when the moment reads in words as it does now; perhaps it still does so then."""
        if self._now is None:
            return FOREVER
        now = from_datetime(self._now)
        seconds = abs(moment - now) // TICKS_PER_SECOND
        if seconds < MINUTE:
            until = later(moment, seconds=MINUTE)
        elif seconds < HOURS_IN_WORDS * HOUR:
            unit = MINUTE if seconds < HOUR else HOUR
            count = seconds // unit
            until = later(moment, seconds=(count + 1) * unit if moment < now else -count * unit)
        else:
            soon = later(moment, seconds=-HOURS_IN_WORDS * HOUR) if moment > now else FOREVER
            until = min(soon, self._end_of_day)
        return Moment(until - SLACK)

    @cached_property
    def _end_of_day(self) -> Moment:
        """When the day of the reader ends."""
        if self._today is None:
            return FOREVER
        return from_datetime(datetime.combine(self._today + timedelta(days=1), time(), self._zone))

    def day(self, moment: Moment) -> str:
        """Its day as `2026-12-01`, for a field of a form."""
        return f"{to_datetime(moment).astimezone(self._zone):%Y-%m-%d}"

    def time(self, moment: Moment) -> str:
        """Its time of the day as `14:00`, for a field of a form."""
        return f"{to_datetime(moment).astimezone(self._zone):%H:%M}"

    def written_day(self, day: date) -> str:
        """A day as people write it."""
        return self._format(datetime(day.year, day.month, day.day, tzinfo=UTC), "yMMMd")

    def of_day(self, moment: Moment) -> str:
        """The day of a moment of which only the day in UTC is known, as people write it."""
        return self.written_day(to_datetime(moment).date())

    def clock(self, moment: Moment) -> str:
        """Its time of the day to the second."""
        return f"{to_datetime(moment).astimezone(self._zone):%H:%M:%S}"

    def _near(self, utc: datetime, local: datetime) -> str:
        if self._now is None or self._today is None:
            return ""
        say = self._words
        apart = utc - self._now
        seconds = abs(apart.total_seconds())
        if seconds < 60:
            return say.gettext("now")
        if seconds < HOURS_IN_WORDS * HOUR:
            minutes = int(seconds // MINUTE)
            amount = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
            text = say.gettext("in %(amount)s") if apart > timedelta() else say.gettext("%(amount)s ago")
            return text % {"amount": amount}
        day = local.date()
        days = (day - self._today).days
        if abs(days) >= WEEK:
            return self._format(local, "MMMEd" if day.year == self._today.year else "yMMMd")
        clock = f"{local:%H:%M}"
        if days == 0:
            return say.gettext("today %(time)s", time=clock)
        if days == 1:
            return say.gettext("tomorrow %(time)s", time=clock)
        if days == -1:
            return say.gettext("yesterday %(time)s", time=clock)
        return f"{self._format(local, 'MMMEd')}, {clock}"

    def _format(self, local: datetime, skeleton: str) -> str:
        return _day(local.date(), skeleton, self._words.language)


@lru_cache(10_000)
def _fixed(moment: Moment, zone: tzinfo, language: str) -> tuple[datetime, datetime, str, str, str]:
    """The moment in UTC and in a zone, for programs, short and in full: what is the same whenever it is read."""
    utc = to_datetime(moment)
    local = utc.astimezone(zone)
    full = f"{_day(local.date(), 'yMMMEd', language)}, {local:%H:%M:%S} {local.tzname()}"
    short = f"{_day(local.date(), 'yMMMd', language)}, {local:%H:%M}"
    return utc, local, f"{utc:%Y-%m-%dT%H:%M:%S}Z", short, full


@lru_cache(10_000)
def _day(day: date, skeleton: str, language: str) -> str:
    from babel.dates import format_skeleton  # a page without moments needs none of it

    return str(format_skeleton(skeleton, day, locale="en_GB" if language == "en" else language))


def _zone(name: str) -> tzinfo:
    try:
        return zones.zone(name)
    except ValueError:  # stored by an earlier version, whose rules knew it
        return UTC
