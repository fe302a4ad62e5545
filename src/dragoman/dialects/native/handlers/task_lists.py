"""The list of tasks: conditions, order, pages."""

from typing import Any

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.handlers.tasks import lowered, moment, person
from dragoman.dialects.native.wire import cursors
from dragoman.dialects.native.wire.queries import TaskQuery
from dragoman.dialects.native.wire.tasks import TaskList
from dragoman.usecases.tasks.lists import List, Page, Sort, TaskFilter, words

SAME = ("is_open", "category", "type", "suspended", "priority")
RANGES = ("due_from", "due_to", "created_from", "created_to", "modified_from", "modified_to")
REFS = ("case", "stage", "contact", "parent")
TEXTS = frozenset({"title", "state", "contact", "assignee"})


def parse(request: Request, query: TaskQuery) -> List:
    """What is asked for, with people and links still as they were named."""
    sorts = tuple(Sort(word.removeprefix("-"), word.startswith("-")) for word in query.sort.split(","))  # type: ignore[arg-type]
    types = (*(str if sort.key in TEXTS else int for sort in sorts), int)
    return List(
        _filter(query),
        sorts,
        query.limit,
        after=cursors.read(request, query.cursor, types),
        people=_people(request, query),
        refs={name: lowered(ref) for name in REFS if (ref := getattr(query, name)) is not UNSET},
    )


def render(page: Page, request: Request) -> Reply:
    """One page, and the link to the next one."""
    items = [wire.task(task) for task in page.items]
    return replies.plain(TaskList(items=items, next=UNSET if page.after is None else cursors.link(request, page.after)))


def _filter(query: TaskQuery) -> TaskFilter:
    wanted: dict[str, Any] = {name: value for name in SAME if (value := getattr(query, name)) is not UNSET}
    wanted |= {name: moment(text) for name in RANGES if (text := getattr(query, name)) is not UNSET}
    if query.state is not UNSET:
        wanted["states"] = tuple(dict.fromkeys(query.state))
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
