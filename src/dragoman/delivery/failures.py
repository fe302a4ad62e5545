"""Why a request to an outside collection failed, in the words of a batch's failures."""

from collections.abc import Sequence

from dragoman.domain.bulk_failures import NOT_VALID, Detail, Failure, FailureCode

MOST_SHOWN = 500
"""How many characters of a reply are shown."""


def refused(type_: str, status: int, text: str) -> Failure:
    """The server replied with an error, or with something unreadable; `text` is shown, without secrets."""
    message = f"HTTP {status} from {type_}"
    return Failure(FailureCode.OUTSIDE_REFUSED, message, (Detail(text[:MOST_SHOWN] or message),))


def silent(why: str, attempts: int) -> Failure:
    """There was no reply."""
    made = "1 attempt made" if attempts == 1 else f"{attempts} attempts made"
    return Failure(FailureCode.OUTSIDE_SILENT, why, (Detail(made),))


def blocked(type_: str, why: str) -> Failure:
    """The address isn't allowed, or the reply was a redirect."""
    return Failure(FailureCode.OUTSIDE_BLOCKED, f"{why} ({type_})", (Detail(why),))


def not_found(type_: str, field: str) -> Failure:
    """The object isn't there any more."""
    return Failure(FailureCode.NOT_FOUND, f"Cannot find item by {field}", (Detail(f"no {type_} matches", field=field),))


def ambiguous(field: str, objects: int) -> Failure:
    """Several objects match the entry."""
    return Failure(FailureCode.AMBIGUOUS, NOT_VALID, (Detail(f"matches {objects} objects", field=field),))


def changed(pointers: Sequence[str], field: str) -> Failure:
    """The object isn't the one that was seen. `pointers` are the members that differ; where none are known, the key."""
    names = [each.removeprefix("/") for each in pointers if each] or [field]
    details = tuple(Detail("was changed since the review", field=each or None) for each in names)
    return Failure(FailureCode.CHANGED_SINCE_REVIEW, "changed since review", details)
