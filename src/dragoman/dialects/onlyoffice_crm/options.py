"""The switches of this dialect, as `[dialects.onlyoffice_crm]` sets them."""

from dragoman.dialects import kit
from dragoman.dialects.kit import Option

NAME = "onlyoffice_crm"


class Options(kit.Switches, frozen=True):
    """What an operator may choose; the defaults are the vendor's wire."""

    default_format: str = "json"
    put_unknown: str | int = "create"
    next_index: str = "vendor"
    default_category: int = 9
    template_admin_only: bool = False


DEFAULTS = Options()

OPTIONS = (
    Option(
        "default_format",
        DEFAULTS.default_format,
        "The format of an answer when neither path nor headers ask for one; servers up to 8.1 gave XML.",
        ("json", "xml"),
    ),
    Option(
        "put_unknown",
        DEFAULTS.put_unknown,
        "What PUT on an unknown task does: make a new one under a new id as the vendor does, or answer 404.",
        ("create", "404", 404),
    ),
    Option(
        "next_index",
        DEFAULTS.next_index,
        "Whether nextIndex is one too many as the vendor has it, or where the next page begins.",
        ("vendor", "correct"),
    ),
    Option(
        "default_category",
        DEFAULTS.default_category,
        "The id of the category shown for tasks that other dialects made without one; 0 shows none (9 is Note).",
    ),
    Option(
        "template_admin_only",
        DEFAULTS.template_admin_only,
        "Whether only administrators change task templates and their containers; the vendor lets every user do it.",
    ),
)
