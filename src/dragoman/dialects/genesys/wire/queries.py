"""Query parameters: comma lists, booleans, moments, and the grammar of `extensions=` (page, sections 1 and 4)."""

from collections.abc import Iterable, Mapping

import msgspec

from dragoman.dialects.genesys.wire import moments
from dragoman.dialects.genesys.wire.names import TASK_CARD
from dragoman.dialects.genesys.wire.paths import parse_number, shown
from dragoman.dialects.kit import Request, any_of
from dragoman.domain.access import require_scope
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.extension import Extension, fold
from dragoman.domain.search import MOST_VALUES

SERVICE, STATE, TASK = "service", "state", "task"
CARD = fold(TASK_CARD)


INSIDE = ("active_states", "completed_states", "active_tasks", "completed_tasks")
OF_A_SERVICE = (*INSIDE, "extensions")
OF_SERVICES = (*OF_A_SERVICE, "service_types", "started_from", "started_to", "completed_from", "completed_to")
OF_A_STATE = ("active_tasks", "completed_tasks", "extensions")
OF_STATES = (*OF_A_STATE, "state_types")
OF_A_TASK = ("extensions",)
OF_TASKS = (*OF_A_TASK, "state_id", "task_types")
OF_OTHER_LISTS = dict.fromkeys((*OF_SERVICES, *OF_STATES, *OF_TASKS), "genesys.md, 4")
"""Clients send the parameters of one list to another, where they have no effect."""


class Wanted(msgspec.Struct, frozen=True):
    """The requested extensions by kind of resource; names folded."""

    everything: frozenset[str] = frozenset()  # kinds of which all are wanted
    names: frozenset[str] = frozenset()  # of whatever has them
    of_states: frozenset[str] = frozenset()
    of_tasks: frozenset[str] = frozenset()

    def chosen(self, kind: str, extensions: Mapping[str, Extension]) -> Iterable[Extension]:
        """Those of a resource's extensions that are wanted; a name that it hasn't is passed over."""
        if not extensions:
            return ()
        if kind in self.everything:
            return extensions.values()
        names = self._named(kind)
        return [extension for folded, extension in extensions.items() if folded in names]

    @property
    def card(self) -> bool:
        """Whether the computed extension is wanted: only when it is named."""
        return CARD in self._named(TASK)

    def _named(self, kind: str) -> frozenset[str]:
        special = {STATE: self.of_states, TASK: self.of_tasks}.get(kind)
        return self.names if special is None else self.names | special


TASKS = any_of("task.read")
"""What reading the tasks of a service asks for, beside the scope for services."""


class Inside(msgspec.Struct, frozen=True):
    """What of a service or state is shown inside it."""

    active_states: bool = False
    completed_states: bool = False
    active_tasks: bool = False
    completed_tasks: bool = False


class ServiceFilter(msgspec.Struct, frozen=True):
    """Conditions on a list of services, all of which must hold."""

    types: frozenset[str] | None = None
    started_from: Moment | None = None  # on or after
    started_to: Moment | None = None  # strictly before
    completed_from: Moment | None = None
    completed_to: Moment | None = None


def parse_wanted(request: Request) -> Wanted:
    """`Name`, `State.Name`, `Task.Name`, `*`, `State.*` or `State`, `Task.*` or `Task`; several by commas."""
    everything: set[str] = set()
    found: dict[str, set[str]] = {SERVICE: set(), STATE: set(), TASK: set()}
    for entry in parse_list(request, "extensions") or ():
        kind, dot, name = entry.partition(".")
        kind = fold(kind)
        found[SERVICE].add(fold(entry))  # a name without schema may hold a dot, or be one of these words
        if entry == "*":
            everything |= {SERVICE, STATE, TASK}
        elif kind in (STATE, TASK) and name in ("", "*"):
            everything.add(kind)
        elif dot and kind in (STATE, TASK):
            found[kind].add(fold(name))
    return Wanted(frozenset(everything), frozenset(found[SERVICE]), frozenset(found[STATE]), frozenset(found[TASK]))


def parse_inside(request: Request) -> Inside:
    """Each is false unless the query has `true`. Forbidden where tasks are wanted and the caller may not read tasks."""
    inside = Inside(*(parse_boolean(request, name) for name in Inside.__struct_fields__))
    if (inside.active_tasks or inside.completed_tasks) and request.principal is not None:
        require_scope(request.principal, TASKS)
    return inside


def parse_service_filter(request: Request) -> ServiceFilter:
    """The conditions of a list of services."""
    types = parse_list(request, "service_types")
    return ServiceFilter(
        None if types is None else frozenset(types),
        *(parse_moment(request, name) for name in ServiceFilter.__struct_fields__[1:]),
    )


def parse_list(request: Request, name: str) -> list[str] | None:
    """The values of a parameter, separated by commas or the parameter repeated; None when it is empty."""
    parts = [part.strip() for value in request.query.get(name, ()) for part in value.split(",")]
    if len(parts) > MOST_VALUES:
        raise _invalid(name, f"may hold {MOST_VALUES} values at most")
    return [part for part in parts if part] or None


def parse_boolean(request: Request, name: str) -> bool:
    """True or false; false when it is not there."""
    value = request.first(name)
    if value in (None, "true", "false"):
        return value == "true"
    raise _invalid(name, "must be true or false")


def parse_moment(request: Request, name: str) -> Moment | None:
    """A moment, None when it is not there."""
    value = request.first(name)
    if value is None:
        return None
    try:
        return moments.parse_in_query(value)
    except ValueError as error:
        raise _invalid(name, f"must be a moment: {error}") from None


def parse_state(request: Request) -> int | None:
    """The number of the requested state; 0 for an impossible id, None without one."""
    value = request.first("state_id")
    return None if value is None else parse_number(value) or 0


def _invalid(name: str, message: str) -> Invalid:
    text = f"{shown(name)} {message}"
    return Invalid("invalid_value", text, (Problem(f"/{name}", "value", message),))
