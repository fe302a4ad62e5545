"""Pages of lists, and the members that a client wants of each item (page, 5.2 and 10).

Paging is never refused: an unreadable number is the default, an unknown member is ignored. A search is, for too many
words.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.wire.parameters import Parameters
from dragoman.domain.errors import Invalid
from dragoman.domain.search import MOST_WORDS, search_words
from dragoman.domain.text import folded

LARGEST_PAGE = 1_000
PAGING = ("startIndex", "count", "sortBy", "sortOrder", "filterBy", "filterOp", "filterValue", "fields")
"""The parameters of every list; `fields` also of a single object."""
DESCENDING = "descending"

_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,18})\s*")

Item = dict[str, Any]
Test = Callable[[str, str], bool]

TESTS: Mapping[str, Test] = {
    "contains": lambda value, wanted: wanted in value,
    "equals": lambda value, wanted: value == wanted,
    "startswith": lambda value, wanted: value.startswith(wanted),
    "endswith": lambda value, wanted: value.endswith(wanted),
    "present": lambda value, wanted: bool(value),
}


class Paging(msgspec.Struct, frozen=True):
    """The paging of a list. `fields` None: all members."""

    start: int = 0
    count: int = LARGEST_PAGE
    sort_by: str = ""
    is_descending: bool = False
    filter_by: str = ""
    filter_op: str = ""
    filter_value: str = ""
    fields: frozenset[str] | None = None

    @property
    def end(self) -> int:
        """Where the page ends."""
        return self.start + self.count


def read_paging(parameters: Parameters) -> Paging:
    start = _number(parameters.text("startIndex"), 0)
    count = _number(parameters.text("count"), LARGEST_PAGE)
    return Paging(
        start=max(start, 0),
        count=min(count, LARGEST_PAGE) if count >= 0 else LARGEST_PAGE,
        sort_by=(parameters.text("sortBy") or "").strip().lower(),
        is_descending=parameters.text("sortOrder") == DESCENDING,
        filter_by=(parameters.text("filterBy") or "").strip().lower(),
        filter_op=(parameters.text("filterOp") or "").strip().lower(),
        filter_value=parameters.text("filterValue") or "",
        fields=_fields(parameters),
    )


def words_of(filter_value: str) -> tuple[str, ...]:
    """The words of a search. Invalid for too many."""
    try:
        return search_words(folded(filter_value).split(), "filterValue")
    except Invalid as refusal:
        raise bad_argument("filterValue", f"more than {MOST_WORDS} words") from refusal


def _number(text: str | None, default: int) -> int:
    found = _NUMBER.fullmatch(text or "")
    return default if found is None else int(found[1])


def _fields(parameters: Parameters) -> frozenset[str] | None:
    names = {name.strip().lower() for text in parameters.values("fields") for name in text.split(",")}
    return frozenset(names - {""}) or None


def choose(response: Any, fields: frozenset[str] | None) -> Any:
    """The named members of an object, or of each object in an array; nested objects stay whole."""
    if fields is None:
        return response
    if isinstance(response, list):
        return [choose(item, fields) for item in response]
    if isinstance(response, dict):
        return {name: value for name, value in response.items() if name.lower() in fields}
    return response


def matching(items: list[Item], paging: Paging) -> list[Item]:
    """The items of which a member passes the client's test; all of them for an unknown test."""
    test = TESTS.get(paging.filter_op or "equals")
    if not paging.filter_by or test is None:
        return items
    wanted = folded(paging.filter_value)
    return [item for item in items if test(folded(_text(member(item, paging.filter_by))), wanted)]


def in_order(items: list[Item], paging: Paging) -> list[Item]:
    """The items sorted on a member, those that are alike as they were; objects and unknown members sort nothing."""
    if not paging.sort_by:
        return items
    return sorted(items, key=lambda item: _rank(member(item, paging.sort_by)), reverse=paging.is_descending)


def member(item: Item, name: str) -> Any:
    """A member by its name in lower case; None when the item hasn't got it."""
    return next((value for known, value in item.items() if known.lower() == name), None)


def _rank(value: Any) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float):
        return 1, value, ""
    return (2, 0, value.casefold()) if isinstance(value, str) else (0, 0, "")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""
