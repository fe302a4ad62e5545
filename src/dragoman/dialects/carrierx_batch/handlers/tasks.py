"""One task: made, read, decided, removed."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.wire import changes, options, paging, selections, tasks
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.carrierx_batch.wire.orders import parse_order
from dragoman.dialects.kit import Later, Reply, Request
from dragoman.dialects.kit.batch_tags import parse_if_match, tag_of
from dragoman.dialects.kit.batch_watching import until_it_rests
from dragoman.dialects.kit.conditions import is_among
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.kit.warnings import warning_of
from dragoman.domain.bulk import Batch, Method, Status
from dragoman.usecases.batches import control, creations, documents, watching
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.control import IfMatch
from dragoman.usecases.batches.lifecycle import BatchView, NewBatch, Options
from dragoman.usecases.tasks.lifecycle import COUNTED_OWNERS
from dragoman.usecases.uow import UnitOfWork

FLAGS = {"true": True, "false": False}
LONGEST_WAIT = 60


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
    dry_run, chosen, selection = dry_run_of(request), _options(request), _selection(request, value)
    request.ignore_other_members(_known(value))
    order = parse_order(value, most=request.limits.entries, is_selected=selections.NAME in request.query)
    return Create(msgspec.structs.replace(order, options=chosen, selection=selection), dry_run)


def _options(request: Request) -> Options:
    problems = Problems()
    chosen = options.parse_parameters(request, problems)
    problems.raise_if_any("invalid_query", "The query isn't as it should be; each fault is listed.")
    return chosen


def _selection(request: Request, body: Any) -> str | None:
    """The conditions in place of entries; a task of POST finds no objects."""
    given = request.query.get(selections.NAME)
    if given is None:
        return None
    if len(given) > 1:
        paging.refuse(selections.NAME, "is given more than once")
    if isinstance(body, dict) and body.get("method") == str(Method.POST):
        paging.refuse(selections.NAME, "can't be combined with method POST")
    return selections.parse_selection(given[0], body.get("type") if isinstance(body, dict) else None)


def dry_run_of(request: Request) -> bool:
    """An unknown value of `dry_run` is refused: a batch with a misspelled value must not run."""
    dry_run = FLAGS.get(",".join(request.query.get("dry_run", ["false"])))
    if dry_run is None:
        paging.refuse("dry_run", "must be true or false")
    return dry_run


class Made(msgspec.Struct, frozen=True):
    """A new task, and a sentence about data that its type refuses for all entries alike."""

    view: BatchView
    warning: str | None


def create(uow: UnitOfWork, command: Create) -> Made:
    """The answer shows `created`, even if a worker takes it at once (4, rule 6)."""
    view = batches.preview(uow, command.order) if command.dry_run else _made(uow, command.order)
    return Made(view, creations.warning(uow, command.order))


def _made(uow: UnitOfWork, order: NewBatch) -> BatchView:
    made = batches.create(uow, order)
    return made if order.staged is None else batches.view(uow, made.batch)


def render_made(made: Made, request: Request) -> Reply:
    """The whole Task, and the warning in a header."""
    reply = tasks.render(made.view, request)
    if made.warning is not None:
        reply.headers.append(warning_of(made.warning))
    return reply


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


def parse_get(request: Request) -> Get | documents.Get:
    """One task at once; or the batch that is waited for."""
    sid, selection = parse_sid(request.path["task_sid"]), paging.parse_selection(request)
    return Get(sid, selection) if wait_of(request) is None else documents.Get(sid)


def wait_of(request: Request) -> int | None:
    """How many seconds to wait; None for not at all."""
    text = request.first("wait")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LONGEST_WAIT:
        paging.refuse("wait", f"must be a whole number of seconds from 1 to {LONGEST_WAIT}")
    return int(text)


def get(uow: UnitOfWork, command: Get | documents.Get | watching.Peek) -> Shown | documents.Shown | watching.Mark:
    """NotFound for an unknown sid, and for another partner's."""
    if not isinstance(command, Get):
        return watching.look(uow, command)
    chosen = command.selection
    batch = batches.get(uow, command.sid)
    view = batches.view(uow, batch, with_payload=chosen.with_payload, with_failures=chosen.with_failures)
    return Shown(view, chosen)


def render_shown(shown: Shown | documents.Shown, request: Request) -> Reply | Later:
    """The answer to GET, with the version that If-Match may name; at once, or once the batch rests."""
    if isinstance(shown, Shown):
        return answers.reply(200, tasks.shown(shown.view, shown.selection), (tag_of(shown.view.batch),))
    first, header, seconds = shown, request.headers.get("if-none-match", ""), wait_of(request) or 0

    def is_named(batch: Batch) -> bool:
        return bool(header) and is_among(tag_of(batch)[1], header)

    async def rested() -> Reply:
        seen = await until_it_rests(request, first, float(seconds), is_named)
        reply = render_shown(await request.run(Get(seen.batch.uid, paging.parse_selection(request))), request)
        assert isinstance(reply, Reply)  # noqa: S101 - what was run is shown at once
        return reply

    return Later(rested)


class Update(msgspec.Struct, frozen=True):
    """Approve or cancel, by PATCH or by PUT. `if_match`: the revisions of which one must be the present one."""

    sid: str
    change: changes.Change
    if_match: IfMatch = None

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
    if_match = parse_if_match(request)
    sid = parse_sid(request.path["task_sid"])
    request.ignore_other_members(_known(value))
    return Update(sid, changes.parse_change(value, whole=whole), if_match)


def update(uow: UnitOfWork, command: Update) -> BatchView:
    """Nothing is written unless all checks pass: the body, the right, the version read by the client, the status, the
    policy (7, 16)."""
    batch = batches.get(uow, command.sid)
    view = batches.view(uow, batch)
    decision = changes.read_decision(command.change, view)
    if decision is None:
        control.check_version(batch, command.if_match)
        return view
    # With a canary it is running, which no status that a client sets can end; `/control` decides it.
    decided = control.decide(uow, batch, decision, if_match=command.if_match, review=Status.IN_REVIEW)
    return msgspec.structs.replace(view, batch=decided)


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
