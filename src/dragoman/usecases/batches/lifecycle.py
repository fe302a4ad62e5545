"""Batches: creating, reading, deciding and deleting them, each with its task, which other dialects show.

The task is derived from the batch (`update_task`), never the other way about. Who may see, decide and delete a batch is
who may do that with its task (`domain.access`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock, Ref
from dragoman.domain import json_numbers
from dragoman.domain.access import Permission
from dragoman.domain.bulk import (
    DAY_SECONDS,
    TASK_STATE,
    Batch,
    BatchPayload,
    Method,
    OnChange,
    OnConflict,
    Origin,
    Outcome,
    Status,
)
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Forbidden, Invalid, NotFound
from dragoman.domain.job import ENDED as OVER
from dragoman.domain.job import JobKind
from dragoman.domain.people import Tenant
from dragoman.domain.task import ENDED, Kind, State, Task
from dragoman.store.repositories.batch_filters import BatchFilter, Condition
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import announcements
from dragoman.usecases.batches.content import payloads, staging
from dragoman.usecases.batches.execution import failures
from dragoman.usecases.batches.review import policies
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

SAMPLE = 100
"""Maximum failures in the representation of a batch."""
VIEW_BYTES = 256 * 2**20
"""The most text of entries and data in the representation of a batch."""
FEW = 10
"""How many chunks of a deleted batch, or pieces of a file, are deleted at once."""
HISTORY = "batch"
"""The extras of the batch's task that record its statuses, decisions and changes of options. No dialect has this name,
so none can change them."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a new batch asks for besides its content, with the defaults of `Batch`. Numbers of clients are texts."""

    title: str | None = None
    purpose: str | None = None
    policy: dict[str, Any] = {}
    on_change: OnChange = OnChange.FAIL
    max_failures: str | None = None
    canary: int | None = None
    rate: str | None = None
    concurrency: int | None = None
    not_before: Moment | None = None
    priority: int = 0
    review_expires_at: Moment | None = None


class Made(msgspec.Struct, frozen=True):
    """What a batch is made from: another one, whose `number` and other facts (`args`) its first job needs."""

    origin: Origin
    batch: str
    number: int
    args: dict[str, Any] = {}
    on_conflict: OnConflict | None = None


class NewBatch(msgspec.Struct, frozen=True):
    """The content of a new batch: `entries` and `data` are JSON text, `size` is the number of entries.

    With a `selection` (JSON text of its conditions) there are no entries yet. `staged`: they are stored already, under
    this uid, and `data` is what they share. `made_from`: `size` of them will be taken from another batch.
    """

    method: Method
    type: str
    field: str | None
    entries: str | None
    data: str | None
    review: bool
    size: int
    options: Options = Options()
    selection: str | None = None
    staged: str | None = None
    made_from: Made | None = None


class BatchView(msgspec.Struct, frozen=True):
    """A batch with all that its representation shows. Parts that were not requested are empty."""

    batch: Batch
    owner: Tenant
    payload: BatchPayload | None = None
    failures: tuple[Outcome, ...] = ()


def keys_to_create(order: NewBatch) -> Keys:
    """The keys to create a batch."""
    return Keys(numbers={"task"}, jobs=() if order.staged is None else {order.staged})


def keys_to_change(uid: Ref) -> Keys:
    """The keys to change a batch."""
    return Keys(tasks={uid}, batches={uid}, owners=tasks.SEEN_OWNERS)


def keys_to_read(uid: Ref) -> Keys:
    """The keys to read a batch."""
    return Keys(owners=tasks.SEEN_OWNERS).also("task", [uid], Lock.NONE).also("batch", [uid], Lock.NONE)


def get(uow: UnitOfWork, uid: Ref, permission: Permission = Permission.SEE) -> Batch:
    """The batch. NotFound when there is none that the principal may see; Forbidden when the permission is missing."""
    batch = find(uow, uid)
    if batch is None:
        raise NotFound("batch_not_found", f"There is no batch {uid}.", id=uid)
    tasks.get(uow, batch.number, permission)
    return batch


def find(uow: UnitOfWork, uid: Ref) -> Batch | None:
    """The batch, or None when there is none that the principal may see."""
    batch = uow.batches.find(uid)
    return None if batch is None or tasks.find_visible(uow, batch.number) is None else batch


