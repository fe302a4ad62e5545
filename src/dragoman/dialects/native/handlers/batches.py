"""Batches: made, listed, read, changed, deleted."""

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.kit.warnings import warning_of
from dragoman.dialects.native import batch_views as views
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.handlers.tasks import lowered, moment, person
from dragoman.dialects.native.wire import batch_orders, cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.batch_queries import BatchQuery
from dragoman.dialects.native.wire.batches import BatchList
from dragoman.usecases.batches import creations, pages
from dragoman.usecases.batches.pages import BatchSort, Condition

NOUN = "batch"
COLUMNS = {"number": "number", "created": "created_at", "modified": "modified_at", "priority": "priority"}


def parse_create(request: Request, query: queries.Trial) -> creations.Create:
    """A batch to be made."""
    reading.check_media(request, reading.JSON)
    return creations.Create(batch_orders.parse_order(request), is_trial=query.dry_run)


def render_made(made: creations.Made, request: Request) -> Reply:
    """201 with the document, and a warning about data that the type refuses."""
    reply = views.made(made.shown, request)
    if made.warning is not None:
        reply.headers.append(warning_of(made.warning))
    return reply


def parse_list(request: Request, query: BatchQuery) -> pages.List:
    """A requested list; its users are not looked up yet."""
    word = query.sort.removeprefix("-")
    needs_me = None if query.needs_me is UNSET else query.needs_me
    values = cursors.read(request, query.cursor, (int, int))
    return pages.List(
        conditions=tuple(_conditions(query)),
        creator=None if query.creator is UNSET else _name(request, query.creator),
        needs_me=needs_me,
        sort=BatchSort(COLUMNS[word], descending=query.sort.startswith("-")),  # type: ignore[arg-type]
        limit=query.limit,
        after=None if values is None else (values[0], values[1]),  # type: ignore[arg-type]
    )


def render_list(page: pages.Page, request: Request) -> Reply:
    """One page, and the link to the next one."""
    link = UNSET if page.after is None else cursors.link(request, page.after)
    return replies.plain(BatchList(items=[views.document(shown) for shown in page.items], next=link))


def _conditions(query: BatchQuery) -> list[Condition]:
    found: list[Condition] = []
    if query.status is not UNSET:
        found.append(Condition("status", "in", tuple(dict.fromkeys(map(str, query.status)))))
    for column, value in (("type", query.type), ("method", query.method), ("origin_batch", lowered(query.origin))):
        if value is not UNSET:
            found.append(Condition(column, "eq", (str(value),)))  # type: ignore[arg-type]
    for operator, text in (("ge", query.created_from), ("le", query.created_to)):
        if text is not UNSET:
            found.append(Condition("created_at", operator, (moment(text),)))  # type: ignore[arg-type]
    return found


def _name(request: Request, name: str) -> str:
    principal = request.principal
    if name == "me" and principal is not None and principal.user is not None:
        return principal.user
    return str(person(name))
