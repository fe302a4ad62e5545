"""When a task is due: a moment, and beside it the local time and zone that a person chose, from which it follows."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from dragoman.domain.clock import Moment, from_datetime
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.zones import zone as zone_of


class Due(msgspec.Struct, frozen=True):
    """The three facts; `local` is `yyyy-MM-ddTHH:mm:ss`."""

    at: Moment | None = None
    local: str | None = None
    zone: str | None = None


class DueChange(msgspec.Struct, frozen=True):
    """What a client says of them; UNSET is not to be touched."""

    at: Moment | UnsetType | None = UNSET
    local: str | UnsetType | None = UNSET
    zone: str | UnsetType | None = UNSET


UNTOUCHED: Final = DueChange()


def moment_of(local: str, zone: str) -> Moment:
    """The moment of a wall time. One that a clock change skips takes the offset before it, one that comes twice is
    the first (RFC 5545)."""
    return from_datetime(datetime.fromisoformat(local).replace(tzinfo=zone_of(zone)))


def changed(present: Due, change: DueChange, *, default_zone: str) -> Due:
    """The facts as they are afterwards. A local time decides; a moment alone lets go of the local time.

    Invalid when a local time and a moment are given that aren't the same.
    """
    if _said(present, change) == present:
        return present  # also when the rules of the zone say otherwise by now: what was read may be sent back
    if isinstance(change.local, str):
        return _from_local(change.local, _zone(present, change, default_zone), change)
    if isinstance(change.at, int):
        return _from_moment(present, change.at, change)
    if change.at is None:
        return Due()
    if change.local is None or (change.zone is None and present.local is not None):
        return Due(present.at)
    if isinstance(change.zone, str) and present.local is not None:
        return _from_local(present.local, change.zone, change)
    return present if change.zone is UNSET else Due(present.at, None, change.zone)


def _said(present: Due, change: DueChange) -> Due:
    """The facts as they are sent, each that isn't as it is present."""
    return Due(
        present.at if change.at is UNSET else change.at,
        present.local if change.local is UNSET else change.local,
        present.zone if change.zone is UNSET else change.zone,
    )


def _zone(present: Due, change: DueChange, default: str) -> str:
    if isinstance(change.zone, str):
        return change.zone
    return default if change.zone is None else present.zone or default


def _from_local(local: str, zone: str, change: DueChange) -> Due:
    at = moment_of(local, zone)
    if change.at is not UNSET and change.at != at:
        message = f"{local} in {zone} is another moment than due_at"
        problem = Problem("/due_at", "contradiction", message)
        raise Invalid("due_contradiction", f"The due time contradicts itself: {message}.", (problem,), status=409)
    return Due(at, local, zone)


def _from_moment(present: Due, at: Moment, change: DueChange) -> Due:
    return Due(at, None, change.zone if isinstance(change.zone, str) else None)
