"""Bodies that control a batch, or make another of it (REVIEWED-BULK 7 and 11)."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.wire import options
from dragoman.dialects.carrierx_batch.wire.options import RATE
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.bulk import OnConflict
from dragoman.domain.bulk_failures import FailureCode
from dragoman.domain.bulk_options import Changes
from dragoman.domain.clock import Moment
from dragoman.usecases.batches.outcomes.results import Became

CONTROLLED = (RATE, "concurrency", "max_failures", "priority")
MEMBERS = ("action", *CONTROLLED)
REPEATED = (
    "title",
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
"""Options of a batch that is made of another."""
SPELT = {"rate_per_second": RATE}
OF_RETRY = ("outcomes", "codes", "review", *REPEATED, *SPELT)
OF_UNDO = ("on_conflict", "review", *REPEATED, *SPELT)
RETRIED = (Became.FAILURE, Became.SKIPPED)
NOT_NULL = ("policy", "on_change", "priority", "review_expires_at", "concurrency")


class Action(StrEnum):
    """What is done with a batch. The last two decide a canary."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CONTINUE = "continue"
    REFUSE = "refuse"


class Control(msgspec.Struct, frozen=True):
    """An action, changed options, or both."""

    action: Action | None
    changes: Changes | None


def parse_control(value: Any, now: Moment) -> Control:
    """Invalid, to be answered 422, with every fault."""
    body, problems = faults.an_object(value), Problems()
    action = _word(body["action"], "action", Action, problems) if "action" in body else None
    changed = options.read(body, CONTROLLED, now, problems)
    faults.refuse_unknown(body, MEMBERS, problems)
    faults.refuse(problems)
    return Control(action, Changes(**changed) if changed else None)


class Retried(msgspec.Struct, frozen=True):
    """Which entries are tried again, and how. Options by the core's names."""

    outcomes: frozenset[Became]
    codes: tuple[str, ...]
    review: bool | UnsetType
    given: dict[str, Any]


def parse_retry(value: Any, now: Moment) -> Retried:
    """Invalid, to be answered 422, with every fault."""
    body, problems = faults.an_object(value), Problems()
    outcomes = _words(body.get("outcomes", [Became.FAILURE]), "outcomes", RETRIED, problems)
    codes = () if body.get("codes") is None else _words(body["codes"], "codes", tuple(FailureCode), problems)
    review, given = _repeated(body, OF_RETRY, now, problems)
    return Retried(frozenset(map(Became, outcomes)), tuple(map(str, codes)), review, given)


class Undone(msgspec.Struct, frozen=True):
    """How a batch is undone. Options by the core's names."""

    on_conflict: OnConflict
    review: bool | UnsetType
    given: dict[str, Any]


def parse_undo(value: Any, now: Moment) -> Undone:
    """Invalid, to be answered 422, with every fault."""
    body, problems = faults.an_object(value), Problems()
    on_conflict = _word(body.get("on_conflict", OnConflict.FAIL), "on_conflict", OnConflict, problems)
    review, given = _repeated(body, OF_UNDO, now, problems)
    return Undone(on_conflict or OnConflict.FAIL, review, given)


def _repeated(
    body: dict[str, Any], known: tuple[str, ...], now: Moment, problems: Problems
) -> tuple[bool | UnsetType, dict[str, Any]]:
    """`review` and the options. Raises with all faults, also those found before."""
    for name in NOT_NULL:
        if name in body and body[name] is None:
            problems.add(name, faults.TYPE, "must not be null")
    spelt = {SPELT.get(name, name): member for name, member in body.items()}
    read = options.read(spelt, ("review", *REPEATED), now, problems)
    if "review" in body and body["review"] is None:
        problems.add("review", faults.TYPE, "must be true or false")
    faults.refuse_unknown(body, known, problems)
    faults.refuse(problems)
    return read.pop("review", UNSET), read


def _word(value: Any, name: str, words: Any, problems: Problems) -> Any:
    if type(value) is not str and not isinstance(value, StrEnum):
        problems.add(name, faults.TYPE, "must be a string")
    elif value not in list(words):
        problems.add(name, faults.VALUE, f"must be one of {', '.join(words)}")
    else:
        return words(value)
    return None


def _words(value: Any, name: str, words: tuple[StrEnum, ...], problems: Problems) -> list[str]:
    """An array of some of these words, of one at least."""
    if not isinstance(value, list):
        problems.add(name, faults.TYPE, "must be an array")
        return []
    if not value:
        problems.add(name, faults.VALUE, "must not be empty")
    if any(type(each) is not str and not isinstance(each, StrEnum) for each in value):
        problems.add(name, faults.TYPE, "must hold strings")
        return []
    wrong = [each for each in value if each not in words]
    if wrong:
        problems.add(name, faults.VALUE, f"must hold any of {', '.join(words)}")
        return []
    return list(value)