def view(uow: UnitOfWork, batch: Batch, *, with_payload: bool = True, with_failures: bool = True) -> BatchView:
    """Load the view of a batch as it is now. With payload or failures the command must be exclusive, or a reader.

    Invalid `page_too_large` when the payload is larger than VIEW_BYTES.
    """
    batch = batch.shown_at(uow.now)
    payload = _payload(uow, batch) if with_payload else None
    found: Sequence[Outcome] = ()
    if with_failures and batch.unsuccessful:
        found = failures.page(uow, batch, limit=SAMPLE)
    return BatchView(batch, uow.home, payload, tuple(found))


def _payload(uow: UnitOfWork, batch: Batch) -> BatchPayload:
    if payloads.sizes(uow, [batch.uid]).get(batch.uid, 0) > VIEW_BYTES:
        message = f"The batch is larger than {VIEW_BYTES >> 20} MiB; leave out its entries and its data."
        raise Invalid("page_too_large", message)
    return payloads.whole(uow, batch)


def preview(uow: UnitOfWork, order: NewBatch, *, number: int = 0, uid: str = "") -> BatchView:
    """The view of a new batch, not stored. Refused as by `check_policy`."""
    check_policy(uow, order)
    principal, options = uow.principal, order.options
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
        title=options.title or title(order),
        purpose=options.purpose,
        selection=order.selection,
        on_change=options.on_change,
        max_failures=options.max_failures,
        canary=options.canary,
        rate=options.rate,
        concurrency=options.concurrency,
        not_before=None if options.not_before is None or options.not_before <= uow.now else options.not_before,
        priority=options.priority,
        review_expires_at=options.review_expires_at or _default_expiry(uow, order),
        policy_asked=options.policy,
        dialect=uow.dialect,
        **_origin(order.made_from),
    )
    return BatchView(batch, uow.home, BatchPayload(uow.tenant, uid, order.entries, order.data))


def _default_expiry(uow: UnitOfWork, order: NewBatch) -> Moment | None:
    return later(uow.now, seconds=uow.terms.review_days * DAY_SECONDS) if order.review else None


def create(uow: UnitOfWork, order: NewBatch) -> BatchView:
    """Store a batch with its task, and queue the job that prepares it. The command names `keys_to_create`."""
    task = tasks.add(
        uow,
        uid=order.staged or uow.new_id(),
        kind=Kind.BATCH,
        state=TASK_STATE[Status.CREATED],
        type=order.type,
        title=order.options.title or title(order),
        description=order.options.purpose,
        priority=order.options.priority or None,
        work_items=policies.audience(uow, policies.asked(uow, order.type, order.method, _size(order))),
    )
    made = preview(uow, order, number=task.number, uid=task.uid)
    uow.batches.add(made.batch)
    _store_content(uow, task.uid, order)
    _queue_first(uow, task.number, order)
    return made


def _queue_first(uow: UnitOfWork, number: int, order: NewBatch) -> None:
    """Queue the job that takes the entries from another batch, or the one that prepares the batch."""
    priority, other = order.options.priority, order.made_from
    if other is None:
        uow.enqueue(JobKind.BATCH_PREVIEW, number, priority=priority)
    else:
        uow.enqueue(JobKind.BATCH_FILL, number, priority=priority, number=other.number, **other.args)


def _origin(other: Made | None) -> dict[str, Any]:
    if other is None:
        return {}
    return {"origin": other.origin, "origin_batch": other.batch, "on_conflict": other.on_conflict}


def check_policy(uow: UnitOfWork, order: NewBatch) -> None:
    """Invalid when its own policy would loosen that of the rules; Forbidden `review_required` when it waives a review
    that a rule wants, or that a selection of everything needs."""
    own = policies.own_of(order.options.policy)
    policies.check_order(uow, order.type, order.method, _size(order), review=order.review, own=own)
    if not order.review and order.selection is not None and _is_everything(json_numbers.decode(order.selection)):
        raise Forbidden("review_required", "A batch of all that its creator may see needs a review.")


def _is_everything(conditions: Any) -> bool:
    """Whether these conditions ask nothing: there are none, or the filter is empty."""
    known = conditions.items() if isinstance(conditions, dict) else ((None, conditions),)
    return all(name == "filter" and not str(text).strip() for name, text in known)


def _size(order: NewBatch) -> int | None:
    return None if order.selection is not None else order.size


def _store_content(uow: UnitOfWork, uid: str, order: NewBatch) -> None:
    """Data that all entries share once, all else in chunks."""
    if order.staged is not None:
        staging.adopt(uow, uid, order.data)
        return
    shared = payloads.is_shared(order.method, order.data, order.size) or order.selection is not None
    shared = shared or order.made_from is not None
    uow.payloads.add(BatchPayload(uow.tenant, uid, None, order.data if shared else None))
    for chunk in payloads.cut_texts(uow.tenant, uid, order.entries, None if shared else order.data):
        uow.chunks.add(chunk)


