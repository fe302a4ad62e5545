"""Acts on the tasks that are selected in a list: what each came to is said, and what can be taken back."""

from collections.abc import Sequence

from starlette.responses import Response

from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.task import Verb
from dragoman.usecases.inbox import group_acts
from dragoman.usecases.inbox.group_acts import MOST, Outcome
from dragoman.usecases.inbox.lists import USUAL
from dragoman.web.rows.bar import ACTS, GroupAct
from dragoman.web.site import Page
from dragoman.web.views.inbox import lists, questions
from dragoman.web.visit import Visit

DEFAULT = "/ui/inbox/mine"


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
        return await questions.ask(visit, name, wanted)
    command, faults = questions.answer(visit, wanted, tasks)
    if faults:
        return await questions.ask(visit, name, wanted, faults)
    outcomes = await visit.write_once(group_acts.act, command, list[Outcome], operation=f"{name}_tasks")
    return await _answer(visit, name, wanted, outcomes)


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


async def _answer(visit: Visit, name: str, wanted: GroupAct, outcomes: Sequence[Outcome]) -> Response:
    """Back to the list; where some refused, the list with the reasons, and these still selected."""
    refused = {each.number: visit.gettext(each.refusal) for each in outcomes if each.refusal is not None}
    changed = [(each.number, each.revision) for each in outcomes if each.is_changed]
    count = len(outcomes) - len(refused)
    if wanted.asks and all(each.problems for each in outcomes):
        return await questions.ask(visit, name, wanted, questions.faults(visit, outcomes[0].problems))
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
    asks_for = visit.require().login if wanted.verb is Verb.CLAIM else None
    return await lists.drawn(visit, shown, status=409, reasons=refused, asks_for=asks_for)


def _batch(visit: Visit) -> Response:
    """To a draft of a batch: of the whole filter, where all are selected, or of these tasks."""
    shown = lists.of_address(visit.back(DEFAULT))
    if "all" in visit.form.all("select") and shown is not None:
        text = USUAL.get(shown.list, "") if shown.q is None else shown.q
        return visit.see_other(lists.to_batch(q=f"{OWN.get(shown.list, '')} {text}".strip()))
    return visit.see_other(lists.to_batch(numbers=",".join(map(str, _tasks(visit)))))


PAGES = (Page("/ui/tasks/act", act=act),)
