"""Values of a JSON body, by the vendor's rule of coercion (page, 1): a string takes any scalar; a boolean or a number
also takes a string that reads as one; objects and arrays are never taken for something else."""

from typing import Any

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire import ids, times
from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid

LARGEST = 2**31 - 1
"""Of a priority: the vendor's integers have 32 bits."""

_BOOLEANS = {"true": True, "false": False}


def text(name: str, value: Any) -> str:
    """A string, or a scalar as it is written."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise refusals.bad_value(name, "a string is needed")


def must_be_filled(name: str, value: str) -> None:
    """A string that is not blank."""
    if not value.strip():
        raise refusals.bad_value(name, "it may not be empty")


def text_or_null(name: str, value: Any) -> str | None:
    """A string; null takes away what was there."""
    return None if value is None else text(name, value)


def boolean(name: str, value: Any) -> bool:
    """`true` or `false`, in quotes or without."""
    if type(value) is bool:
        return value
    written = _BOOLEANS.get(value.strip().lower()) if type(value) is str else None
    if written is None:
        raise refusals.bad_value(name, "true or false is needed")
    return written


def whole(name: str, value: Any) -> int:
    number = _whole(value)
    if number is None:
        raise refusals.bad_value(name, "a whole number is needed")
    return number


def must_be_priority(_: str, value: int) -> None:
    """A number from 0 on that has 31 bits."""
    if not 0 <= value <= LARGEST:
        raise refusals.bad_priority(value)


def moment(name: str, value: Any) -> Moment:
    """A date and time; null is refused."""
    try:
        if type(value) is str:
            return times.parse(value)
    except ValueError:
        raise refusals.bad_value(name, "a date and time such as 2031-05-04T10:20:30Z is needed") from None
    raise refusals.bad_value(name, "a date and time is needed")


def duration(name: str, value: Any) -> str:
    """A calendar expression, one of the constants, or ISO 8601: kept exactly as it was sent."""
    written = text(name, value)
    if not leads_somewhere(Moment(0), written):
        raise refusals.bad_duration(written)
    return written


def leads_somewhere(start: Moment, length: str) -> bool:
    """Whether a text is a length of time, and one that ends within the years that can be written."""
    try:
        timing.after(start, length)
    except Invalid:
        return False
    return True


def authorization(name: str, value: Any) -> str:
    """What an owner may do with what the task is a part of."""
    if value not in ("AUTH_NONE", "AUTH_READER"):
        raise refusals.bad_value(name, "AUTH_NONE or AUTH_READER is needed")
    return str(value)


def object_id(name: str, value: Any) -> str:
    written = text(name, value)
    if not ids.is_object(written):
        raise refusals.bad_id(written)
    return written


def texts(name: str, value: Any) -> dict[str, str]:
    """An object of strings."""
    if type(value) is not dict:
        raise refusals.bad_value(name, "an object of strings is needed")
    if "" in value:
        raise refusals.bad_value(name, "a name may not be empty")
    return {key: text(f"{name}.{key}", member) for key, member in value.items()}


def _whole(value: Any) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if type(value) is str:
        try:
            return int(value) if value.isascii() and len(value) <= 20 and "_" not in value else None
        except ValueError:
            return None
    return None
