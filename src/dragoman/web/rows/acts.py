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
)


def row_acts(row: Row) -> Sequence[RowAct]:
    """Those that the reader may use on the task of a row now."""
    return [act for act in ACTS if act.verb in row.verbs]
