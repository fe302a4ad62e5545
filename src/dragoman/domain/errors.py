"""The ten expected errors. Raised anywhere, caught only at the edge.

Each has a stable code, a message for clients, and parameters. Every other exception is a bug: it is logged with its
trace and reported with an incident id.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a body: where it is (JSON pointer, "" for the whole), a stable code, a sentence.

    A fault of an upload has a line and a column instead, both from 1.
    """

    path: str
    code: str
    message: str
    line: int | None = None
    column: int | None = None


class Expected(Exception):
    """An error for the client. `code` is stable, `message` is for people, `parameters` are plain values."""

    def __init__(self, code: str, message: str, **parameters: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.parameters = parameters


class Invalid(Expected):
    """The request's content is invalid. Holds every problem of the body."""

    def __init__(self, code: str, message: str, problems: tuple[Problem, ...] = (), **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.problems = problems


class Unauthenticated(Expected):
    """Missing or invalid credentials."""


class Forbidden(Expected):
    """The principal lacks the right."""


class NotFound(Expected):
    """Not found. An id of another tenant gives the same error."""


class Conflict(Expected):
    """The present state forbids the request, or a name is taken."""


class StaleVersion(Expected):
    """A precondition names an outdated version. `current` is the present state, for the reply."""

    def __init__(self, code: str, message: str, current: object = None, **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.current = current


class TooLarge(Expected):
    """A body, a page or a number of entries beyond its limit."""


class TooMany(Expected):
    """Too many requests or attempts; the client may retry after `retry_after_seconds`."""

    def __init__(self, code: str, message: str, retry_after_seconds: int = 1, **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.retry_after_seconds = retry_after_seconds


class NotOffered(Expected):
    """An operation of the vendor that this server doesn't offer, with the reason."""


class Unavailable(Expected):
    """The server can't serve the request now: queue full, database unreachable, read-only mode. Nothing was applied."""

    def __init__(self, code: str, message: str, retry_after_seconds: int = 1, **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.retry_after_seconds = retry_after_seconds
