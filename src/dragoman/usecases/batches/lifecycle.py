"""Batches: creating, reading, deciding and deleting them, each with its task, which other dialects show.

The task is derived from the batch (`update_task`), never the other way about. Users who may work on that task may
decide and delete the batch: at the vendor the scopes of a token are the only condition (carrierx-batch.md 11, 16).
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.access import Permission
from dragoman.domain.bulk import TASK_STATE, Batch, BatchPayload, Decision, Method, Outcome, Status
from dragoman.domain.errors import NotFound
from dragoman.domain.job import JobKind
from dragoman.domain.people import Tenant
from dragoman.domain.task import ENDED, Kind, State, Task
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

SAMPLE = 100
"""Maximum failures in the representation of a batch."""


class NewBatch(msgspec.Struct, frozen=True):
    """The content of a new batch: `entries` and `data` are JSON text, `size` is the number of entries."""

    method: Method
    type: str
    field: str | None
    entries: str | None
    data: str | None
    review: bool
    size: int


class BatchView(msgspec.Struct, frozen=True):
    """A batch with all that its representation shows. Parts that were not requested are empty."""

    batch: Batch
    owner: Tenant
    payload: BatchPayload | None = None
    failures: tuple[Outcome, ...] = ()


def keys_to_change(uid: str, *, with_payload: bool = True) -> Keys:
    """The keys to change a batch. Its payload is immutable."""
    keys = Keys(tasks={uid}, batches={uid}, owners=tasks.SEEN_OWNERS)
    return keys.also("batch_payload", [uid], Lock.NONE) if with_payload else keys


def keys_to_read(uid: str, *, with_payload: bool = True) -> Keys:
    """The keys to read a batch."""
    keys = Keys(owners=tasks.SEEN_OWNERS).also("task", [uid], Lock.NONE).also("batch", [uid], Lock.NONE)
    return keys.also("batch_payload", [uid], Lock.NONE) if with_payload else keys


def get(uow: UnitOfWork, uid: str, permission: Permission = Permission.SEE) -> Batch:
    """The batch. NotFound when there is none that the principal may see; Forbidden when the permission is missing."""
    batch = find(uow, uid)
    if batch is None:
        raise NotFound("batch_not_found", f"There is no batch {uid}.", id=uid)
    tasks.get(uow, batch.number, permission)
    return batch


def find(uow: UnitOfWork, uid: str) -> Batch | None:
    """The batch, or None when there is none that the principal may see."""
    batch = uow.batches.find(uid)
    return None if batch is None or tasks.find_visible(uow, batch.number) is None else batch


def view(uow: UnitOfWork, batch: Batch, *, with_payload: bool = True, with_failures: bool = True) -> BatchView:
    """Load the view of a batch. With failures the command must be exclusive, or a reader."""
    payload = uow.payloads.find(batch.uid) if with_payload else None
    failures: Sequence[Outcome] = ()
    if with_failures and batch.failure:
        failures = uow.batches.failures(batch.number, limit=SAMPLE)
    return BatchView(batch, uow.home, payload, tuple(failures))


def preview(uow: UnitOfWork, order: NewBatch, *, number: int = 0, uid: str = "") -> BatchView:
    """The view of a new batch, not stored."""
    principal = uow.principal
    scopes = None if principal.scopes is None else tuple(sorted(principal.scopes))
    batch = Batch(
        tenant=uow.tenant,
        number=number,
        uid=uid,
        method=order.method,
        type=order.type,
        field=order.field,
        review=order.review,
        status=Status.CREATED,
        size=order.size,
        creator=principal.user,
        scopes=scopes,
        created_at=uow.now,
        modified_at=uow.now,
    )
    return BatchView(batch, uow.home, BatchPayload(uow.tenant, uid, order.entries, order.data))


def create(uow: UnitOfWork, order: NewBatch) -> BatchView:
    """Store a batch with its task, and queue the job that prepares it. The command names `numbers={"task"}`."""
    task = tasks.add(uow, kind=Kind.BATCH, state=TASK_STATE[Status.CREATED], type=order.type, title=title(order))
    made = preview(uow, order, number=task.number, uid=task.uid)
    uow.batches.add(made.batch)
    if made.payload is not None:
        uow.payloads.add(made.payload)
    uow.enqueue(JobKind.BATCH_PREPARE, task.number)
    return made


def title(order: NewBatch) -> str:
    """The title of the batch's task: `PATCH 2 × phonenumber by phonenumber` (carrierx-batch.md 15)."""
    by = "" if order.field is None else f" by {order.field}"
    return f"{order.method} {order.size} × {order.type}{by}"


def decide(uow: UnitOfWork, batch: Batch, decision: Decision) -> Batch:
    """Approve or cancel a batch in review. A repeated decision changes nothing; Conflict in any other status.

    The row is locked for change, so the second of two concurrent decisions sees the first.
    """
    tasks.get(uow, batch.number, Permission.WORK)
    principal = uow.principal
    decided = batch.decide(decision, principal.user or principal.login, at=uow.now)
    if decided is batch:
        return batch
    kept = uow.batches.save(decided)
    update_task(uow, kept)
    if decision is Decision.APPROVE:
        uow.enqueue(JobKind.BATCH_RUN, batch.number)
    return kept


def update_task(uow: UnitOfWork, batch: Batch) -> Task:
    """Set the state of the batch's task to match the batch."""
    task = uow.tasks.get(batch.number)
    state = TASK_STATE[batch.status]
    if task.state is state or (task.state is State.CLAIMED and state is State.READY):
        return task
    after = replace(task, state=state, state_changed_at=uow.now)
    if state is State.READY:
        after = replace(after, activated_at=uow.now, first_activated_at=task.first_activated_at or uow.now)
    elif state is State.RUNNING:
        after = replace(after, assignee=None, claimed_at=None)  # its reviewer has decided
    elif state in ENDED:
        after = replace(after, completed_at=uow.now, outcome_code=str(batch.status), outcome_text=summary(batch))
    return tasks.save(uow, task, after)


def summary(batch: Batch) -> str | None:
    """The outcome text of the batch's task; None when no entry was executed."""
    return f"{batch.success} of {batch.total} done, {batch.failure} failed" if batch.processed else None


def remove(uow: UnitOfWork, uid: str) -> None:
    """Delete a batch; the changes it made stay. Conflict while it runs."""
    batch = get(uow, uid, Permission.WORK)
    batch.must_be_deletable()
    payload = uow.payloads.find(uid)
    if payload is not None:
        uow.payloads.remove(payload)
    uow.batches.remove(batch)
    tasks.remove_alone(uow, batch.number)
    if batch.processed:
        uow.enqueue(JobKind.BATCH_FORGET, batch.number)


def failures(uow: UnitOfWork, batch: Batch, *, limit: int, offset: int) -> list[Outcome]:
    """A page of failures, in the order of the entries. For readers and exclusive commands."""
    return uow.batches.failures(batch.number, limit=limit, offset=offset)


class Forget(msgspec.Struct, frozen=True):
    """Delete up to `size` outcomes of a deleted batch."""

    hold: Hold
    size: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def forget(uow: UnitOfWork, command: Forget) -> bool:
    """Whether all outcomes are deleted, which completes the job."""
    job = jobs.held(uow, command.hold)
    is_over = uow.batches.forget_outcomes(job.subject or 0, limit=command.size) < command.size
    if is_over:
        jobs.complete(uow, job)
    return is_over
