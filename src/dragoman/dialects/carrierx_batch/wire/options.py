"""Options of tasks (REVIEWED-BULK 3.1 and 11): parameters of a new one, members of a body elsewhere."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.kit.times import parse_iso
from dragoman.domain import bulk_options as limits
from dragoman.domain.batch_policy import OwnPolicy
from dragoman.domain.bulk import OnChange
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.lifecycle import Options

RATE = "rate_per_s"
PARAMETERS = (
    "purpose",
    "policy",
    "on_change",
    "max_failures",
    "canary",
    RATE,
    "concurrency",
    "not_before",
    "priority",
    "review_expires_at",
)
NAMES = {RATE: "rate"}
"""Options that the core calls otherwise."""
TEXTS = frozenset({"purpose", "on_change", "not_before", "review_expires_at"})
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
PER_CENT = re.compile(r"([0-9]{1,9})%", re.ASCII)

Reader = Callable[[Any, str, Problems, Moment], Any]
"""Reads a value that isn't null; notes what is wrong with it."""


def parse_parameters(request: Request, problems: Problems) -> Options:
    """The options of a query. Notes faults; the options then mean nothing."""
    values: dict[str, Any] = {}
    for name in PARAMETERS:
        given = request.query.get(name)
        if given is None:
            continue
        if len(given) > 1:
            problems.add(name, faults.VALUE, "is given more than once")
        values[NAMES.get(name, name)] = READERS[name](_value(name, given[0]), name, problems, request.received_at)
    return Options() if problems else Options(**values)


def read(body: Mapping[str, Any], names: tuple[str, ...], now: Moment, problems: Problems) -> dict[str, Any]:
    """These members of a body, by the core's names; null is None. Notes faults."""
    found: dict[str, Any] = {}
    for name in names:
        if name in body:
            value = body[name]
            found[NAMES.get(name, name)] = None if value is None else READERS[name](value, name, problems, now)
    return found


def _value(name: str, text: str) -> Any:
    """The value of a parameter: a number where it spells one, the JSON of a policy, else the text."""
    if name in TEXTS:
        return text
    if name != "policy":
        return json.parse(text.encode()) if NUMBER.fullmatch(text) else text
    try:
        return json.parse(text.encode())
    except Invalid:
        return text


def _text(most: int) -> Reader:
    def read(value: Any, name: str, problems: Problems, now: Moment) -> str:
        if type(value) is not str:
            problems.add(name, faults.TYPE, "must be a string")
            return ""
        if len(value) > most:
            problems.add(name, faults.VALUE, f"must be at most {most} characters")
        return value

    return read


def _integer(least: int, most: int) -> Reader:
    def read(value: Any, name: str, problems: Problems, now: Moment) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int:
            problems.add(name, faults.TYPE, "must be an integer")
            return least
        if not least <= value <= most:
            problems.add(name, faults.VALUE, f"must be from {least} to {most}")
        return value

    return read


def _flag(value: Any, name: str, problems: Problems, now: Moment) -> bool:
    if type(value) is not bool:
        problems.add(name, faults.TYPE, "must be true or false")
    return value is True


def _policy(value: Any, name: str, problems: Problems, now: Moment) -> dict[str, Any]:
    try:
        own = msgspec.convert(value, OwnPolicy)
    except msgspec.ValidationError:
        most = limits.MOST_APPROVALS
        message = f"must be an object with approvals (1 to {most}) or creator_may_approve (true, false) or both"
        problems.add(name, faults.VALUE, message)
        return {}
    return {name: value for name, value in msgspec.structs.asdict(own).items() if value is not msgspec.UNSET}


def _on_change(value: Any, name: str, problems: Problems, now: Moment) -> OnChange:
    if type(value) is not str or value not in list(OnChange):
        problems.add(name, faults.VALUE, f"must be one of {', '.join(OnChange)}")
        return OnChange.FAIL
    return OnChange(value)


_WHOLE = _integer(0, 2**63 - 1)


def _max_failures(value: Any, name: str, problems: Problems, now: Moment) -> str:
    """As text: a number, or per cent."""
    if type(value) is not str:
        return str(_WHOLE(value, name, problems, now))
    found = PER_CENT.fullmatch(value)
    if found is None:
        problems.add(name, faults.TYPE, "must be an integer, or per cent such as 10%")
        return "0"
    if int(found[1]) > 100:
        problems.add(name, faults.VALUE, "must be from 0% to 100%")
    return f"{int(found[1])}%"


def _rate(value: Any, name: str, problems: Problems, now: Moment) -> str:
    """As text: the number as it was sent."""
    if type(value) is not int and not isinstance(value, float):
        problems.add(name, faults.TYPE, "must be a number")
        return "1"
    if not 0 < value <= limits.LARGEST_RATE:
        problems.add(name, faults.VALUE, f"must be more than 0 and at most {limits.LARGEST_RATE}")
    return faults.spelled(value)


def _moment(value: Any, name: str, problems: Problems, now: Moment) -> Moment:
    try:
        at = parse_iso(value) if type(value) is str else None
    except ValueError:
        at = None
    if at is None:
        problems.add(name, faults.VALUE, "must be a moment such as 2031-05-04T10:20:30Z")
        return now
    if at > later(now, seconds=limits.LONGEST_AHEAD_SECONDS):
        problems.add(name, faults.VALUE, "must be at most a year ahead")
    return at


def _not_before(value: Any, name: str, problems: Problems, now: Moment) -> Moment | None:
    """A past moment is as none."""
    at = _moment(value, name, problems, now)
    return at if at > now else None


def _expires_at(value: Any, name: str, problems: Problems, now: Moment) -> Moment:
    known = len(problems.found)
    at = _moment(value, name, problems, now)
    if at <= now and len(problems.found) == known:
        problems.add(name, faults.VALUE, "must be ahead")
    return at


READERS: dict[str, Reader] = {
    "title": _text(limits.LONGEST_TITLE),
    "purpose": _text(limits.LONGEST_PURPOSE),
    "review": _flag,
    "policy": _policy,
    "on_change": _on_change,
    "max_failures": _max_failures,
    "canary": _integer(1, limits.LARGEST_CANARY),
    RATE: _rate,
    "rate_per_second": _rate,
    "concurrency": _integer(1, limits.LARGEST_CONCURRENCY),
    "not_before": _not_before,
    "priority": _integer(0, limits.LARGEST_PRIORITY),
    "review_expires_at": _expires_at,
}