def title(order: NewBatch) -> str:
    """The title of the batch's task: `PATCH 2 × phonenumber by phonenumber` (carrierx-batch.md 15)."""
    if order.selection is not None:
        return f"{order.method} selected {order.type}"
    by = "" if order.field is None else f" by {order.field}"
    return f"{order.method} {order.size} × {order.type}{by}"


def keep(uow: UnitOfWork, batch: Batch, said: dict[str, Any] | None = None) -> Batch:
    """Save a batch, let its task follow, and record in the task's history what was `said`: a decision, changed options.
    The end of a batch queues the job that clears its preview and images later. A change of its status, and each
    decision, comes here: so events tell each once."""
    task = update_task(uow, batch, said)
    announcements.announce(uow, uow.batches.find(batch.number), batch, task)
    if batch.status in (Status.CANCELLED, Status.EXPIRED):
        _release_original(uow, batch)
    if batch.ended_at == uow.now and batch.has_ended and batch.size:
        clear_at = later(batch.ended_at, seconds=uow.terms.images_days * DAY_SECONDS)
        uow.enqueue(JobKind.BATCH_CLEAR, batch.number, run_at=clear_at)
    return uow.batches.save(batch)


def _release_original(uow: UnitOfWork, batch: Batch) -> None:
    """The batch that an undo was to take back can be undone by another one."""
    if batch.origin is not Origin.UNDO or batch.origin_batch is None:
        return
    original = uow.batches.find(batch.origin_batch, Lock.CHANGE)
    if original is not None and original.undone_by == batch.uid:
        uow.batches.save(replace(original, undone_by=None, activity=original.activity + 1))


def update_task(uow: UnitOfWork, batch: Batch, said: dict[str, Any] | None = None) -> Task:
    """Set the state of the batch's task to match the batch. Each change of status is a row of its history."""
    task = uow.tasks.get(batch.number)
    facts = {"status": str(batch.status), "revision": batch.revision, **(said or {})}
    after = replace(task.with_extra(HISTORY, facts), suspended=batch.status is Status.PAUSED)
    state = TASK_STATE[batch.status]
    if task.state is state or (task.state is State.CLAIMED and state is State.READY):
        return tasks.save(uow, task, after)
    after = replace(after, state=state, state_changed_at=uow.now)
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
    """Delete a batch; the changes it made stay. Conflict while it is executed."""
    batch = get(uow, uid, Permission.DELETE)
    batch.must_be_deletable()
    shared = uow.payloads.find(uid)
    if shared is not None:
        uow.payloads.remove(shared)
    _release_original(uow, batch)
    uow.batches.remove(batch)
    tasks.remove_alone(uow, batch.number)
    uow.enqueue(JobKind.BATCH_FORGET, batch.number, uid=uid)


READ_SECONDS = 5.0
"""When it is looked again whether others still read what a deleted batch leaves."""


def _is_read(uow: UnitOfWork, uid: str) -> bool:
    """Whether a retry or an undo still takes its entries from this batch."""
    made = BatchFilter((Condition("origin_batch", "eq", (uid,)), Condition("status", "eq", (str(Status.CREATED),))))
    return any(
        job.state not in OVER
        for number in uow.batches.numbers(made)
        for job in uow.jobs.about(JobKind.BATCH_FILL, number)
    )


class Forget(msgspec.Struct, frozen=True):
    """Delete up to `size` rows of what a deleted batch leaves: preview, outcomes, entries; or of a draft's file."""

    hold: Hold
    size: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def forget(uow: UnitOfWork, command: Forget) -> bool:
    """Whether all is deleted, which completes the job."""
    job = jobs.held(uow, command.hold)
    number, uid = job.subject or 0, str(job.args.get("uid", ""))
    if _is_read(uow, uid):
        uow.enqueue(JobKind.BATCH_FORGET, number, run_at=later(uow.now, seconds=READ_SECONDS), uid=uid)
        jobs.complete(uow, job)
        return True
    is_over = (
        uow.previews.forget(number, limit=command.size) < command.size
        and uow.batches.forget_outcomes(number, limit=command.size) < command.size
        and staging.forget(uow, uid, FEW)
    )
    if is_over:
        detail = uow.batch_details.find(uid)
        if detail is not None:
            uow.batch_details.remove(detail)
        jobs.complete(uow, job)
    return is_over
