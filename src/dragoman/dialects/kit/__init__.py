"""The public API for writing a dialect: `docs/guide/writing-a-dialect.md`.

A dialect imports these names, the modules of this package, `dragoman.usecases`, `dragoman.domain` and
`dragoman.command`. The names listed in `__all__` change only with an entry in the changelog.
"""

from dragoman.dialects.kit.dialect import Dialect, Option, Route, Switches, cors_origins
from dragoman.dialects.kit.operation import ANY_CREDENTIALS, NO_BODY, OTHERS, PUBLIC, NotOffered, OperationSpec, any_of
from dragoman.dialects.kit.reply import Later, Reply
from dragoman.dialects.kit.request import LIMITS, Limits, Request
from dragoman.dialects.kit.streams import BodyStream, Stream

__all__ = [
    "ANY_CREDENTIALS",
    "LIMITS",
    "NO_BODY",
    "OTHERS",
    "PUBLIC",
    "BodyStream",
    "Dialect",
    "Later",
    "Limits",
    "NotOffered",
    "OperationSpec",
    "Option",
    "Reply",
    "Request",
    "Route",
    "Stream",
    "Switches",
    "any_of",
    "cors_origins",
]
