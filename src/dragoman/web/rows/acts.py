"""The acts in the menu of a row, by the same names as on the page of a task."""

from collections.abc import Sequence
from typing import NamedTuple

from dragoman.domain.task import Verb
from dragoman.usecases.tasks.rows import Row
from dragoman.web.words import N_


class RowAct(NamedTuple):
    """An act. Its address ends in its name; one that asks leads to a question first."""

    name: str
    verb: Verb
    label: str
    icon: str
    asks_in_lists: bool = False


ACTS = (
    RowAct("claim", Verb.CLAIM, N_("Claim"), "claimed"),
    RowAct("release", Verb.RELEASE, N_("Release"), "back"),
    RowAct("complete", Verb.FINISH, N_("Complete"), "completed"),
    RowAct("resume", Verb.RESUME, N_("Resume"), "running"),
    RowAct("assign", Verb.ASSIGN, N_("Assign"), "hand", asks_in_lists=True),
    RowAct("suspend", Verb.SUSPEND, N_("Suspend"), "suspended", asks_in_lists=True),
    RowAct("fail", Verb.FAIL, N_("Fail"), "failed", asks_in_lists=True),
)
CHANGES = ("due", "priority", "category")
"""What can be set of selected tasks, by users who may edit them."""


def row_acts(row: Row) -> Sequence[RowAct]:
    """Those that the reader may use on the task of a row now."""
    return [act for act in ACTS if act.verb in row.verbs]


def act_names(row: Row) -> str:
    """The names of the acts that the reader may use on the task when it is selected."""
    return " ".join((*(act.name for act in row_acts(row)), *(CHANGES if row.may_edit else ())))
