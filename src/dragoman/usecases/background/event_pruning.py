"""Deletes events that are older than the operator keeps them. History stays.

An event stays as long as one before it does, so that what is left of the log is dense. `log_from` follows, so that
`verify` asks for no event that was deleted.
"""

import json

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.clock import Moment, later
from dragoman.domain.job import ENDED, JobKind
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.events import event_log
from dragoman.usecases.uow import UnitOfWork

DAY_SECONDS = 86_400.0


class Look(msgspec.Struct, frozen=True):
    """Look for old events of a tenant."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def has_old(uow: UnitOfWork, command: Look) -> bool:
    """Whether the first event that is kept is old."""
    return uow.old_events.last_before(_kept_from(uow), limit=1) is not None


def queue(uow: UnitOfWork, command: Look) -> bool:
    """Queue the job, unless one waits or runs. Whether it was queued."""
    if any(job.state not in ENDED for job in uow.jobs.about(JobKind.EVENTS_PRUNE, None)):
        return False
    uow.enqueue(JobKind.EVENTS_PRUNE)
    return True


class Prune(msgspec.Struct, frozen=True):
    """One slice of the job."""

    hold: Hold
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune(uow: UnitOfWork, command: Prune) -> bool:
    """Whether nothing old is left, which completes the job."""
    job = jobs.held(uow, command.hold)
    kept_from = _kept_from(uow)
    last = uow.old_events.last_before(kept_from, limit=command.limit)
    if last is None:
        jobs.complete(uow, job)
        return True
    _move_beginning(uow, kept_from)
    uow.old_events.forget(last)
    return False


def _kept_from(uow: UnitOfWork) -> Moment:
    return later(uow.now, seconds=-uow.terms.events_days * DAY_SECONDS)


def _move_beginning(uow: UnitOfWork, at: Moment) -> None:
    setting = uow.settings.find(event_log.LOG_FROM, Lock.CHANGE)
    if setting is not None and at > json.loads(setting.value):
        uow.settings.save(replace(setting, value=json.dumps(at)))
