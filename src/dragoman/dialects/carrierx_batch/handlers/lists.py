"""Lists: the tasks, and the failures of one of them."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.handlers import task_search as searching
from dragoman.dialects.carrierx_batch.wire import paging, tasks
from dragoman.dialects.carrierx_batch.wire.filter import Comparison
from dragoman.dialects.carrierx_batch.wire.filter import parse as parse_filter
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.kit import Reply, Request
from dragoman.domain.bulk import Outcome
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches import lists as batch_lists
from dragoman.usecases.batches.execution import failures as batch_failures
from dragoman.usecases.batches.lists import Found
from dragoman.usecases.uow import UnitOfWork


class List(msgspec.Struct, frozen=True):
    """A page of the tasks."""

    part: paging.Slice
    order: paging.Ordering | None
    comparisons: tuple[Comparison, ...]
    selection: tasks.Selection

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_list(request: Request) -> List:
    """Parameters that aren't known are ignored (10)."""
    part = paging.parse_slice(request)
    order = paging.parse_order(request, searching.SORTABLE)
    if order is not None and order.attribute is None and (part.after is not None or part.before is not None):
        paging.refuse("order", "can't be shuffle together with after or before")
    text = request.first("filter") or ""
    comparisons = parse_filter(text, tasks.NAMES) if text.strip() else ()
    return List(part, order, comparisons, paging.parse_selection(request))


def find(uow: UnitOfWork, command: List) -> tuple[Found, List]:
    """Only tasks of the token's partner, and of those only what its user may see."""
    conditions, rest = searching.split(command.comparisons)
    wanted = batch_lists.Wanted(
        conditions=conditions,
        matches=searching.matcher(rest, uow.home),
        sort=searching.sort_of(command.order),
        limit=command.part.limit,
        offset=command.part.offset,
        after=command.part.after,
        before=command.part.before,
        with_payload=command.selection.with_payload,
        with_failures=command.selection.with_failures,
    )
    return batch_lists.find(uow, wanted), command


def render_list(result: tuple[Found, List], request: Request) -> Reply:
    """The envelope around Tasks."""
    found, command = result
    items = [tasks.shown(view, command.selection) for view in found.items]
    sids = [view.batch.uid for view in found.items]
    page = paging.envelope(request, command.part, items, first=found.first, total=found.total, sids=sids)
    return answers.reply(200, page)


class Failures(msgspec.Struct, frozen=True):
    """A page of a task's failures."""

    sid: str
    part: paging.Slice

    def keys(self) -> Keys:
        return batches.keys_to_read(self.sid)


class FoundFailures(msgspec.Struct, frozen=True):
    """The page, and how many there are by now."""

    items: list[Outcome]
    total: int


def parse_failures(request: Request) -> Failures:
    """Pageable by offset (9)."""
    return Failures(parse_sid(request.path["task_sid"]), paging.parse_slice(request, by_sid=False))


def failures(uow: UnitOfWork, command: Failures) -> FoundFailures:
    """In the order of the entries."""
    batch = batches.get(uow, command.sid)
    items = batch_failures.page(uow, batch, limit=command.part.limit, offset=command.part.offset)
    return FoundFailures(items, batch.unsuccessful or 0)


def render_failures(found: FoundFailures, request: Request) -> Reply:
    """The vendor's sample has `items` only; the envelope around it is ours (9)."""
    part = paging.parse_slice(request, by_sid=False)
    items = [tasks.detail(each) for each in found.items]
    return answers.reply(200, paging.envelope(request, part, items, first=part.offset, total=found.total, sids=[]))
