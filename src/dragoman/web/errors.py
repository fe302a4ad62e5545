"""Errors as pages: what is the case, in a sentence, and a way back."""

from dragoman.domain.errors import (
    Conflict,
    Expected,
    Forbidden,
    Invalid,
    NotFound,
    NotOffered,
    StaleVersion,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from dragoman.web.words import N_

STATUSES: dict[type[Expected], tuple[int, str]] = {
    Invalid: (400, N_("Not understood")),
    Unauthenticated: (401, N_("Not signed in")),
    Forbidden: (403, N_("Not allowed")),
    NotFound: (404, N_("Not found")),
    Conflict: (409, N_("Not possible now")),
    StaleVersion: (409, N_("Not possible now")),
    TooLarge: (413, N_("Too large")),
    TooMany: (429, N_("Too many requests")),
    NotOffered: (501, N_("Not offered")),
    Unavailable: (503, N_("Busy")),
}


def described(error: Expected) -> tuple[int, str, dict[str, str]]:
    """Status, heading and headers of the page for an error."""
    kind = next(kind for kind in type(error).__mro__ if kind in STATUSES)
    status, heading = STATUSES[kind]
    named = error.parameters.get("status")
    headers = {}
    if isinstance(error, (TooMany, Unavailable)):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return (named if isinstance(named, int) else status), heading, headers
