"""Values of entries as keys: a number and its text are the same key."""

from dragoman.command import Ref
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of


def is_number(text: str) -> bool:
    """Whether the text is a number as entities have it."""
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 19 and int(text) <= LARGEST_NUMBER


def ref(text: str) -> Ref | None:
    """The number or id that the text is; None for any other text."""
    return int(text) if is_number(text) else uuid_of(text)


def only(count: int, number: int) -> tuple[int, int | None]:
    """How many objects match a value, and the number of the one if it is the only one."""
    return count, number if count == 1 else None
