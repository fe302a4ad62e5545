"""A list as a call of the native API: `/v1/tasks?…` with the same conditions, where its parameters can say them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from dragoman.domain.clock import Moment
from dragoman.domain.limits import LARGEST_NUMBER
from dragoman.domain.moment_text import render_native
from dragoman.domain.task import State
from dragoman.domain.task_query.keys import IN_REVIEW, NONE, SORT
from dragoman.domain.task_query.moments import number_range, range_of
from dragoman.domain.task_query.terms import Term, Value, printed_term
from dragoman.usecases.inbox.filters import Filter

PATH = "/v1/tasks"
LONGEST = 255  # of the text of a parameter
LISTS = {
    "mine": (("assignee", "me"), ("is_open", "true")),
    "done": (("assignee", "me"), ("is_open", "false")),
    "all": (),
}
"""What the lists ask themselves. Those that aren't here ask what no parameter says."""
TRUTHS = {
    "open": ("is_open", True),
    "ended": ("is_open", False),
    "suspended": ("suspended", True),
}
ONLY_TRUE = {"unassigned": ("unassigned", "true"), "batch": ("kind", "batch")}
RANGES = {"due": "due", "created": "created", "changed": "modified"}
ORDERS = {"changed": "modified"}
SAFE = ",:"

Parameters = list[tuple[str, str]]


class Call(NamedTuple):
    """The call; empty where `unsaid`, the terms that no parameter says, isn't."""

    text: str
    unsaid: tuple[str, ...]
    is_list_unsaid: bool = False


def call(list_name: str, found: Filter, now: Moment, zone: str) -> Call:
    """The call for a filter without faults, read at this moment by a reader in this zone."""
    parameters, unsaid = _own(list_name, now), []
    searched: list[str] = []
    for term in found.terms:
        if term.key is None:
            searched.append(term.values[0].text)
            more: Parameters | None = [] if len(" ".join(searched)) <= LONGEST else None
        else:
            more = _said(term, found, now, zone)
        if more is None or _contradict(parameters or [], more):
            unsaid.append(printed_term(term))
        elif parameters is not None:
            parameters = list(dict.fromkeys((*parameters, *more)))
    if unsaid or parameters is None:
        return Call("", tuple(unsaid), parameters is None)
    if searched:
        parameters.append(("q", " ".join(searched)))
    return Call(f"GET {PATH}{'?' if parameters else ''}{urlencode(parameters, safe=SAFE)}", ())


def _own(list_name: str, now: Moment) -> Parameters | None:
    if list_name == "overdue":
        return _overdue(now)
    return list(LISTS[list_name]) if list_name in LISTS else None


def _overdue(now: Moment) -> Parameters:
    return [("is_open", "true"), ("due_to", render_native(Moment(now - 1)))]


def _contradict(said: Parameters, more: Parameters) -> bool:
    """Whether a parameter would be needed twice, with other values."""
    known = dict(said)
    return any(known.get(name, value) != value for name, value in more)


def _said(term: Term, found: Filter, now: Moment, zone: str) -> Parameters | None:
    """The parameters that say a term; None where none do."""
    key = str(term.key)
    if key == SORT:
        return [("sort", ",".join(map(_order, term.values)))]
    if key == "state":
        return _states(term)
    if len(term.values) > 1 and key != "dialect":
        return None
    value = term.values[0]
    if key == "is":
        return _is(value.text, now, negated=term.negated)
    if term.negated or (value.text == NONE and key != "assignee"):
        return None
    if key in RANGES:
        return list(_range(RANGES[key], value, now, zone))
    if key == "dialect":
        return [("made_through", ",".join(each.text for each in term.values))]
    if key == "category":
        return None if found.wanted.category is None else [("category", str(found.wanted.category))]
    if key == "priority":
        return _priority(value)
    return _plain(key, value)


def _order(value: Value) -> str:
    name = value.text.removeprefix("-")
    return f"{'-' if value.text.startswith('-') else ''}{ORDERS.get(name, name)}"


def _states(term: Term) -> Parameters | None:
    named = [value.text for value in term.values]
    if IN_REVIEW in named:
        return None
    states: Sequence[str] = [str(state) for state in State if str(state) not in named] if term.negated else named
    return [("state", ",".join(dict.fromkeys(states)))] if states else None


def _is(word: str, now: Moment, *, negated: bool) -> Parameters | None:
    if word in TRUTHS:
        name, is_true = TRUTHS[word]
        return [(name, "true" if is_true is not negated else "false")]
    if negated:
        return None
    if word == "overdue":
        return _overdue(now)
    return [ONLY_TRUE[word]] if word in ONLY_TRUE else None


def _range(name: str, value: Value, now: Moment, zone: str) -> Iterator[tuple[str, str]]:
    found = range_of(value, now, zone)
    for end, bound in (("from", found and found.low), ("to", found and found.high)):
        if bound is not None:
            yield f"{name}_{end}", render_native(Moment(bound))


def _priority(value: Value) -> Parameters | None:
    found = number_range(value, LARGEST_NUMBER)
    return None if found is None or found.low is None or found.low != found.high else [("priority", str(found.low))]


def _plain(key: str, value: Value) -> Parameters | None:
    """A key that is a parameter of the same name."""
    if key == "assignee" and value.text == NONE:
        return [("unassigned", "true")]
    is_known = key in ("assignee", "creator", "case", "stage", "contact", "parent", "type")
    return [(key, value.text)] if is_known and len(value.text) <= LONGEST else None
