"""Cursors of lists: the place of a task in an order, as a parameter of an address."""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from dragoman.domain.errors import Invalid
from dragoman.usecases.inbox.lists import Place, Sort

TEXTS = frozenset({"title", "state", "contact", "assignee"})
"""Orders by text; the others are by numbers."""


def written(place: Place) -> str:
    """The place as a parameter."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(place))).decode().rstrip("=")


def read(text: str, sorts: Sequence[Sort]) -> Place:
    """The place that a parameter names in this order. Invalid for what is none."""
    types = [*(str if sort.key in TEXTS else int for sort in sorts), int]
    try:
        found = msgspec.json.decode(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise _bad() from None
    if not isinstance(found, list) or [type(value) for value in found] != types:
        raise _bad()
    return tuple(found)


def _bad() -> Invalid:
    return Invalid("invalid_cursor", "This page of the list can't be found any more. Begin with its first page.")
