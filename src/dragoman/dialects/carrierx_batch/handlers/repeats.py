"""Tasks made of another one: its entries tried again, or taken back (REVIEWED-BULK 7 and 11)."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.wire.control import parse_retry, parse_undo
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.kit import Request
from dragoman.domain.clock import Moment
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.lifecycle import BatchView
from dragoman.usecases.batches.outcomes import retries, undo
from dragoman.usecases.uow import UnitOfWork


class Repeat(msgspec.Struct, frozen=True):
    """Make a task of another one."""

    sid: str
    body: Any
    at: Moment

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse(request: Request) -> Repeat:
    """The body is read once the task is known: an unknown sid is refused before it (7)."""
    body = faults.body_of(request)
    return Repeat(parse_sid(request.path["task_sid"]), body, request.received_at)


def retry(uow: UnitOfWork, command: Repeat) -> BatchView:
    """The new task in `created`."""
    batch = batches.get(uow, command.sid)
    asked = parse_retry(command.body, command.at)
    wanted = retries.Retry(
        batch=batch.number, outcomes=asked.outcomes, codes=asked.codes, review=asked.review, given=asked.given
    )
    return batches.view(uow, retries.retry(uow, wanted).batch)


def take_back(uow: UnitOfWork, command: Repeat) -> BatchView:
    """The new task in `created`, reviewed unless that is waived."""
    batch = batches.get(uow, command.sid)
    asked = parse_undo(command.body, command.at)
    wanted = undo.Undo(
        batch=batch.number, on_conflict=asked.on_conflict, review=asked.review is not False, given=asked.given
    )
    return batches.view(uow, undo.undo(uow, wanted).batch)
