"""One task: made, read, decided, removed."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.wire import changes, paging, tasks
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.carrierx_batch.wire.orders import parse_order
from dragoman.dialects.kit import Reply, Request
from dragoman.domain.bulk import Batch
from dragoman.domain.errors import StaleVersion
from dragoman.usecases.batches import control, reviews
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.lifecycle import BatchView, NewBatch
from dragoman.usecases.tasks.lifecycle import COUNTED_OWNERS
from dragoman.usecases.uow import UnitOfWork

FLAGS = {"true": True, "false": False}


class Create(msgspec.Struct, frozen=True):
    """Create a batch, or only show what it would be."""

    order: NewBatch
    dry_run: bool = False

    def keys(self) -> Keys | Exclusive:
        if self.order.staged is not None:
            return EXCLUSIVE  # the answer shows all entries, which are read by a condition
        return Keys() if self.dry_run else batches.keys_to_create(self.order)


def parse_create(request: Request) -> Create:
    value = faults.body_of(request)
    dry_run = dry_run_of(request)
    request.ignore_other_members(_known(value))
    return Create(parse_order(value, most=request.limits.entries), dry_run)


def dry_run_of(request: Request) -> bool:
    """An unknown value of `dry_run` is refused: a batch with a misspelled value must not run."""
    dry_run = FLAGS.get(request.first("dry_run") or "false")
    if dry_run is None:
        paging.refuse("dry_run", "must be true or false")
    return dry_run


def create(uow: UnitOfWork, command: Create) -> BatchView:
    """The answer shows `created`, even if a worker takes it at once (4, rule 6)."""
    if command.dry_run:
        return batches.preview(uow, command.order)
    made = batches.create(uow, command.order)
    return made if command.order.staged is None else batches.view(uow, made.batch)


class Get(msgspec.Struct, frozen=True):
    """Read one task, or some of its keys."""

    sid: str
    selection: tasks.Selection

    def keys(self) -> Keys:
        return batches.keys_to_read(self.sid)


class Shown(msgspec.Struct, frozen=True):
    """A task, and the requested keys."""

    view: BatchView
    selection: tasks.Selection


def parse_get(request: Request) -> Get:
    return Get(parse_sid(request.path["task_sid"]), paging.parse_selection(request))


def get(uow: UnitOfWork, command: Get) -> Shown:
    """NotFound for an unknown sid, and for another partner's."""
    chosen = command.selection
    batch = batches.get(uow, command.sid)
    view = batches.view(uow, batch, with_payload=chosen.with_payload, with_failures=chosen.with_failures)
    return Shown(view, chosen)


def render_shown(shown: Shown, _request: Request) -> Reply:
    """The answer to GET, with the version that If-Match may name."""
    return answers.reply(200, tasks.shown(shown.view, shown.selection), (("ETag", tasks.etag(shown.view.batch)),))


class Update(msgspec.Struct, frozen=True):
    """Approve or cancel, by PATCH or by PUT. `versions`: one of them must be the present one; None asks nothing."""

    sid: str
    change: changes.Change
    versions: tuple[str, ...] | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_patch(request: Request) -> Update:
    """Any keys of the Task."""
    return _parse_update(request, whole=False)


def parse_put(request: Request) -> Update:
    """All keys of the Task."""
    return _parse_update(request, whole=True)


def _known(body: Any) -> list[str]:
    """The keys of a Task in a body; any other is refused later."""
    return [name for name in tasks.NAMES if name in body] if isinstance(body, dict) else []


def _parse_update(request: Request, *, whole: bool) -> Update:
    value = faults.body_of(request)  # an unreadable body is refused before an unknown sid (7)
    sid = parse_sid(request.path["task_sid"])
    header = request.headers.get("if-match")
    versions = None if header is None else tuple(part.strip() for part in header.split(","))
    request.ignore_other_members(_known(value))
    return Update(sid, changes.parse_change(value, whole=whole), versions)


def update(uow: UnitOfWork, command: Update) -> BatchView:
    """Nothing is written unless all checks pass: the body, the version read by the client, the status (7, 16)."""
    batch = batches.get(uow, command.sid)
    view = batches.view(uow, batch)
    decision = changes.read_decision(command.change, view)
    if decision is not None:
        reviews.must_have_right(uow, batch, decision)
    _check_version(batch, command.versions)
    if decision is None:
        return view
    checked: control.IfMatch = None if command.versions is None else "*"
    decided = control.decide(uow, batch, decision, if_match=checked)
    return msgspec.structs.replace(view, batch=decided)


def _check_version(batch: Batch, versions: tuple[str, ...] | None) -> None:
    if versions is not None and "*" not in versions and tasks.etag(batch) not in versions:
        raise StaleVersion("stale", "the task is not what it was when it was read", batch)


class Remove(msgspec.Struct, frozen=True):
    """Delete the record of a task."""

    sid: str

    def keys(self) -> Keys:
        keys = batches.keys_to_change(self.sid)
        keys.owners.update(COUNTED_OWNERS)
        return keys


def parse_remove(request: Request) -> Remove:
    return Remove(parse_sid(request.path["task_sid"]))


def remove(uow: UnitOfWork, command: Remove) -> Any:
    """Conflict while it executes."""
    batches.remove(uow, command.sid)
