"""What a person does to one task: the acts, each a POST, and the question that some ask first."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.responses import Response

from dragoman.dialects.native import problems
from dragoman.dialects.native.wire.tasks import Assignment, Ending
from dragoman.domain.clock import Moment, to_datetime
from dragoman.domain.due import moment_of
from dragoman.domain.errors import Conflict, Forbidden, Invalid, NotFound, Problem, StaleVersion
from dragoman.domain.task import Verb
from dragoman.domain.zones import zone as zone_of
from dragoman.usecases.identity import choices
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.tasks import acting, edits
from dragoman.usecases.tasks.acting import Act as Acting
from dragoman.usecases.tasks.acting import Acted
from dragoman.usecases.tasks.verbs import Perform
from dragoman.usecases.tasks.whole import Whole
from dragoman.web import verbs
from dragoman.web.forms import faults_of, new_key
from dragoman.web.verbs import Act
from dragoman.web.views.tasks import finding, lately, origins, page, parts
from dragoman.web.views.tasks.labels import TASK_LABELS
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ENDINGS = frozenset({Verb.FINISH, Verb.FAIL, Verb.TERMINATE, Verb.AMEND_OUTCOME})
LOCAL_TIME = N_("must be a date and a time such as 2031-05-04T10:20.")
NOBODY = N_("must be somebody: choose a person.")

Command = Perform | edits.Change | edits.Remove


def handlers(act: Act) -> tuple[Callable[[Visit], Awaitable[Response]], Callable[[Visit], Awaitable[Response]]]:
    """The question of an act, and the act itself."""
    return partial(ask, act), partial(do, act)


async def ask(act: Act, visit: Visit) -> Response:
    """The question."""
    found = await finding.whole(visit)
    if act not in verbs.possible(found.verbs, is_deletable=found.is_deletable):
        return await past(visit, found, visit.gettext("This isn't possible now."))
    return await _question(act, visit, found)


async def do(act: Act, visit: Visit) -> Response:
    """Do it, once for a form that is sent twice."""
    try:
        command, faults = _command(act, visit)
        if faults:
            return await _question(act, visit, await finding.whole(visit), faults)
        to = await _after(visit, command)
        done = await visit.write_once(acting.act, Acting(command), Acted, operation=_operation(act))
    except Invalid as refused:
        if not refused.problems:
            raise
        visit.request.code = refused.code
        return await _question(act, visit, await finding.whole(visit), _faults(visit, refused.problems))
    except (Conflict, StaleVersion, Forbidden, NotFound) as refused:
        visit.request.code = refused.code
        return await refuse(visit, refused, act)
    return await finished(visit, done, visit.gettext(act.done, number=done.number), to)


async def _after(visit: Visit, command: Command) -> str | None:
    """Where the act leads, if not to where it came from."""
    if not isinstance(command, Perform) or command.verb is not Verb.FINISH or not isinstance(command.task, int):
        return None
    return await origins.after_completing(visit, command.task)


async def mark_read(visit: Visit) -> Response:
    """Mark a task as read. Nothing is said about it, and nothing happens where it is read already."""
    command = edits.Change(finding.named(visit), fields={"read": True})
    try:
        done = await visit.write_once(acting.act, Acting(command), Acted, operation="mark_read")
    except NotFound:
        raise finding.unknown() from None
    if visit.wants_part:
        return await parts.changed(visit, [done.number])
    return visit.see_other(visit.back(origins.address(visit, done.number)))


async def finished(visit: Visit, done: Acted, sentence: str, to: str | None = None) -> Response:
    """An act is done: said where it came from, with "Undo" where something changed."""
    changes = [(done.number, done.revision)] if done.is_changed else []
    if visit.wants_part:
        return await parts.changed(visit, [done.number], sentence, changes)
    return visit.acted(origins.address(visit, done.number), sentence, changes, to)


async def refuse(
    visit: Visit, refused: Conflict | StaleVersion | Forbidden | NotFound, act: Act | None = None
) -> Response:
    """The time of an act is past: who came first, the task as it is now, and what can be done.

    Raises a Forbidden that no change since has to do with, and NotFound for a task that was never there to see.
    """
    found = await finding.whole(visit)
    seen_at = seen(visit)
    sentence = "" if seen_at is None else lately.sentence(visit, found, seen_at)
    if isinstance(refused, Forbidden) and not sentence:
        raise refused
    sentence = sentence or lately.sentence(visit, found) or visit.gettext(refused.message)
    return await past(visit, found, sentence, may_ask_for=act is not None and _may_ask_for(act, visit, found))


def _may_ask_for(act: Act, visit: Visit, found: Whole) -> bool:
    """Whether somebody else claimed it first, and the person may have it assigned."""
    holder, person = found.task.assignee, visit.require().user
    return act.verb is Verb.CLAIM and Verb.ASSIGN in found.verbs and person is not None and holder not in (None, person)


async def past(visit: Visit, found: Whole, sentence: str, *, may_ask_for: bool = False) -> Response:
    """The task as it is, and why the act isn't possible; with the way to ask for it, where that may be done."""
    status = 410 if found.is_deleted else 409
    if visit.wants_part:
        return await parts.refused(visit, found.task.number, sentence, status, may_ask_for=may_ask_for)
    return await page.drawn(visit, found, status, sentence, may_ask_for=may_ask_for)


