"""Entries and preview of a batch: a page as JSON, or all rows as NDJSON or CSV."""

from collections.abc import AsyncIterator
from typing import Any

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request, Stream, json
from dragoman.dialects.kit.accept import choose
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native import batch_views as views
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.handlers.batches import NOUN
from dragoman.dialects.native.wire import cursors
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.batch_queries import PreviewQuery
from dragoman.dialects.native.wire.queries import Pages
from dragoman.domain.bulk import Batch
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.content import contents
from dragoman.usecases.batches.outcomes.result_texts import Form
from dragoman.usecases.batches.review import preview_pages

FORMS = {"application/x-ndjson": Form.NDJSON, "text/csv": Form.CSV}
MEDIA = (replies.JSON, *FORMS)
VARY = ("Vary", "Accept")
OF_PAGES = ("limit", "cursor", "moved", "groups")
FAULTS = "The query isn't as it should be; each fault is listed."


def parse_entries(request: Request, query: Pages) -> contents.Read:
    """A page, or the beginning of a file."""
    form = _form(request)
    if form is not None:
        return contents.file(reading.ref(request, NOUN))
    first = cursors.read_number(request, query.cursor)
    return contents.Read(batch=reading.ref(request, NOUN), first=first, limit=query.limit)


def render_entries(page: contents.Page, request: Request) -> Reply | Stream:
    """One page, and the link to the next one; or a file."""
    form = _form(request)
    if form is not None:
        return _file(page.batch, "entries", form, contents.pieces(page.batch, request.command, form, request.run))
    items = [
        {"index": row.index, "entry": row.entry, "data": row.data if page.shared is None else None} for row in page.rows
    ]
    found: dict[str, Any] = {"items": items}
    if page.shared is not None:
        found["shared_data"] = page.shared
    return _page(found, page.next, [VARY], request)


def parse_preview(request: Request, query: PreviewQuery) -> preview_pages.Read:
    """A page, or the beginning of a file."""
    form = _form(request)
    after = _after(query)
    return preview_pages.Read(
        batch=reading.ref(request, NOUN),
        first=cursors.read_number(request, query.cursor),
        limit=1 if form is not None else query.limit,
        effects=() if query.effect is UNSET else tuple(dict.fromkeys(query.effect)),
        pointer=None if query.pointer is UNSET else query.pointer,
        after=after,
        with_moved=query.moved,
        with_groups=query.groups,
    )


def render_preview(found: preview_pages.Found, request: Request) -> Reply | Stream:
    """One page with the summary, and the link to the next one; or a file."""
    form, batch = _form(request), found.shown.batch
    if form is not None:
        pieces = preview_pages.pieces(batch, request.command, form, request.run)
        return _file(batch, "preview", form, pieces, views.tag(batch))
    moved = None if found.moved is None else {"count": found.moved[0], "more": found.moved[1]}
    page: dict[str, Any] = {"summary": views.summary(batch), "moved": moved}
    if found.groups is not None:
        page["groups"] = found.groups
    page["items"] = [preview_pages.members_of(row) for row in found.rows]
    return _page(page, found.next, [views.tag(batch), VARY], request)


def _after(query: PreviewQuery) -> Any:
    problems = Problems()
    value: Any = UNSET
    if query.after is not UNSET:
        if query.pointer is UNSET:
            problems.add("?pointer", "missing", "is missing beside after")
        try:
            value = json.parse(query.after.encode())
        except Invalid:
            problems.add("?after", "format", "must be JSON")
    problems.raise_if_any("invalid_query", FAULTS)
    return value


def _form(request: Request) -> Form | None:
    """The form of the file that is asked for; None for a page. Invalid for all else, and for pages of a file."""
    media = choose(request.headers.get("accept"), MEDIA)
    if media is None:
        message = f"This is available as {', '.join(MEDIA)}."
        raise Invalid("not_acceptable", message, status=406, offered=MEDIA)
    if media not in FORMS:
        return None
    problems = Problems()
    for name in OF_PAGES:
        if name in request.query:
            problems.add(f"?{name}", "paging", f"does not apply to {media}, which has all rows")
    problems.raise_if_any("invalid_query", FAULTS)
    return FORMS[media]


def _page(found: dict[str, Any], following: int | None, headers: list[tuple[str, str]], request: Request) -> Reply:
    if following is not None:
        found["next"] = cursors.link(request, (following,))
    return replies.plain(found, headers)


def _file(batch: Batch, what: str, form: Form, pieces: AsyncIterator[bytes], *headers: tuple[str, str]) -> Stream:
    media = next(name for name, each in FORMS.items() if each is form)
    name = ("Content-Disposition", f'attachment; filename="batch-{batch.number}-{what}.{form}"')
    return Stream(200, pieces, media, [VARY, name, *headers])
