"""The switches of this dialect, as `[dialects.ibm_htm]` sets them."""

from collections.abc import Mapping

import msgspec

from dragoman.dialects._kit import Option

NAME = "ibm_htm"


class Options(msgspec.Struct, frozen=True):
    """What an operator may choose; the defaults are the vendor's wire."""

    role_denied_status: int = 401

    @classmethod
    def of(cls, values: Mapping[str, object]) -> "Options":
        """From the settings, which checked names, types and choices."""
        return msgspec.convert(dict(values), cls)


DEFAULTS = Options()

OPTIONS = (
    Option(
        "role_denied_status",
        DEFAULTS.role_denied_status,
        "The status for a user without the role that an action needs: 401 as the vendor has it, or 403 as HTTP does.",
        (401, 403),
    ),
)
