"""`entries_filter`: the objects of a new task by conditions, in place of `entries` (REVIEWED-BULK 3.1 and 11).

Types of this vendor are found by its filter language, whose text is stored as it was sent. Types of the core have the
conditions of their native lists, each written as `key eq value`.
"""

from typing import Any

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.resource_types import SERVED
from dragoman.dialects.carrierx_batch.wire.filter import WORDS, Literal, parse
from dragoman.dialects.carrierx_batch.wire.paging import refuse
from dragoman.domain.bulk_options import LONGEST_SELECTION
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.types import resource_types

NAME = "entries_filter"
PLAIN = {served.plain.name: served.plain for served in SERVED}
LISTS = frozenset({"state"})
"""Conditions of native lists that take any of several values."""


def parse_selection(text: str, type_name: Any) -> str | None:
    """The conditions as they are stored: JSON text. None for a type that isn't known. Invalid, to be answered 400."""
    if len(text) > LONGEST_SELECTION:
        refuse(NAME, f"must be at most {LONGEST_SELECTION} characters")
    type_ = resource_types.find(type_name) if isinstance(type_name, str) else None
    if type_ is None:
        return None
    if type_.name in PLAIN:
        plain = PLAIN[type_.name]
        parse(text, (*plain.properties, plain.sid), NAME)
        conditions: Any = text
    elif type_.entity is None:
        refuse(NAME, f"can't find objects of the type {type_.name}")
    else:
        conditions = _conditions(text)
    if type_.select is not None:
        _check(type_.select, conditions)
    return faults.spelled(conditions)


def _conditions(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for comparison in parse(text, None, NAME):
        name = ".".join(comparison.path)
        if comparison.operator != "eq":
            refuse(NAME, "takes only comparisons such as state eq ready for this type")
        if name in found:
            refuse(NAME, f"has {name[:64]} more than once")
        value = _plain(comparison.values[0])
        found[name] = [value] if name in LISTS else value
    return found


def _plain(literal: Literal) -> Any:
    """The value that a literal means: a word or a number unless it is quoted."""
    if literal.is_word:
        return WORDS[literal.text]
    number = None if literal.is_quoted else literal.number
    return literal.text if number is None else number


def _check(select: Any, conditions: Any) -> None:
    try:
        select(conditions)
    except Invalid as refused:
        told = "; ".join(f"{each.path.lstrip('/?')} {each.message}" for each in refused.problems)
        raise Invalid("bad_parameter", f"{NAME}: {told or refused.message}", parameter=NAME) from refused
