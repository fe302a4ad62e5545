"""Pages of lists (carrierx-batch.md 10): the requested page and order, and the envelope."""

import re
from collections.abc import Collection
from typing import Any, NoReturn

import msgspec

from dragoman.dialects.carrierx_batch.wire.tasks import Selection
from dragoman.dialects.kit import Request
from dragoman.domain.errors import Invalid
from dragoman.domain.limits import uuid_of

DEFAULT_LIMIT = 10
MOST = 1_000
WHOLE = re.compile(r"[0-9]{1,18}")
SHUFFLE = "shuffle"
DIRECTIONS = {"asc": False, "desc": True}
PAGES = ("limit", "offset")
SELECTION = ("include_fields", "includeFields", "exclude_fields", "excludeFields")
LIST = (*PAGES, "order", "after", "before", "filter", *SELECTION)
"""The parameters of a list."""

PLACES = frozenset({"offset", "after", "before"})
"""The parameters that set where a page begins."""


class Slice(msgspec.Struct, frozen=True):
    """Part of a list: from an offset, or from a sid on."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    after: str | None = None
    before: str | None = None


class Ordering(msgspec.Struct, frozen=True):
    """By one attribute; None of it is any order."""

    attribute: str | None
    descending: bool = False


def refuse(parameter: str, message: str) -> NoReturn:
    """Invalid, to be answered 400."""
    raise Invalid("bad_parameter", f"{parameter} {message}", parameter=parameter)


def _sid(name: str, text: str | None) -> str | None:
    sid = None if text is None else uuid_of(text)
    if text is not None and sid is None:
        refuse(name, "must be a sid")
    return sid


def parse_slice(request: Request, *, by_sid: bool = True) -> Slice:
    """Limit and place. Invalid for what is no number or out of range, and for two places at once. Lists whose items
    have no sid know neither `after` nor `before`."""
    limit = _number(request, "limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MOST:
        refuse("limit", f"must be from 1 to {MOST}")
    after, before = (request.first("after"), request.first("before")) if by_sid else (None, None)
    after, before = _sid("after", after), _sid("before", before)
    if (after is not None or before is not None) and request.first("offset") is not None:
        refuse("offset", "can't be combined with after or before")
    if after is not None and before is not None:
        refuse("before", "can't be combined with after")
    return Slice(limit, _number(request, "offset", 0), after, before)


def parse_order(request: Request, sortable: Collection[str]) -> Ordering | None:
    """`attribute`, `attribute asc`, `attribute desc` or `shuffle`; None when it is absent."""
    words = (request.first("order") or "").split()
    if not words:
        return None
    if words == [SHUFFLE]:
        return Ordering(None)
    direction = words[1].lower() if len(words) == 2 else "asc"
    if len(words) > 2 or direction not in DIRECTIONS:
        refuse("order", "must be an attribute, perhaps with asc or desc behind it, or shuffle")
    if words[0] not in sortable:
        refuse("order", f"must name one of {', '.join(sorted(sortable))}")
    return Ordering(words[0], DIRECTIONS[direction])


def parse_selection(request: Request) -> Selection:
    """`include_fields` and `exclude_fields`; the vendor's Python client writes includeFields [C]."""
    included = _names(request, "include_fields", "includeFields")
    return Selection(included or None, _names(request, "exclude_fields", "excludeFields"))


def envelope(request: Request, part: Slice, items: list[Any], *, first: int, total: int, sids: list[str]) -> Any:
    """One page. `first` is its place in the list; `sids` are those of the items, where they have any."""
    has_more = first + len(items) < total
    pagination: dict[str, str] = {}
    by_sid = part.after is not None or part.before is not None
    if has_more and items:
        pagination["next"] = _link(request, *(("after", sids[-1]) if by_sid else ("offset", first + len(items))))
    if by_sid and first > 0 and items:
        pagination["previous"] = _link(request, "before", sids[0])
    elif part.offset > 0:
        pagination["previous"] = _link(request, "offset", max(0, part.offset - part.limit))
    return {
        "count": len(items),
        "has_more": has_more,
        "items": items,
        "limit": part.limit,
        "offset": part.offset,
        "pagination": pagination,
        "total": total,
    }


def _link(request: Request, name: str, value: object) -> str:
    """The list from another place: all other parameters as the client wrote them (E14)."""
    kept = [pair for pair in request.query_string.split("&") if pair and pair.partition("=")[0] not in PLACES]
    return f"{request.base_url}{request.full_path}?{'&'.join([*kept, f'{name}={value}'])}"


def _number(request: Request, name: str, default: int) -> int:
    text = request.first(name)
    if text is None:
        return default
    if not WHOLE.fullmatch(text):
        refuse(name, "must be a whole number")
    return int(text)


def _names(request: Request, *spellings: str) -> frozenset[str]:
    texts = [text for spelling in spellings for text in request.query.get(spelling, ())]
    return frozenset(name.strip() for text in texts for name in text.split(",") if name.strip())
