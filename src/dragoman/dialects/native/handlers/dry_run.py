"""Dry runs of every operation that writes: it is executed, its reply is rendered, and its changes are dropped.

The outcome leaves the unit of work as a refusal does, so that nothing of it can be kept, also by a command that went
alone and has written through.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.command import Exclusive, Keys
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.errors import Conflict, Expected
from dragoman.usecases.uow import UnitOfWork

CODE = "dry_run"
HEADER = ("Dry-Run", "true")
NOT_YET_TRUE = frozenset({"location", "etag"})


class Trial(msgspec.Struct, frozen=True):
    """A command that shall only be tried."""

    command: Any

    def keys(self) -> Keys | Exclusive:
        keys: Keys | Exclusive = self.command.keys()
        return keys


def trying(run: Callable[[UnitOfWork, Any], Any]) -> Callable[[UnitOfWork, Any], Any]:
    """The use case, which also takes trials."""

    def tried(uow: UnitOfWork, command: Any) -> Any:
        if type(command) is not Trial:
            return run(uow, command)
        result = run(uow, command.command)
        raise Conflict(CODE, "This was a dry run: nothing is stored.", result=result)

    return tried


def is_outcome(error: Expected) -> bool:
    """Whether this is no refusal, but what a dry run came to."""
    return error.code == CODE and "result" in error.parameters


def reply(outcome: Expected, request: Request) -> Reply:
    """What would have been answered, marked, without the headers that aren't true yet."""
    if request.operation is None:
        raise outcome
    would_be = request.operation.render(outcome.parameters["result"], request)
    if not isinstance(would_be, Reply):
        raise outcome
    headers = [(name, value) for name, value in would_be.headers if name.lower() not in NOT_YET_TRUE]
    status = 200 if would_be.status == 201 else would_be.status
    shown_once = request.operation.shown_once
    body = json.without(would_be.body, shown_once) if shown_once else would_be.body
    return Reply(status, body, would_be.content_type, [*headers, HEADER])
