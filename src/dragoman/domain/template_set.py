"""Template sets: tasks that are made together for one contact or case, each with its deadline as an offset."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from dragoman.domain.clock import Moment, to_datetime
from dragoman.domain.due import Due, moment_of
from dragoman.domain.errors import Conflict
from dragoman.domain.zones import zone as zone_of

LONGEST_TITLE = 255
MOST_BLUEPRINTS = 1_000
"""Maximum blueprints of one set."""

EARLIEST, LATEST = Moment(-621_355_968_000_000_000), Moment(2_534_023_007_999_999_999)
"""The years 1 to 9999."""


class AppliesTo(StrEnum):
    """What a set is for: any contact, a person, a company, an opportunity, a case."""

    CONTACT = "contact"
    PERSON = "person"
    COMPANY = "company"
    OPPORTUNITY = "opportunity"
    CASE = "case"


class TemplateSet(msgspec.Struct, frozen=True):
    """A set by its number. Its blueprints are rows of their own."""

    tenant: int
    number: int
    uid: str
    title: str
    applies_to: AppliesTo
    creator: str | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    row_version: int = 1


class Blueprint(msgspec.Struct, frozen=True):
    """One task to be made. `offset` counts 100 ns from the moment of applying, before it when negative; with
    `at_time_of_day` from midnight of that day instead."""

    tenant: int
    number: int
    set: int
    title: str
    description: str | None = None
    assignee: str | None = None
    category: int | None = None
    notifies: bool = False
    offset: int = 0
    at_time_of_day: bool = False
    extras: dict[str, dict[str, Any]] = {}
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    row_version: int = 1

    def due(self, at: Moment, zone: str) -> Due:
        """The due time of a task that is made at a moment, in a tenant of this zone. Conflict beyond the years 1 to
        9999."""
        try:
            return _at_time_of_day(self.offset, at, zone) if self.at_time_of_day else Due(_bounded(at + self.offset))
        except (OverflowError, ValueError):
            raise Conflict(
                "due_out_of_range", f"The due time of {self.title} isn't in the years 1 to 9999.", template=self.number
            ) from None


def _at_time_of_day(offset: int, at: Moment, zone: str) -> Due:
    today = to_datetime(at).astimezone(zone_of(zone)).replace(tzinfo=None)
    local = datetime.combine(today, time.min) + timedelta(microseconds=offset // 10)
    if local.microsecond or offset % 10:
        whole = local.replace(microsecond=0)
        rest = local.microsecond * 10 + offset % 10
        return Due(_bounded(moment_of(whole.isoformat(), zone) + rest))
    return Due(moment_of(local.isoformat(), zone), local.isoformat(), zone)


def _bounded(moment: int) -> Moment:
    if not EARLIEST <= moment <= LATEST:
        raise OverflowError
    return Moment(moment)
