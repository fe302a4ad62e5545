"""The switches of this dialect, as `[dialects.ibm_htm]` sets them."""

from dragoman.dialects import kit
from dragoman.dialects.kit import Option

NAME = "ibm_htm"


class Options(kit.Switches, frozen=True):
    """What an operator may choose; the defaults are the vendor's wire."""

    role_denied_status: int = 401


DEFAULTS = Options()

OPTIONS = (
    Option(
        "role_denied_status",
        DEFAULTS.role_denied_status,
        "The status for a user without the role that an action needs: 401 as the vendor has it, or 403 as HTTP does.",
        (401, 403),
    ),
)
