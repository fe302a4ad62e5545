"""The acts on a task: what they are called, on which key, in which order; one table for all pages.

An act is a verb of the core, or the deletion. Which of them a person may do now is the core's to say.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from dragoman.domain.task import Verb
from dragoman.web.words import N_


class Act(NamedTuple):
    """An act. `verb` is None for the deletion; `done` is said afterwards, with the number of the task."""

    name: str  # in addresses: /ui/tasks/4711/complete
    verb: Verb | None
    label: str
    done: str
    icon: str
    key: str = ""
    shortcut: str = ""  # the key as `aria-keyshortcuts` has it
    asks: bool = False  # a question comes first, on the page of a task
    asks_in_lists: bool = False


ACTS = (
    Act("start", Verb.START, N_("Start"), N_("Task %(number)s started."), "ready"),
    Act("claim", Verb.CLAIM, N_("Claim"), N_("Task %(number)s claimed."), "claimed", key="c", shortcut="c"),
    Act("release", Verb.RELEASE, N_("Release"), N_("Task %(number)s released."), "back", key="u", shortcut="u"),
    Act(
        "assign",
        Verb.ASSIGN,
        N_("Assign"),
        N_("Task %(number)s assigned."),
        "hand",
        key="a",
        shortcut="a",
        asks=True,
        asks_in_lists=True,
    ),
    Act(
        "suspend",
        Verb.SUSPEND,
        N_("Suspend"),
        N_("Task %(number)s suspended."),
        "suspended",
        key="h",
        shortcut="h",
        asks=True,
        asks_in_lists=True,
    ),
    Act("resume", Verb.RESUME, N_("Resume"), N_("Task %(number)s resumed."), "running"),
    Act(
        "complete",
        Verb.FINISH,
        N_("Complete"),
        N_("Task %(number)s completed."),
        "completed",
        key="e",
        shortcut="e",
        asks=True,
    ),
    Act(
        "fail",
        Verb.FAIL,
        N_("Fail"),
        N_("Task %(number)s failed."),
        "failed",
        key="E",
        shortcut="Shift+E",
        asks=True,
        asks_in_lists=True,
    ),
    Act(
        "terminate",
        Verb.TERMINATE,
        N_("Terminate"),
        N_("Task %(number)s terminated."),
        "terminated",
        asks=True,
        asks_in_lists=True,
    ),
    Act("reopen", Verb.REOPEN, N_("Reopen"), N_("Task %(number)s reopened."), "back"),
    Act(
        "amend",
        Verb.AMEND_OUTCOME,
        N_("Amend outcome"),
        N_("Outcome of task %(number)s amended."),
        "pen",
        asks=True,
        asks_in_lists=True,
    ),
    Act("delete", None, N_("Delete"), N_("Task %(number)s deleted."), "x", asks=True, asks_in_lists=True),
)
HEADING = N_("%(verb)s task %(number)s")
"""Of the question that an act asks first."""
BY_NAME = {act.name: act for act in ACTS}
IN_MENUS = tuple(BY_NAME[name] for name in ("claim", "release", "complete", "resume", "assign", "suspend", "fail"))
"""Those in the menu of a row."""
OF_FIELDS = ("due", "priority", "category")
"""What can be set of selected tasks, by users who may edit them."""
LIKELY = ("resume", "start", "claim", "complete", "reopen")
"""Of those that are possible the first is the likely one."""


def possible(verbs: Collection[Verb], *, is_deletable: bool) -> list[Act]:
    """The acts that the core allows now, in their order."""
    return [act for act in ACTS if (is_deletable if act.verb is None else act.verb in verbs)]


@lru_cache(1_024)
def in_menus(verbs: frozenset[Verb]) -> Sequence[Act]:
    """Those that the menu of a row has where these verbs are possible."""
    return tuple(act for act in IN_MENUS if act.verb in verbs)


def of_selection(menu: Sequence[Act], *, may_edit: bool) -> str:
    """The names of the acts on selected tasks that go for one with this menu."""
    return " ".join((*(act.name for act in menu), *(OF_FIELDS if may_edit else ())))


def likely(acts: Collection[Act]) -> str:
    """The name of the likely one, empty for none."""
    names = {act.name for act in acts}
    return next((name for name in LIKELY if name in names), "")
