"""The list of batches, with its filter."""

from urllib.parse import urlencode

from starlette.responses import Response

from dragoman.domain import batch_query
from dragoman.domain.batch_query import Asked
from dragoman.domain.errors import NotFound
from dragoman.domain.limits import uuid_of
from dragoman.domain.task_query.moments import Range
from dragoman.usecases.batches import documents, drafts, pages, rows
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.pages import BatchSort, Condition
from dragoman.web.site import Page
from dragoman.web.views.inbox import chips
from dragoman.web.visit import Visit

ADDRESS = "/ui/batches"
SIZES = (25, 50, 100)
NEWEST_FIRST = BatchSort("number", descending=True)
LONGEST = 2_000
NO_BATCH = "0"


async def show(visit: Visit) -> Response:
    """A page of the list, the newest first. A filter that can't be read shows no rows, and says why."""
    text, limit = (visit.request.first("q") or "")[:LONGEST], _limit(visit)
    asked = batch_query.read(text, visit.request.received_at, visit.moments.zone)
    page = rows.RowPage([], None)
    if not asked.faults:
        page = await visit.read(rows.row_page, await _command(visit, asked, limit))
    following = None if page.after is None else urlencode({"q": text, "after": page.after[1], "limit": limit})
    begun = await visit.read(drafts.begun, drafts.Begun()) if not text and _after(visit) is None else []
    return await visit.framed(
        "batches/list.html",
        "batches",
        422 if asked.faults else 200,
        heading=visit.gettext("Batches"),
        rows=page.rows,
        q=text,
        fault=" ".join(chips.fault(each, visit.words) for each in asked.faults),
        limit=limit,
        following=following,
        is_first=_after(visit) is None,
        drafts=[(each.uid, visit.moments.of(each.changed_at)) for each in begun],
    )


async def _command(visit: Visit, asked: Asked, limit: int) -> pages.List:
    conditions: list[Condition] = []
    creator: str | None = None
    needs_me: bool | None = None
    for term in asked.terms:
        key, values = term.key, tuple(batch_query.spelled(term.key or "", value.text) for value in term.values)
        if key == "is" or (key == "creator" and values == ("me",)):
            creator = visit.require().user
        elif key == "creator":
            creator = values[0]
        elif key == "needs":
            needs_me = True
        elif key == "origin":
            conditions.append(Condition("origin_batch", "eq", (await _origin(visit, values[0]),)))
        elif key == "created":
            bounds = batch_query.created(term, visit.request.received_at, visit.moments.zone)
            conditions += _between(bounds)
        elif term.negated:
            conditions += [Condition(key, "ne", (value,)) for value in values]  # type: ignore[arg-type]
        else:
            conditions.append(Condition(key, "in", values))  # type: ignore[arg-type]
    return pages.List(
        conditions=tuple(conditions), creator=creator, needs_me=needs_me, sort=NEWEST_FIRST, limit=limit,
        after=_after(visit),
    )  # fmt: skip


def _between(bounds: Range | None) -> list[Condition]:
    low, high = (None, None) if bounds is None else bounds
    found = [] if low is None else [Condition("created_at", "ge", (low,))]
    return found if high is None else [*found, Condition("created_at", "le", (high,))]


async def _origin(visit: Visit, text: str) -> str:
    """The id of the batch that others were made from; one that isn't seen has none."""
    try:
        seen: Shown = await visit.read(documents.get, documents.Get(uuid_of(text) or int(text)))
    except NotFound:
        return NO_BATCH
    return seen.batch.uid


def _limit(visit: Visit) -> int:
    text = visit.request.first("limit") or ""
    return int(text) if text in map(str, SIZES) else 50


def _after(visit: Visit) -> tuple[int, int] | None:
    text = visit.request.first("after") or ""
    return (int(text), int(text)) if text.isdigit() and len(text) < 19 and text.isascii() else None


PAGES = (Page(ADDRESS, show),)
