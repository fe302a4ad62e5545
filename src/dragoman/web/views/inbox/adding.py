"""Adding a term to a filter without typing it: the choices behind "+ Category" and the like."""

from typing import NamedTuple

from dragoman.domain.errors import NotFound
from dragoman.domain.task_query import terms
from dragoman.domain.task_query.keys import ANY, EXTENSION
from dragoman.usecases.inbox import completion
from dragoman.usecases.inbox.lists import USUAL
from dragoman.web.dialects import DIALECTS
from dragoman.web.views.inbox.asked import Asked
from dragoman.web.visit import Visit
from dragoman.web.words import N_

MOST = 200
LABELS = {
    "category": N_("Category"),
    "dialect": N_("Dialect"),
    "due": N_("Due"),
    "extension": N_("Extension"),
    "assignee": N_("Assignee"),
    "state": N_("State"),
}
"""What can be added, by what it is called."""
MOMENTS = (
    ("<today", N_("before today")),
    ("today", N_("today")),
    ("<=+7d", N_("within 7 days")),
    ("none", N_("no due time")),
)


class Choices(NamedTuple):
    """A select: what it is called, and its values with their labels."""

    key: str
    label: str
    options: list[tuple[str, str]]


async def choices(visit: Visit, key: str) -> Choices:
    """What can be chosen. NotFound for a key that can't be added so."""
    if key not in LABELS:
        raise NotFound("unknown_path", "There is no such page.")
    if key == "due":
        options = [(value, visit.gettext(label)) for value, label in MOMENTS]
    else:
        dialects = tuple(dialect.name for dialect in visit.app.dialects)
        wanted = "" if key == "extension" else key
        text = EXTENSION if key == "extension" else ""
        found = await visit.read(completion.complete, completion.Complete(wanted, text, dialects, MOST))
        options = [(each.value, _label(key, each)) for each in found]
        if key == "extension":
            options = [(value, value.removeprefix(EXTENSION)) for value, _ in options if value.count(".") == 1]
    return Choices(key, visit.gettext(LABELS[key]), options)


def _label(key: str, found: completion.Completion) -> str:
    if key == "dialect":
        return DIALECTS.get(found.value, found.value)
    return f"{found.label} ({found.value})" if found.label and found.label != found.value else found.value


def added(wanted: Asked) -> str:
    """The address of the list with the chosen value among its terms."""
    text = wanted.q if wanted.q is not None else USUAL.get(wanted.list, "")
    key, value = str(wanted.add), str(wanted.value)
    if key == "extension":
        return wanted.href(q=terms.with_value(text, value, ANY))
    if key == "due":
        return wanted.href(q=f"{text} due:{value}".strip())
    return wanted.href(q=terms.with_value(text, key, value))
