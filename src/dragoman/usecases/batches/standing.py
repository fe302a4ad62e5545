"""What a principal may do with a batch now, and why he may not decide it: for pages, which offer nothing else."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from dragoman.domain.access import Permission, may_decide
from dragoman.domain.batch_policy import NO_POLICY
from dragoman.domain.bulk import EXECUTING, Batch, Decision, Status
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Forbidden
from dragoman.usecases.batches.review import reviews
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork


class Can(StrEnum):
    """An act on a batch."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    PREVIEW = "preview"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CHANGE = "change"
    RENAME = "rename"
    RETRY_FAILED = "retry_failed"
    RETRY_SKIPPED = "retry_skipped"
    UNDO = "undo"


class Barred(StrEnum):
    """Why the principal doesn't decide a batch under review."""

    CREATOR = "creator"  # a policy wants somebody else
    POLICY = "policy"  # a policy names who decides
    RIGHT = "right"  # he is no reviewer
    APPROVED = "approved"  # he has approved it already


class Standing(msgspec.Struct, frozen=True):
    """The acts that the core would let the principal do now."""

    acts: frozenset[Can]
    barred: Barred | None
    is_creator: bool


SCOPES: dict[str, frozenset[str]] = {
    "decide": frozenset({"batch.manage", "batch.update", "batch.decide"}),
    "update": frozenset({"batch.manage", "batch.update"}),
    "create": frozenset({"batch.manage", "batch.create"}),
    "read": frozenset({"batch.manage", "batch.read"}),
}


def of(uow: UnitOfWork, batch: Batch, images_until: Moment | None) -> Standing:
    """The principal's standing with a batch that he may see."""
    is_creator = uow.principal.user is not None and uow.principal.user == batch.creator
    barred = None
    if batch.status in (Status.IN_REVIEW, Status.CANARY_REVIEW):
        barred = _barred(uow, batch)
    acts = frozenset(_acts(uow, batch, is_creator, barred, images_until))
    return Standing(acts, barred, is_creator)


def _barred(uow: UnitOfWork, batch: Batch) -> Barred | None:
    try:
        reviews.must_have_right(uow, batch, Decision.APPROVE)
        reviews.must_suit_policy(uow, batch, Decision.APPROVE)
    except Forbidden as refused:
        known = {"creator_may_not_approve": Barred.CREATOR, "not_an_approver": Barred.POLICY}
        return known.get(refused.code, Barred.RIGHT)
    return None if reviews.waits_for(uow, batch) else Barred.APPROVED


def _acts(
    uow: UnitOfWork, batch: Batch, is_creator: bool, barred: Barred | None, images_until: Moment | None
) -> Iterator[Can]:
    principal, status = uow.principal, batch.status
    task = uow.tasks.get(batch.number)
    allowed = tasks.allowed(uow, task)
    if principal.has_scope(SCOPES["decide"]) and status in (Status.IN_REVIEW, Status.CANARY_REVIEW):
        if barred is None:
            yield Can.APPROVE
        if is_creator:
            yield Can.WITHDRAW
        elif may_decide(principal, task) and _may_refuse(uow, batch):
            yield Can.REFUSE
    if principal.has_scope(SCOPES["update"]) and Permission.FINISH in allowed:
        yield from _controls(status, has_ended=batch.has_ended)
        if Permission.EDIT in allowed and not batch.has_ended:
            yield Can.RENAME
    if principal.has_scope(SCOPES["create"]) and batch.has_ended:
        yield from _repeats(batch, images_until, uow.now)


def _may_refuse(uow: UnitOfWork, batch: Batch) -> bool:
    policy = batch.policy or NO_POLICY
    if policy.approvers is None:
        return True
    try:
        reviews.must_suit_policy(uow, batch, Decision.REFUSE)
    except Forbidden:
        return False
    return True


def _controls(status: Status, *, has_ended: bool) -> Iterator[Can]:
    if status is Status.IN_REVIEW:
        yield Can.PREVIEW
    if status in EXECUTING:
        yield from (Can.PAUSE, Can.STOP)
    if status is Status.PAUSED:
        yield from (Can.RESUME, Can.STOP)
    if not has_ended:
        yield Can.CHANGE


def _repeats(batch: Batch, images_until: Moment | None, now: Moment) -> Iterator[Can]:
    if batch.failure:
        yield Can.RETRY_FAILED
    if batch.skipped:
        yield Can.RETRY_SKIPPED
    type_ = resource_types.find(batch.type)
    changed = (batch.success or 0) - (batch.unchanged or 0)
    is_kept = images_until is None or images_until > now
    can = type_ is not None and (type_.undoing is not None or (type_.outside is not None and type_.outside.table.undo))
    if changed and is_kept and can and batch.undone_by is None:
        yield Can.UNDO
