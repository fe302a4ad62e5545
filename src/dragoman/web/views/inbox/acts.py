"""Acts on the tasks that are selected in a list: what each came to is said, and what can be taken back."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.responses import Response

from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.task import Verb
from dragoman.usecases.inbox import group_acts
from dragoman.usecases.inbox.group_acts import MOST, Outcome
from dragoman.usecases.inbox.lists import USUAL
from dragoman.web.site import Page
from dragoman.web.views.inbox import lists
from dragoman.web.visit import Visit
from dragoman.web.words import N_

DEFAULT = "/ui/inbox/mine"


class GroupAct(NamedTuple):
    """An act. `done` is said of one task, `all_done` of several, `partly` where some refused it."""

    verb: Verb
    label: str
    done: str
    all_done: str
    partly: str
    asks: str = ""  # the field of its question


ACTS = {
    "claim": GroupAct(
        Verb.CLAIM,
        N_("Claim"),
        N_("Task %(number)s claimed."),
        N_("%(count)s tasks claimed."),
        N_("%(count)s claimed, %(left)s not."),
    ),
    "release": GroupAct(
        Verb.RELEASE,
        N_("Release"),
        N_("Task %(number)s released."),
        N_("%(count)s tasks released."),
        N_("%(count)s released, %(left)s not."),
    ),
    "complete": GroupAct(
        Verb.FINISH,
        N_("Complete"),
        N_("Task %(number)s completed."),
        N_("%(count)s tasks completed."),
        N_("%(count)s completed, %(left)s not."),
    ),
    "fail": GroupAct(
        Verb.FAIL,
        N_("Fail"),
        N_("Task %(number)s failed."),
        N_("%(count)s tasks failed."),
        N_("%(count)s failed, %(left)s not."),
    ),
    "resume": GroupAct(
        Verb.RESUME,
        N_("Resume"),
        N_("Task %(number)s resumed."),
        N_("%(count)s tasks resumed."),
        N_("%(count)s resumed, %(left)s not."),
    ),
    "assign": GroupAct(
        Verb.ASSIGN,
        N_("Assign"),
        N_("Task %(number)s assigned."),
        N_("%(count)s tasks assigned."),
        N_("%(count)s assigned, %(left)s not."),
        asks="assignee",
    ),
}
OWN = {
    "mine": "assignee:me is:open",
    "available": "state:ready is:unassigned",
    "overdue": "is:overdue",
    "done": "assignee:me is:ended",
}
"""The conditions of the lists as a filter says them."""


async def act(visit: Visit) -> Response:
    """One act on the selected tasks."""
    name = visit.form.text("act")
    if name == "batch":
        return _batch(visit)
    if name not in ACTS:
        raise NotFound("unknown_act", "There is no such act.")
    wanted, tasks = ACTS[name], _tasks(visit)
    if not tasks:
        return visit.acted(DEFAULT, visit.gettext("No task was selected."))
    if len(tasks) > MOST:
        raise Invalid("too_many_tasks", f"At most {MOST} tasks are acted on at once; make a batch of more.")
    if wanted.asks and "sure" not in visit.form:
        return await _ask(visit, name, wanted)
    user = visit.form.text("assignee").strip() if wanted.asks else ""
    command = group_acts.Act(tasks=tasks, verb=wanted.verb, user=user or None, note=visit.form.text("note") or None)
    return await _answer(visit, wanted, await visit.write(group_acts.act, command, operation=f"{name}_tasks"))


def _tasks(visit: Visit) -> dict[int, int | None]:
    """The selected numbers with the revisions that the page showed."""
    seen: dict[int, int] = {}
    for text in visit.form.all("seen"):
        number, _, revision = text.partition(".")
        if _is_number(number) and _is_number(revision):
            seen[int(number)] = int(revision)
    return {int(text): seen.get(int(text)) for text in visit.form.all("task") if _is_number(text)}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


async def _ask(visit: Visit, name: str, wanted: GroupAct, fault: str = "") -> Response:
    """The question that an act asks first, with the selected tasks."""
    tasks = visit.form.all("task")
    label = visit.gettext(wanted.label)
    heading = visit.ngettext("%(verb)s %(count)s task", "%(verb)s %(count)s tasks", len(tasks), verb=label)
    return await visit.framed(
        "inbox/question.html",
        status=422 if fault else 200,
        heading=heading,
        act=name,
        label=label,
        tasks=tasks,
        seen=visit.form.all("seen"),
        back=visit.back(DEFAULT),
        fault=fault,
        typed={"assignee": visit.form.text("assignee"), "note": visit.form.text("note")},
    )


async def _answer(visit: Visit, wanted: GroupAct, outcomes: Sequence[Outcome]) -> Response:
    """Back to the list; where some refused, the list with the reasons, and these still selected."""
    refused = {each.number: visit.gettext(each.refusal) for each in outcomes if each.refusal is not None}
    changed = [(each.number, each.revision) for each in outcomes if each.is_changed]
    count = len(outcomes) - len(refused)
    if wanted.asks and not count and {each.code for each in outcomes} == {"bad_reference"}:
        return await _ask(visit, visit.form.text("act"), wanted, next(iter(refused.values())))
    if refused:
        sentence = visit.gettext(wanted.partly, count=count, left=len(refused))
    elif count == 1:
        sentence = visit.gettext(wanted.done, number=outcomes[0].number)
    else:
        sentence = visit.gettext(wanted.all_done, count=count)
    shown = lists.of_address(visit.back(DEFAULT)) if refused else None
    if shown is None:
        return visit.acted(DEFAULT, sentence, changed)
    visit.say(sentence, changed)
    return await lists.drawn(visit, shown, status=409, reasons=refused, chosen=frozenset(refused))


def _batch(visit: Visit) -> Response:
    """To a draft of a batch: of the whole filter, where all are selected, or of these tasks."""
    shown = lists.of_address(visit.back(DEFAULT))
    if "all" in visit.form.all("select") and shown is not None:
        text = USUAL.get(shown.list, "") if shown.q is None else shown.q
        return visit.see_other(lists.to_batch(q=f"{OWN.get(shown.list, '')} {text}".strip()))
    return visit.see_other(lists.to_batch(numbers=",".join(map(str, _tasks(visit)))))


PAGES = (Page("/ui/tasks/act", act=act),)
