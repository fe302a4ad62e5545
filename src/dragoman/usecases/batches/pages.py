"""Pages of batches: by conditions on their own columns, and by whether a principal may decide them."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.bulk import Batch
from dragoman.domain.limits import uuid_of
from dragoman.store.repositories.batch_filters import BatchFilter, BatchSort, Condition
from dragoman.usecases.batches import documents
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.review import reviews
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.uow import UnitOfWork

__all__ = ["BatchSort", "Condition", "List", "Page", "list_page"]

WAITING = Condition("status", "in", ("pending_review", "canary_review"))
AT_ONCE = 100
NOBODY = ""


class List(msgspec.Struct, frozen=True, kw_only=True):
    """One page. `creator` is an id or login that isn't looked up yet; `needs_me`: whether it waits for a decision that
    the principal may take. `after` is the sorted value and the number of the last batch of the page before."""

    conditions: tuple[Condition, ...] = ()
    creator: str | None = None
    needs_me: bool | None = None
    sort: BatchSort
    limit: int
    after: tuple[int, int] | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """Batches in order. `after` is the place of the next page, None on the last."""

    items: list[Shown]
    after: tuple[int, int] | None


def list_page(uow: UnitOfWork, command: List) -> Page:
    """The page; only of batches whose task the principal may see."""
    wanted = BatchFilter(_conditions(uow, command), uow.principal)
    found: list[Batch] = []
    after = command.after
    while len(found) <= command.limit:
        some = uow.batches.behind(wanted, command.sort, after, limit=max(AT_ONCE, command.limit + 1))
        if command.needs_me is not None:
            reviews.load(uow, some)
        found += [batch for batch in some if command.needs_me is None or _needs(uow, batch) is command.needs_me]
        if len(some) < max(AT_ONCE, command.limit + 1):
            break
        after = _edge(command.sort, some[-1])
    page = found[: command.limit]
    more = len(found) > command.limit
    return Page([documents.shown(uow, batch) for batch in page], _edge(command.sort, page[-1]) if more else None)


def _edge(sort: BatchSort, batch: Batch) -> tuple[int, int]:
    return int(sort.value(batch)), batch.number


def _conditions(uow: UnitOfWork, command: List) -> tuple[Condition, ...]:
    conditions = command.conditions
    if command.creator is not None:
        user = persons.by_id_or_login(uow, command.creator)
        uid = uuid_of(command.creator) or (NOBODY if user is None else user.uid)
        conditions = (*conditions, Condition("creator", "eq", (uid,)))
    return (*conditions, WAITING) if command.needs_me else conditions


def _needs(uow: UnitOfWork, batch: Batch) -> bool:
    """Whether it waits for a decision that the principal may take, and hasn't taken."""
    return reviews.waits_for(uow, batch)
