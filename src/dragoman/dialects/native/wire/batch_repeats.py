"""Reading the bodies of retries and undos: every fault at once, each with its place (REVIEWED-BULK 7)."""

from collections.abc import Sequence
from typing import Any

from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.batch_orders import FAULTS, OPTIONS, READERS, refuse_others
from dragoman.domain.bulk import OnConflict
from dragoman.domain.bulk_failures import FailureCode
from dragoman.usecases.batches.outcomes.results import Became

SHARED = ("review", *OPTIONS)
AGAIN = (str(Became.FAILURE), str(Became.SKIPPED))
CODES = tuple(str(code) for code in FailureCode)
CONFLICTS = tuple(str(how) for how in OnConflict)


def parse_retry(request: Request) -> dict[str, Any]:
    """The members of a retry, by the names of the command. Invalid with every fault."""
    members, texts = _members(request)
    problems = Problems()
    refuse_others(members, ("outcomes", "codes", *SHARED), problems)
    found = _shared(members, texts, request, problems)
    if "outcomes" in members:
        found["outcomes"] = frozenset(_choices(members["outcomes"], "/outcomes", problems, AGAIN))
    if members.get("codes") is not None:
        found["codes"] = tuple(dict.fromkeys(_choices(members["codes"], "/codes", problems, CODES)))
    problems.raise_if_any(message=FAULTS)
    if "outcomes" in found:
        found["outcomes"] = frozenset(map(Became, found["outcomes"]))
    return found


def parse_undo(request: Request) -> dict[str, Any]:
    """The members of an undo, likewise."""
    members, texts = _members(request)
    problems = Problems()
    refuse_others(members, ("on_conflict", *SHARED), problems)
    found = _shared(members, texts, request, problems)
    if "on_conflict" in members:
        chosen = _choices([members["on_conflict"]], "/on_conflict", problems, CONFLICTS, is_one=True)
        found["on_conflict"] = chosen[0] if chosen else None
    problems.raise_if_any(message=FAULTS)
    if "on_conflict" in found:
        found["on_conflict"] = OnConflict(found["on_conflict"])
    return found


def _members(request: Request) -> tuple[dict[str, Any], dict[str, str]]:
    """The members of the body, and the text of each; no body is an empty one."""
    if not request.body:
        return {}, {}
    reading.check_media(request, reading.JSON)
    value = request.json()
    problems = Problems()
    if not isinstance(value, dict):
        problems.add("", "type", "must be an object")
    problems.raise_if_any(message=FAULTS)
    return value, json.texts_of(request.body)


def _shared(members: dict[str, Any], texts: dict[str, str], request: Request, problems: Problems) -> dict[str, Any]:
    given = {
        name: READERS[name](members[name], f"/{name}", problems, request.received_at)
        for name in OPTIONS
        if name in members
    }
    if "rate_per_second" in given:
        del given["rate_per_second"]
        given["rate"] = None if members["rate_per_second"] is None else texts["rate_per_second"]
    found: dict[str, Any] = {"given": given}
    if "review" in members:
        if type(members["review"]) is not bool:
            problems.add("/review", "type", "must be true or false")
        found["review"] = members["review"]
    return found


def _choices(values: Any, path: str, problems: Problems, choices: Sequence[str], *, is_one: bool = False) -> list[str]:
    if not isinstance(values, list):
        problems.add(path, "type", "must be an array")
        return []
    if not values:
        problems.add(path, "too_few", "must have at least 1 member")
    for index, value in enumerate(values):
        place = path if is_one else f"{path}/{index}"
        if type(value) is not str:
            problems.add(place, "type", "must be text")
        elif value not in choices:
            problems.add(place, "choice", f"must be one of {', '.join(choices)}")
    return [value for value in values if type(value) is str]
