"""What requests changed, for those who look at the traffic of their tenant."""

from collections.abc import Mapping

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import Moment, later
from dragoman.domain.traffic import Entry, must_watch
from dragoman.store.repositories.history import Asked, Caused
from dragoman.usecases.uow import UnitOfWork

__all__ = ["Caused", "FindCaused", "FindRequests", "find_caused", "find_requests"]

MOST_CHANGES = 1_000
MOST_REQUESTS = 10_000
SLACK_SECONDS = 10.0
"""How long behind its answer a change of a request may have been written: what it was held back isn't in its time."""


class FindCaused(msgspec.Struct, frozen=True):
    """Find what these requests changed."""

    entries: tuple[Entry, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def find_caused(uow: UnitOfWork, command: FindCaused) -> Mapping[str, tuple[Caused, ...]]:
    """Request id -> its changes, oldest first, up to MOST_CHANGES of all. NotFound for who may not watch."""
    must_watch(uow.principal)
    asked = [
        Asked(entry.request, entry.at, later(entry.at, seconds=entry.milliseconds / 1_000 + SLACK_SECONDS))
        for entry in command.entries
        if entry.method not in ("GET", "HEAD")
    ]
    found: dict[str, tuple[Caused, ...]] = {}
    for row in uow.history.by_requests(asked, limit=MOST_CHANGES):
        found[row.request] = (*found.get(row.request, ()), row)
    return found


class FindRequests(msgspec.Struct, frozen=True):
    """Find the requests that changed these tasks since a moment."""

    tasks: tuple[int, ...]
    since: Moment

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def find_requests(uow: UnitOfWork, command: FindRequests) -> Mapping[int, frozenset[str]]:
    """Number of a task -> ids of requests. NotFound for who may not watch."""
    must_watch(uow.principal)
    return {
        number: frozenset(uow.history.requests("task", number, since=command.since, limit=MOST_REQUESTS))
        for number in command.tasks
    }
