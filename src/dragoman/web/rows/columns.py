"""The columns of a list: those that it has by itself, and those that a reader chose."""

from collections.abc import Sequence
from typing import NamedTuple

from dragoman.domain.extension import fold
from dragoman.domain.task import Task
from dragoman.domain.task_query.inspection import members
from dragoman.domain.task_query.keys import EXTENSION
from dragoman.web.words import N_

MOST = 20
SEPARATOR = ","


class Column(NamedTuple):
    """A column. `sort` is its key in orders, `classes` those of its cells; `is_hidden`: the heading is a drawing."""

    name: str
    label: str
    sort: str = ""
    classes: str = ""
    is_hidden: bool = False

    @property
    def heading_classes(self) -> str:
        """The classes of its heading, which say no more than where it stands and when it is there."""
        return " ".join(each for each in self.classes.split() if each in ("num", "opt"))

    @property
    def is_of_extension(self) -> bool:
        """Whether it shows an attribute of an extension."""
        return self.name.startswith(EXTENSION)


NUMBER = Column("number", N_("No."), "number", "num soft phone-off")
TITLE = Column("title", N_("Title"), "title", "what")
FIXED = (NUMBER, TITLE)
"""Those that every list has, first."""
CHOSEN = (
    Column("priority", N_("Priority"), "priority", "phone-off", is_hidden=True),
    Column("dialect", N_("Dialect"), "", "meta"),
    Column("category", N_("Category"), "category", "opt phone-off soft"),
    Column("assignee", N_("Assignee"), "assignee", "opt phone-off"),
    Column("due", N_("Due"), "due", "due"),
    Column("changed", N_("Changed"), "changed", "phone-off soft num"),
    Column("type", N_("Type"), "", "phone-off soft"),
    Column("creator", N_("Creator"), "", "phone-off"),
    Column("created", N_("Created"), "created", "phone-off soft num"),
    Column("ended", N_("Ended"), "", "phone-off soft num"),
    Column("outcome", N_("Outcome"), "", "phone-off soft"),
    Column("stage", N_("Stage"), "", "phone-off soft num"),
    Column("parent", N_("Parent"), "", "phone-off soft num"),
)
BY_NAME = {column.name: column for column in CHOSEN}
USUAL = ("priority", "dialect", "category", "assignee", "due", "changed")
OF_LISTS = {
    "mine": ("priority", "dialect", "category", "due", "changed"),
    "done": ("priority", "dialect", "category", "outcome", "ended"),
}


def columns(list_name: str = "", chosen: str | None = None) -> Sequence[Column]:
    """The columns behind that of the state. `chosen` names those behind the title, with commas."""
    names = OF_LISTS.get(list_name, USUAL) if chosen is None else chosen.split(SEPARATOR)[:MOST]
    found = [column for name in dict.fromkeys(names) if (column := column_of(name)) is not None]
    return (*FIXED, *found)


def column_of(name: str) -> Column | None:
    """A column by its name; None for an unknown one."""
    if name.startswith(EXTENSION) and len(name.removeprefix(EXTENSION).split(".")) == 2:
        return Column(name, name.removeprefix(EXTENSION), "", "phone-off soft")
    return BY_NAME.get(name)


def extension_text(task: Task, name: str) -> str:
    """What a column `ext.NAME.ATTRIBUTE` shows of a task: the values of all its records."""
    extension, _, attribute = name.removeprefix(EXTENSION).partition(".")
    stored = task.extensions.get(fold(extension))
    found = members(None if stored is None else stored.value, fold(attribute))
    return ", ".join(str(value) for value in found)
