"""Commands about one batch: decisions, control of its run, its options, its deletion.

The checks come in the order of REVIEWED-BULK 5: whether there is such a batch, the right, the revision that the client
names, the status, the policy.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.access import Permission
from dragoman.domain.bulk import Batch, Decision
from dragoman.domain.bulk_options import Changes
from dragoman.domain.errors import StaleVersion
from dragoman.usecases.batches import control, documents
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.control import IfMatch
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.uow import UnitOfWork


class Action(StrEnum):
    """What is done with a batch."""

    APPROVE = "approve"
    REFUSE = "refuse"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    PREVIEW = "preview"


class Act(msgspec.Struct, frozen=True):
    """Apply an action."""

    batch: Ref
    action: Action
    reason: str | None = None
    if_match: IfMatch = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Change(msgspec.Struct, frozen=True):
    """Change options."""

    batch: Ref
    changes: Changes
    if_match: IfMatch = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Remove(msgspec.Struct, frozen=True):
    """Delete a batch."""

    batch: Ref
    if_match: IfMatch = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


Do = Callable[..., Batch]

ACTIONS: dict[Action, Do] = {
    Action.APPROVE: partial(control.decide, decision=Decision.APPROVE),
    Action.REFUSE: partial(control.decide, decision=Decision.REFUSE),
    Action.PAUSE: control.pause,
    Action.RESUME: control.resume,
    Action.STOP: control.stop,
}


def act(uow: UnitOfWork, command: Act) -> Shown:
    """The batch after an action. NotFound for one that the principal may not see."""
    batch = batches.get(uow, command.batch)
    with _current(uow):
        if command.action is Action.PREVIEW:
            return documents.shown(uow, control.preview_anew(uow, batch, if_match=command.if_match))
        do = ACTIONS[command.action]
        return documents.shown(uow, do(uow, batch, reason=command.reason, if_match=command.if_match))


def change(uow: UnitOfWork, command: Change) -> Shown:
    """The batch with other options."""
    batch = batches.get(uow, command.batch)
    with _current(uow):
        return documents.shown(uow, control.change(uow, batch, command.changes, if_match=command.if_match))


def remove(uow: UnitOfWork, command: Remove) -> None:
    """Delete a batch; what it changed stays. Conflict while it is executed."""
    batch = batches.get(uow, command.batch, Permission.DELETE)
    with _current(uow):
        control.check_version(batch, command.if_match)
    batches.remove(uow, batch.uid)


@contextmanager
def _current(uow: UnitOfWork) -> Iterator[None]:
    """Let a stale version show the batch as a document."""
    try:
        yield
    except StaleVersion as stale:
        known = stale.current
        if not isinstance(known, Batch):
            raise
        raise StaleVersion(stale.code, stale.message, documents.shown(uow, known)) from stale
