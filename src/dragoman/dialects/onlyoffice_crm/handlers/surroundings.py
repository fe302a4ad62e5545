"""What clients ask beside tasks: how to log in, which version, which zone (page, 13)."""

from datetime import timedelta
from typing import Any

import msgspec

from dragoman.command import Keys
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.wire.dates import zone_of
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.domain.clock import to_datetime
from dragoman.usecases.uow import UnitOfWork

COMPATIBLE_WITH = "12.7.1"
"""The vendor's version whose API this is."""


class Nothing(msgspec.Struct, frozen=True):
    """A question that needs no row."""

    def keys(self) -> Keys:
        return Keys()


def parse(request: Request) -> Nothing:
    """A request without parameters."""
    if request.body:
        gather(request)
    return Nothing()


def capabilities(uow: UnitOfWork, command: Nothing) -> dict[str, Any]:
    """How people may log in: by password alone."""
    return {"ldapEnabled": False, "oauthEnabled": False, "providers": [], "ssoLabel": "", "ssoUrl": ""}


def build(uow: UnitOfWork, command: Nothing) -> dict[str, Any]:
    """The version that clients may count on."""
    return {"communityServer": COMPATIBLE_WITH}


def settings(uow: UnitOfWork, command: Nothing) -> dict[str, Any]:
    """The portal's zone and culture."""
    offset = to_datetime(uow.now).astimezone(zone_of(uow.home.zone)).utcoffset() or timedelta()
    return {
        "timezone": uow.home.zone,
        "trustedDomains": [],
        "trustedDomainsType": 0,
        "culture": "en-US",
        "utcOffset": _span(offset),
        "utcHoursOffset": _hours(offset),
    }


def _span(offset: timedelta) -> str:
    """As .NET writes a TimeSpan: `-03:30:00`."""
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if offset < timedelta() else ''}{hours:02d}:{minutes:02d}:{seconds:02d}"


def _hours(offset: timedelta) -> int | float:
    hours = offset.total_seconds() / 3600
    return int(hours) if hours.is_integer() else hours
