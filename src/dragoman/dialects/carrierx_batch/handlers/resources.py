"""Numbers, prefixes and files under their own paths (carrierx-batch.md 14.2), so that a batch's effects can be seen."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.resource_types import PARTNER
from dragoman.dialects.carrierx_batch.wire import paging
from dragoman.dialects.carrierx_batch.wire.filter import Comparison, member
from dragoman.dialects.carrierx_batch.wire.filter import parse as parse_filter
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid, partner_sid
from dragoman.dialects.carrierx_batch.wire.tasks import ALL, Selection
from dragoman.dialects.kit import Reply, Request
from dragoman.domain.resource import Resource
from dragoman.usecases.batches.types import resource_lists, resources
from dragoman.usecases.batches.types.resources import PlainType
from dragoman.usecases.uow import UnitOfWork

Body = dict[str, Any]


class Create(msgspec.Struct, frozen=True):
    """Create an object. The check of its natural key reads the whole type."""

    content: Body

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Get(msgspec.Struct, frozen=True):
    """Read an object, or some of its keys."""

    sid: str
    selection: Selection

    def keys(self) -> Keys:
        return Keys().also("resource", [self.sid], Lock.NONE)


class Change(msgspec.Struct, frozen=True):
    """Change the sent properties, or all of them."""

    sid: str
    content: Any
    whole: bool

    def keys(self) -> Keys:
        return Keys(resources={self.sid})


class Remove(msgspec.Struct, frozen=True):
    """Delete an object."""

    sid: str

    def keys(self) -> Keys:
        return Keys(resources={self.sid})


class List(msgspec.Struct, frozen=True):
    """A page of the objects."""

    part: paging.Slice
    order: paging.Ordering | None
    comparisons: tuple[Comparison, ...]
    selection: Selection

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """What was found, as it is shown."""

    items: list[Body]
    sids: list[str]
    first: int
    total: int
    part: paging.Slice


class Handlers:
    """What can be done with the objects of one type."""

    def __init__(self, plain: PlainType) -> None:
        self.plain = plain
        self.names = tuple(sorted({*plain.properties, plain.sid}))

    def parse_create(self, request: Request) -> Create:
        """Any of its properties; what only the server sets is ignored."""
        content = faults.an_object(faults.body_of(request))
        request.ignore(name for name in content if self._is_read_only(name))
        return Create(content)

    def create(self, uow: UnitOfWork, command: Create) -> Body:
        """Another with the same natural key is in the way, and named."""
        return self._shown(uow, resources.create(uow, self.plain, command.content))

    def parse_get(self, request: Request) -> Get:
        return Get(self._sid(request), paging.parse_selection(request))

    def get(self, uow: UnitOfWork, command: Get) -> Body:
        """NotFound for an unknown sid, and for that of another type."""
        return self._shown(uow, resources.get(uow, self.plain, command.sid), command.selection)

    def parse_change(self, *, whole: bool) -> Callable[[Request], Change]:
        """PATCH merges (RFC 7396), PUT exchanges."""

        def parse(request: Request) -> Change:
            content = faults.body_of(request)
            if isinstance(content, dict):
                request.ignore(name for name in content if self._is_read_only(name))
            return Change(self._sid(request), content, whole)

        return parse

    def change(self, uow: UnitOfWork, command: Change) -> Body:
        """An unknown sid is refused before an invalid body."""
        resource = resources.get(uow, self.plain, command.sid)
        content = faults.an_object(command.content)
        change = resources.exchange if command.whole else resources.merge
        return self._shown(uow, change(uow, self.plain, resource, content))

    def parse_remove(self, request: Request) -> Remove:
        return Remove(self._sid(request))

    def remove(self, uow: UnitOfWork, command: Remove) -> None:
        """It leaves the list, and its natural key is free again."""
        resources.remove(uow, resources.get(uow, self.plain, command.sid))

    def parse_list(self, request: Request) -> List:
        """As lists of tasks (10)."""
        part = paging.parse_slice(request)
        order = paging.parse_order(request, self.names)
        if order is not None and order.attribute is None and (part.after is not None or part.before is not None):
            paging.refuse("order", "can't be shuffle together with after or before")
        text = request.first("filter") or ""
        comparisons = parse_filter(text, self.names) if text.strip() else ()
        return List(part, order, comparisons, paging.parse_selection(request))

    def find(self, uow: UnitOfWork, command: List) -> Page:
        """The newest first, unless an order is requested."""
        part, order = command.part, command.order
        wanted = resource_lists.Wanted(
            matches=self._matcher(uow, command.comparisons),
            natural=self._natural(command.comparisons),
            by=None if order is None else order.attribute,
            descending=order is not None and order.descending,
            is_shuffled=order is not None and order.attribute is None,
            limit=part.limit,
            offset=part.offset,
            after=part.after,
            before=part.before,
        )
        found = resource_lists.find(uow, self.plain, wanted)
        items = [self._shown(uow, each, command.selection) for each in found.items]
        return Page(items, [each.uid for each in found.items], found.first, found.total, part)

    def _is_read_only(self, name: str) -> bool:
        return name in self.plain.read_only or name == self.plain.sid

    def _sid(self, request: Request) -> str:
        return parse_sid(request.path[self.plain.sid])

    def _matcher(self, uow: UnitOfWork, comparisons: tuple[Comparison, ...]) -> Callable[[Body], bool] | None:
        if not comparisons:
            return None
        owner = {PARTNER: partner_sid(uow.home)}
        return lambda body: all(each.holds(member({**body, **owner}, each.path)) for each in comparisons)

    def _natural(self, comparisons: tuple[Comparison, ...]) -> str | None:
        """The natural key that all must have: the table finds it by itself."""
        for each in comparisons:
            if each.operator == "eq" and each.path == (self.plain.natural,):
                return each.values[0].text
        return None

    def _shown(self, uow: UnitOfWork, resource: Resource, selection: Selection = ALL) -> Body:
        body = {**resources.shown(self.plain, resource), PARTNER: partner_sid(uow.home)}
        return {name: body[name] for name in sorted(body) if name == self.plain.sid or selection.shows(name)}


def render(body: Body, _request: Request) -> Reply:
    return answers.reply(200, body)


def render_list(page: Page, request: Request) -> Reply:
    """The envelope around objects."""
    envelope = paging.envelope(request, page.part, page.items, first=page.first, total=page.total, sids=page.sids)
    return answers.reply(200, envelope)
