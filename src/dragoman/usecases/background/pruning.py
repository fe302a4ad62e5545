"""Deletes expired replies of requests with an Idempotency-Key, tokens that ended long ago, expired sessions, and the
messages of tasks and the notes on contacts and cases that were deleted long ago."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import Moment, later
from dragoman.domain.limits import IDEMPOTENCY_KEY_SECONDS
from dragoman.domain.token_rules import KEPT_SECONDS
from dragoman.usecases import notes
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

SLICE = 1_000
DAY_SECONDS = 86_400.0


class PruneAnswers(msgspec.Struct, frozen=True):
    """Delete one slice of a tenant's old replies."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune_answers(uow: UnitOfWork, command: PruneAnswers) -> int:
    """The number of deleted replies; fewer than a slice if none is left."""
    return uow.answers.forget_older_than(later(uow.now, seconds=-IDEMPOTENCY_KEY_SECONDS), limit=SLICE)


class PruneTokens(msgspec.Struct, frozen=True):
    """Delete one slice of a tenant's tokens that ended long ago."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune_tokens(uow: UnitOfWork, command: PruneTokens) -> int:
    """The number of deleted tokens; fewer than a slice if none is left."""
    return uow.tokens.forget_ended(later(uow.now, seconds=-KEPT_SECONDS), limit=SLICE)


class PruneSessions(msgspec.Struct, frozen=True):
    """Delete one slice of a tenant's expired sessions."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune_sessions(uow: UnitOfWork, command: PruneSessions) -> int:
    """The number of deleted sessions, whose addresses and browsers go with them."""
    return uow.sessions.forget_expired(limit=SLICE)


class LookForMessages(msgspec.Struct, frozen=True):
    """Look for messages of tasks and the notes on contacts and cases that were deleted long ago."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def has_messages(uow: UnitOfWork, command: LookForMessages) -> bool:
    """Whether there are any."""
    before = _kept_from(uow)
    return tasks.has_messages_to_forget(uow, before) or notes.has_orphans(uow, before)


class PruneMessages(msgspec.Struct, frozen=True):
    """Delete a tenant's messages of tasks and the notes on contacts and cases that were deleted long ago."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune_messages(uow: UnitOfWork, command: PruneMessages) -> int:
    """How many those were. They are kept as long as what the undo of a batch needs."""
    before = _kept_from(uow)
    return tasks.forget_messages(uow, before) + notes.forget_orphans(uow, before)


def _kept_from(uow: UnitOfWork) -> Moment:
    return later(uow.now, seconds=-uow.terms.images_days * DAY_SECONDS)
