"""Query parameters of a type: what each takes, and how it refuses (page, 1 and 13)."""

import re

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.kit import Request

LARGEST = 9_223_372_036_854_775_807
_DIGITS = re.compile(r"[0-9]{1,19}")


def boolean(request: Request, name: str, *, default: bool) -> bool:
    """`true` or `false`, in letters of either case. Invalid for another word."""
    text = request.first(name)
    if text is None:
        return default
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise refusals.unknown_value(name, text, ("true", "false"))
    return word == "true"


def whole_number(request: Request, name: str) -> int | None:
    """A number from 0 on, or None when it isn't there. Invalid for all else."""
    return natural(name, request.first(name))


def natural(name: str, text: str | None) -> int | None:
    """The same of a parameter's text."""
    if text is None:
        return None
    found = _DIGITS.fullmatch(text.strip())
    if found is None or int(found[0]) > LARGEST:
        raise refusals.unknown_value(name, text)
    return int(found[0])
