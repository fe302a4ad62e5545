"""The acts on the tasks that are selected in a list: what they are called, what they ask, and what is said of them."""

from typing import NamedTuple

from dragoman.domain.task import Verb
from dragoman.web.verbs import BY_NAME
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


def _of(name: str, all_done: str, partly: str, asks: tuple[str, ...] = ()) -> GroupAct:
    """What an act on one task is called, it is called on several."""
    act = BY_NAME[name]
    return GroupAct(act.verb, act.label, act.done, all_done, partly, asks, act.key, act.shortcut)


ACTS = {
    "complete": _of("complete", N_("%(count)s tasks completed."), N_("%(count)s completed, %(left)s not.")),
    "claim": _of("claim", N_("%(count)s tasks claimed."), N_("%(count)s claimed, %(left)s not.")),
    "release": _of("release", N_("%(count)s tasks released."), N_("%(count)s released, %(left)s not.")),
    "assign": _of(
        "assign", N_("%(count)s tasks assigned."), N_("%(count)s assigned, %(left)s not."), ("assignee", "note")
    ),
    "due": GroupAct(None, N_("Due"), *CHANGED, asks=("due_local", "due_zone"), key="d"),
    "priority": GroupAct(None, N_("Priority"), *CHANGED, asks=("priority",), key="p"),
    "category": GroupAct(None, N_("Category"), *CHANGED, asks=("category",), key="l"),
    "suspend": _of("suspend", N_("%(count)s tasks suspended."), N_("%(count)s suspended, %(left)s not."), ("until",)),
    "fail": _of("fail", N_("%(count)s tasks failed."), N_("%(count)s failed, %(left)s not."), ("code", "text")),
    "resume": _of("resume", N_("%(count)s tasks resumed."), N_("%(count)s resumed, %(left)s not.")),
}
