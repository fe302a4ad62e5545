"""The ten errors that are expected, and nothing else. Raised anywhere, caught at the edge alone.

Each has a stable code, a message fit for a client, and parameters. Whatever is not one of these is a bug: it is
logged with its trace and answered with an incident id.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a body: where it is (JSON pointer, "" for the whole), a stable code, a sentence."""

    path: str
    code: str
    message: str


class Expected(Exception):
    """An error for the client. `code` is stable, `message` is for people, `parameters` are plain values."""

    def __init__(self, code: str, message: str, **parameters: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.parameters = parameters


class Invalid(Expected):
    """The request's content can't be taken. Holds every problem of the body, not the first."""

    def __init__(self, code: str, message: str, problems: tuple[Problem, ...] = (), **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.problems = problems


class Unauthenticated(Expected):
    """No credentials, or none that we know."""


class Forbidden(Expected):
    """The principal is known and may not."""


class NotFound(Expected):
    """Nothing there; a foreign tenant's id answers the same."""


class Conflict(Expected):
    """The present state forbids it, or another has the name."""


class StaleVersion(Expected):
    """A precondition names a version that is past. `current` holds the present state for the answer."""

    def __init__(self, code: str, message: str, current: object = None, **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.current = current


class TooLarge(Expected):
    """A body, a page or a number of entries beyond its limit."""


class TooMany(Expected):
    """Too many requests or attempts; `retry_after_seconds` says when to come back."""

    def __init__(self, code: str, message: str, retry_after_seconds: int = 1, **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.retry_after_seconds = retry_after_seconds


class NotOffered(Expected):
    """Known to the vendor, not offered here, with the reason."""


class Unavailable(Expected):
    """The server can't now: queue full, database away, mode switched. Nothing was applied."""

    def __init__(self, code: str, message: str, retry_after_seconds: int = 1, **parameters: object) -> None:
        super().__init__(code, message, **parameters)
        self.retry_after_seconds = retry_after_seconds
