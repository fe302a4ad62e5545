"""The parts of a list's page that are drawn once: what their elements depend on, and the texts that stand in them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from dragoman.domain.task_query import terms
from dragoman.domain.view import View
from dragoman.usecases.inbox.lists import Looked
from dragoman.web.rows.columns import Column, columns
from dragoman.web.views.inbox import chips
from dragoman.web.views.inbox.asked import Asked
from dragoman.web.words import Words

ADDED = ("category", "dialect", "due", "extension")
"""What a term can be added of, without script."""
KEPT = 300


class Ask(NamedTuple):
    """What the form of the filter depends on."""

    list: str
    limit: int
    has_faults: bool
    has_columns: bool
    has_view: bool
    is_view: bool
    is_changed: bool
    may_save: bool


class Chips(NamedTuple):
    """What the chips depend on: which have "Remove", and of what a term is added just now."""

    are_removable: tuple[bool, ...]
    adding: str | None


class Heading(NamedTuple):
    """A column, and the direction of the present order, if it is by this one."""

    column: Column
    direction: str


def ask(wanted: Asked, view: View | None, *, has_faults: bool, is_changed: bool, may_save: bool) -> Ask:
    """The form of the filter of a list, or of a saved view."""
    return Ask(
        list=wanted.list,
        limit=wanted.limit,
        has_faults=has_faults,
        has_columns=wanted.cols is not None,
        has_view=wanted.view is not None,
        is_view=view is not None,
        is_changed=is_changed,
        may_save=may_save,
    )


@lru_cache(KEPT)
def chips_of(
    wanted: Asked, text: str, found: Sequence[terms.Term], said: Words
) -> tuple[Chips, Mapping[str, str | Markup]]:
    """The chips of a list with this filter, and their texts and addresses."""
    shown = chips.chips(wanted.list, found, said)
    values: dict[str, str | Markup] = {f"add_{name}": wanted.href(add=name) for name in ADDED}
    for place, chip in enumerate(shown):
        values[f"text_{place}"] = chip.text
        if chip.term is not None:
            values[f"without_{place}"] = wanted.href(q=terms.without(text, chip.term))
    return Chips(tuple(chip.term is not None for chip in shown), wanted.add), values


def headings(wanted: Asked, looked: Looked) -> tuple[tuple[Heading, ...], Mapping[str, str]]:
    """The headings of the columns, and where they lead: one sorts by its column upwards, pressed again downwards."""
    order = next((each for each in looked.filter.terms if each.key == "sort"), None)
    return _headings(wanted, looked.filter.text, order.values[0].text if order is not None else _usual(looked))


@lru_cache(KEPT)
def _headings(wanted: Asked, text: str, first: str) -> tuple[tuple[Heading, ...], Mapping[str, str]]:
    shape, values = [], {}
    for place, column in enumerate(columns(wanted.list, wanted.cols)):
        direction = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(first, "") if column.sort else ""
        shape.append(Heading(column, direction))
        if column.sort:
            sort = f"-{column.sort}" if direction == "ascending" else column.sort
            values[f"by_{place}"] = wanted.href(q=terms.with_sort(text, sort))
    return tuple(shape), values


def _usual(looked: Looked) -> str:
    sort = looked.sorts[0]
    return f"-{sort.key}" if sort.descending else sort.key
