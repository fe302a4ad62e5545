"""The due time of a task: a moment, and the local time and zone that it was computed from, if the user chose those."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from dragoman.domain.clock import Moment, from_datetime, read_iso
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.zones import zone as zone_of


class Due(msgspec.Struct, frozen=True):
    """A due time; `local` is `yyyy-MM-ddTHH:mm:ss`."""

    at: Moment | None = None
    local: str | None = None
    zone: str | None = None


class DueChange(msgspec.Struct, frozen=True):
    """The values that a client sent; UNSET leaves one unchanged."""

    at: Moment | UnsetType | None = UNSET
    local: str | UnsetType | None = UNSET
    zone: str | UnsetType | None = UNSET


UNTOUCHED: Final = DueChange()


def moment_of(local: str, zone: str) -> Moment:
    """The moment of a local time. A time that a clock change skips has the offset before the change; of a time that
    occurs twice, the first is meant (RFC 5545)."""
    return from_datetime(read_iso(local).replace(tzinfo=zone_of(zone)))


def changed(present: Due, change: DueChange, *, default_zone: str) -> Due:
    """The changed due time. A local time determines the moment; a moment alone removes the local time.

    Invalid when a local time and a moment differ.
    """
    if _said(present, change) == present:
        return present  # even if the zone's rules have changed since: clients may send back what they read
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
    """The sent values that differ from the present ones."""
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
