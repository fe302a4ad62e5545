"""Views and their columns: all that the languages know of what is queried. A view more is a table more of columns.

A row of a view holds comparable values: text as `str`, numbers as `int`, flags as `bool`, moments cut to whole seconds,
ids as `canonical` spells them, symbols by their codes, and None where it has no value.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

Comparable = str | int | bool | None
"""A value of a column."""


class Type(StrEnum):
    """The type of a column. A symbol is shown as its constant, and so is a STRING for clients."""

    ID = "ID"
    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    TIMESTAMP = "TIMESTAMP"
    SYMBOL = "SYMBOL"

    @property
    def shown(self) -> str:
        """As `attributeInfo` shows it."""
        return "STRING" if self is Type.SYMBOL else str(self)


class Column(msgspec.Struct, frozen=True):
    """One column. `codes`: the constants of a symbol. `prefix`: of its ids; empty: of any object."""

    name: str
    type: Type
    codes: Mapping[str, int] = {}
    prefix: str = ""


class View(msgspec.Struct, frozen=True):
    """A view by name. `is_many`: an object has several rows of it, so a digit behind the name asks for another row.

    `other_name` is a second name for the same, as `WI` is for `WORK_ITEM`.
    """

    name: str
    columns: Mapping[str, Column]
    is_many: bool = False
    other_name: str = ""


def view(name: str, columns: Iterable[Column], *, is_many: bool = False, other_name: str = "") -> View:
    """A view of these columns."""
    return View(name, {column.name: column for column in columns}, is_many, other_name)


class Ref(msgspec.Struct, frozen=True):
    """A column of a row: `row` is the name of the view and the digit behind it."""

    row: str
    view: View
    column: Column


def text(name: str) -> Column:
    return Column(name, Type.STRING)


def number(name: str) -> Column:
    return Column(name, Type.NUMBER)


def flag(name: str) -> Column:
    return Column(name, Type.BOOLEAN)


def moment(name: str) -> Column:
    return Column(name, Type.TIMESTAMP)


def identifier(name: str, prefix: str = "") -> Column:
    return Column(name, Type.ID, prefix=prefix)


def symbol(name: str, codes: Mapping[str, int]) -> Column:
    return Column(name, Type.SYMBOL, codes)