def seen(visit: Visit) -> int | None:
    """The revision that the person had seen, None where the form doesn't say. Invalid for what is none."""
    text = visit.form.text("revision")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("bad_revision", "The revision is not a number.")
    return int(text)


def _revisions(visit: Visit) -> Revisions | None:
    revision = seen(visit)
    return None if revision is None else frozenset({revision})


def _operation(act: Act) -> str:
    return "delete_task" if act.verb is None else f"{act.verb}_task"


def _command(act: Act, visit: Visit) -> tuple[Command, dict[str, str]]:
    """The command of a form, and what is wrong with its fields."""
    task, revisions = finding.named(visit), _revisions(visit)
    if act.verb is None:
        return edits.Remove(task, revisions), {}
    fields: dict[str, Any] = {}
    found: list[Problem] = []
    if act.verb is Verb.ASSIGN:
        sent = {"assignee": visit.form.text("assignee").strip(), "note": _text(visit, "note")}
        found = [] if sent["assignee"] else [Problem("/assignee", "missing", NOBODY)]
        found += problems.find(Assignment, sent | {"assignee": sent["assignee"] or "x"}).found
        fields = {"user": sent["assignee"], "note": sent["note"]}
    elif act.verb is Verb.SUSPEND:
        fields["until"] = _until(visit, found)
    elif act.verb in ENDINGS:
        fields = {"code": _text(visit, "code"), "text": _text(visit, "text")}
        found += problems.find(Ending, fields).found
    return Perform(task, act.verb, revisions=revisions, **fields), _faults(visit, found)


def _text(visit: Visit, name: str) -> str | None:
    return visit.form.text(name).replace("\r\n", "\n") or None


def _until(visit: Visit, found: list[Problem]) -> Moment | None:
    text = visit.form.text("until").strip()
    if not text:
        return None
    try:
        return moment_of(text, visit.moments.zone)
    except ValueError:
        found.append(Problem("/until", "format", LOCAL_TIME))
        return None


def _faults(visit: Visit, found: Any) -> dict[str, str]:
    return faults_of(found, visit.gettext, TASK_LABELS)


def moments_often_meant(visit: Visit) -> list[tuple[str, str]]:
    """Moments that are often meant, as the field takes them."""
    today = to_datetime(visit.request.received_at).astimezone(zone_of(visit.moments.zone)).date()
    monday = today + timedelta(days=7 - today.weekday())
    return [
        (f"{today + timedelta(days=1)}T09:00", visit.gettext("Tomorrow 9:00")),
        (f"{monday}T09:00", visit.gettext("Monday 9:00")),
    ]


async def _question(act: Act, visit: Visit, found: Whole, faults: dict[str, str] | None = None) -> Response:
    people = await visit.read(choices.people, choices.People()) if act.verb is Verb.ASSIGN else []
    given: dict[str, str] = {name: visit.form.text(name) for name in ("assignee", "note", "until", "code", "text")}
    given["assignee"] = given["assignee"] or visit.request.first("assignee") or ""
    if act.verb is Verb.AMEND_OUTCOME and not faults:
        given |= {"code": found.task.outcome_code or "", "text": found.task.outcome_text or ""}
    values = {
        "act": act,
        "task": found.task,
        "whole": found,
        "heading": visit.gettext(verbs.HEADING, verb=visit.gettext(act.label), number=found.task.number),
        "faults": faults or {},
        "given": given,
        "people": people,
        "chips": moments_often_meant(visit) if act.verb is Verb.SUSPEND else [],
        "open_parts": found.task.open_children,
        "task_labels": TASK_LABELS,
        "revision": seen(visit) if faults else found.task.revision,
        "key": visit.form.text("key") or new_key(),
        "back": visit.back(origins.address(visit, found.task.number)),
        "origin": origins.of(visit),
    }
    status = 422 if faults else 200
    if visit.wants_part:
        return visit.part("tasks/question_part.html", status, **values)
    return await visit.framed("tasks/question.html", "", status, **values)
