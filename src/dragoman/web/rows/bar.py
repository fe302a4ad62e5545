"""The acts on the tasks that are selected in a list: what they are called, what they ask, and what is said of them."""

from typing import NamedTuple

from dragoman.domain.task import Verb
from dragoman.web.words import N_


class GroupAct(NamedTuple):
    """An act. `verb` is None where fields are set; `asks` are the fields of its question, the first one needed for a
    fault of all tasks. `done` is said of one task, `all_done` of several, `partly` where some refused it."""

    verb: Verb | None
    label: str
    done: str
    all_done: str
    partly: str
    asks: tuple[str, ...] = ()
    key: str = ""
    shortcut: str = ""  # the key as `aria-keyshortcuts` has it


CHANGED = (
    N_("Task %(number)s changed."),
    N_("%(count)s tasks changed."),
    N_("%(count)s changed, %(left)s not."),
)
ACTS = {
    "complete": GroupAct(
        Verb.FINISH,
        N_("Complete"),
        N_("Task %(number)s completed."),
        N_("%(count)s tasks completed."),
        N_("%(count)s completed, %(left)s not."),
        key="e",
    ),
    "claim": GroupAct(
        Verb.CLAIM,
        N_("Claim"),
        N_("Task %(number)s claimed."),
        N_("%(count)s tasks claimed."),
        N_("%(count)s claimed, %(left)s not."),
        key="c",
    ),
    "release": GroupAct(
        Verb.RELEASE,
        N_("Release"),
        N_("Task %(number)s released."),
        N_("%(count)s tasks released."),
        N_("%(count)s released, %(left)s not."),
        key="u",
    ),
    "assign": GroupAct(
        Verb.ASSIGN,
        N_("Assign"),
        N_("Task %(number)s assigned."),
        N_("%(count)s tasks assigned."),
        N_("%(count)s assigned, %(left)s not."),
        asks=("assignee", "note"),
        key="a",
    ),
    "due": GroupAct(None, N_("Due"), *CHANGED, asks=("due_local", "due_zone"), key="d"),
    "priority": GroupAct(None, N_("Priority"), *CHANGED, asks=("priority",), key="p"),
    "category": GroupAct(None, N_("Category"), *CHANGED, asks=("category",), key="l"),
    "suspend": GroupAct(
        Verb.SUSPEND,
        N_("Suspend"),
        N_("Task %(number)s suspended."),
        N_("%(count)s tasks suspended."),
        N_("%(count)s suspended, %(left)s not."),
        asks=("until",),
        key="h",
    ),
    "fail": GroupAct(
        Verb.FAIL,
        N_("Fail"),
        N_("Task %(number)s failed."),
        N_("%(count)s tasks failed."),
        N_("%(count)s failed, %(left)s not."),
        asks=("code", "text"),
        key="E",
        shortcut="Shift+E",
    ),
    "resume": GroupAct(
        Verb.RESUME,
        N_("Resume"),
        N_("Task %(number)s resumed."),
        N_("%(count)s tasks resumed."),
        N_("%(count)s resumed, %(left)s not."),
    ),
}
