"""Control of a run: its state and options, and what pauses, resumes, stops it, or decides its canary."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.wire import rows
from dragoman.dialects.carrierx_batch.wire.control import Action, parse_control
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.kit.batch_tags import parse_if_match, tag_of
from dragoman.domain.bulk import Batch, Decision, Status
from dragoman.domain.clock import Moment
from dragoman.usecases.batches import control, documents
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.control import IfMatch
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.uow import UnitOfWork

Do = Callable[..., Batch]
ACTIONS: dict[Action, Do] = {
    Action.PAUSE: control.pause,
    Action.RESUME: control.resume,
    Action.STOP: control.stop,
    Action.CONTINUE: partial(control.decide, decision=Decision.APPROVE, review=Status.CANARY_REVIEW),
    Action.REFUSE: partial(control.decide, decision=Decision.REFUSE, review=Status.CANARY_REVIEW),
}
"""The first review is decided by the status of the task."""


def parse_get(request: Request) -> documents.Get:
    return documents.Get(parse_sid(request.path["task_sid"]))


class Change(msgspec.Struct, frozen=True):
    """An action, changed options, or both."""

    sid: str
    body: Any
    at: Moment
    if_match: IfMatch

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_change(request: Request) -> Change:
    body = faults.body_of(request)
    if_match = parse_if_match(request)
    return Change(parse_sid(request.path["task_sid"]), body, request.received_at, if_match)


def change(uow: UnitOfWork, command: Change) -> Shown:
    """All of it or nothing: the options first, then the action. An unknown sid is refused before an invalid body."""
    batch = batches.get(uow, command.sid)
    asked, if_match = parse_control(command.body, command.at), command.if_match
    if asked.changes is not None:
        batch = control.change(uow, batch, asked.changes, if_match=if_match)
        if_match = None if if_match is None else frozenset({batch.revision})
    if asked.action is not None:
        batch = ACTIONS[asked.action](uow, batch, if_match=if_match)
    elif asked.changes is None:
        control.check_version(batch, if_match)
    return documents.shown(uow, batch)


def render(shown: Shown, _request: Request) -> Reply:
    """The state of the run."""
    return answers.reply(200, rows.controlled(shown.batch), (tag_of(shown.batch),))
