"""Why a request to an outside collection failed, in the words of a batch's failures."""

from dragoman.domain.bulk_failures import Detail, Failure, FailureCode

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


def changed(field: str | None) -> Failure:
    """The object has another version than the one seen."""
    return Failure(
        FailureCode.CHANGED_SINCE_REVIEW,
        "changed since review",
        (Detail("is at another version than the one seen", field=field),),
    )
