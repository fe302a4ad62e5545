"""The list of tasks: conditions, order, pages; or all of them as lines of JSON, read and sent a page at a time."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from msgspec import UNSET, Raw
from msgspec.structs import replace

from dragoman.dialects.kit import Reply, Request, Stream, json
from dragoman.dialects.kit.accept import choose
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.handlers.tasks import lowered, moment, person
from dragoman.dialects.native.wire import cursors
from dragoman.dialects.native.wire.queries import TaskQuery
from dragoman.dialects.native.wire.tasks import TaskList
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.usecases.tasks.lists import List, Page, Sort, TaskFilter, asks_since, words

NDJSON = "application/x-ndjson"
MEDIA = (replies.JSON, NDJSON)
VARY = ("Vary", "Accept")
ROWS_IN_MEMORY = 100
PIECE_BYTES = 64 * 1024
PIECE = "native"
"""By this name a task's JSON is kept."""
SAME = ("is_open", "category", "type", "suspended", "priority")
RANGES = ("due_from", "due_to", "created_from", "created_to", "modified_from", "modified_to")
REFS = ("case", "stage", "contact", "parent")
TEXTS = frozenset({"title", "state", "contact", "assignee"})


def parse(request: Request, query: TaskQuery) -> List:
    """A requested list; users and links are not looked up yet."""
    sorts = tuple(Sort(word.removeprefix("-"), word.startswith("-")) for word in query.sort.split(","))  # type: ignore[arg-type]
    is_stream = _media(request) == NDJSON
    if is_stream:
        _refuse_paging(request)
    wanted = filter_of(query)
    types = (*(str if sort.key in TEXTS else int for sort in sorts), int)
    after, known_until = _position(request, query, types, is_since=asks_since(wanted))
    return List(
        wanted,
        sorts,
        ROWS_IN_MEMORY - 1 if is_stream else query.limit,  # one more is read, to know whether there are more
        after=after,
        known_until=known_until,
        people=_people(request, query),
        refs={name: lowered(ref) for name in REFS if (ref := getattr(query, name)) is not UNSET},
    )


def render(page: Page, request: Request) -> Reply | Stream:
    """One page, and the link to the next one; or a stream of all."""
    if _media(request) == NDJSON:
        return Stream(200, _lines(page, request), NDJSON, [VARY])
    items: list[Any] = [Raw(piece) for piece in _pieces(page)]
    bound = () if page.known_until is None else (page.known_until,)
    link = UNSET if page.after is None else cursors.link(request, (*page.after, *bound))
    return replies.plain(TaskList(items=items, next=link), [VARY])


def _pieces(page: Page) -> Iterator[bytes]:
    """The tasks as JSON. What is kept of them needs no rendering."""
    for task, kept in zip(page.items, page.pieces, strict=True):
        piece = None if kept is None else kept.get(PIECE)
        if piece is None:
            piece = json.encode(wire.task(task))
            if kept is not None:
                kept[PIECE] = piece
        yield piece


def _media(request: Request) -> str:
    media = choose(request.headers.get("accept"), MEDIA)
    if media is None:
        raise Invalid("not_acceptable", f"This list is available as {' or '.join(MEDIA)}.", status=406, offered=MEDIA)
    return media


def _refuse_paging(request: Request) -> None:
    """Invalid for parameters of pages: a stream has none."""
    problems = Problems()
    for name in ("limit", "cursor"):
        if name in request.query:
            problems.add(f"?{name}", "paging", f"does not apply to {NDJSON}, which has all tasks")
    problems.raise_if_any("invalid_query", "The query isn't as it should be; each fault is listed.")


async def _lines(page: Page, request: Request) -> AsyncIterator[bytes]:
    """Pieces of whole lines. The next page is read when the lines of the one before it were sent."""
    command: List = request.command
    while True:
        lines, size = [], 0
        for piece in _pieces(page):
            lines.append(piece + b"\n")
            size += len(lines[-1])
            if size >= PIECE_BYTES:
                yield b"".join(lines)
                lines, size = [], 0
        if lines:
            yield b"".join(lines)
        if page.after is None:
            return
        page = await request.run(replace(command, after=page.after, known_until=page.known_until))


def _position(
    request: Request, query: TaskQuery, types: tuple[type[str | int], ...], *, is_since: bool
) -> tuple[tuple[Any, ...] | None, Moment | None]:
    """Where the page begins, and of lists by a lower bound of moments where they end."""
    values = cursors.read(request, query.cursor, (*types, int) if is_since else types)
    if values is None or not is_since:
        return values, None
    return values[:-1], Moment(int(str(values[-1])))


def filter_of(query: TaskQuery) -> TaskFilter:
    """The conditions of a list that need no look at the database."""
    wanted: dict[str, Any] = {name: value for name in SAME if (value := getattr(query, name)) is not UNSET}
    wanted |= {name: moment(text) for name in RANGES if (text := getattr(query, name)) is not UNSET}
    if query.state is not UNSET:
        wanted["states"] = tuple(dict.fromkeys(query.state))
    if query.made_through is not UNSET:
        wanted["made_through"] = tuple(dict.fromkeys(query.made_through))
    if query.kind is not UNSET:
        wanted["kind"] = str(query.kind)
    if isinstance(query.q, str):
        wanted["words"] = words(query.q, "q")
    return TaskFilter(unassigned=query.unassigned, **wanted)


def _people(request: Request, query: TaskQuery) -> dict[str, str]:
    people = {"assignee": query.assignee, "creator": query.creator}
    return {field: _name(request, name) for field, name in people.items() if isinstance(name, str)}


def _name(request: Request, name: str) -> str:
    principal = request.principal
    if name == "me" and principal is not None and principal.user is not None:
        return principal.user
    return str(person(name))
