"""Time zones, with the rules of the pinned `tzdata` rather than the machine's, so that all nodes agree."""

import zoneinfo
from datetime import UTC, tzinfo
from functools import cache

from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # a package of data

zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()

RELEASE: str = IANA_VERSION
"""The release of the rules."""

NOTED_AS = "zones.release"
"""The tenant's setting with the release by which its local times were computed."""


def zone(name: str) -> tzinfo:
    """The zone of this name. ValueError when there is none."""
    if name == "UTC":
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as unknown:
        raise ValueError(f"There is no time zone {name}.") from unknown


@cache
def names() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(zoneinfo.available_timezones()) - {"localtime", "Factory"}
