"""Cursors: where the next page of a list begins. Good for that list alone: same path, same conditions, same order."""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlencode

from msgspec import UnsetType

from dragoman.dialects.kit import Request
from dragoman.dialects.kit.forms import parse_query
from dragoman.dialects.kit.paging import CursorValue, decode_cursor, encode_cursor
from dragoman.dialects.native import responses as replies
from dragoman.domain.errors import Invalid, Problem

NOT_OF_THE_LIST = frozenset({"cursor", "limit"})


def read(
    request: Request, cursor: str | UnsetType, types: Sequence[type[CursorValue]]
) -> tuple[CursorValue, ...] | None:
    """The content of the cursor, None when there is none. Invalid when it isn't one of this list's."""
    if isinstance(cursor, UnsetType):
        return None
    try:
        values = decode_cursor(cursor, sort=_list(request.full_path, request.query_string))
    except Invalid as refused:
        raise _refusal() from refused
    if len(values) != len(types) or any(type(value) is not kind for value, kind in zip(values, types, strict=True)):
        raise _refusal()
    return values


def read_number(request: Request, cursor: str | UnsetType) -> int:
    """The number behind which the page begins; 0 for the first one."""
    values = read(request, cursor, (int,))
    return values[0] if values is not None and isinstance(values[0], int) else 0


def link(request: Request, after: tuple[CursorValue, ...]) -> str:
    """The link to the next page of the requested list."""
    return replies.next_link(request, encode_cursor(after, sort=_list(request.full_path, request.query_string)))


@lru_cache(maxsize=512)
def _list(path: str, query_string: str) -> str:
    query = parse_query(query_string)
    conditions = sorted((name, values) for name, values in query.items() if name not in NOT_OF_THE_LIST)
    return f"{path}?{urlencode(conditions, doseq=True)}"


def _refusal() -> Invalid:
    why = "can't be read, or belongs to another list"
    return Invalid("invalid_cursor", f"The cursor {why}.", (Problem("?cursor", "cursor", why),))
