"""As seen by: the request and the reply of the operation by which a dialect shows one task to this reader."""

from typing import Any

from starlette.responses import Response

from dragoman.dialects.kit.showing import NotShown, Subject
from dragoman.domain.errors import Forbidden, NotFound
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.runtime.asking import Asked
from dragoman.usecases.tasks import subjects
from dragoman.web.calls import VARIABLE, curl, phrase, preformatted
from dragoman.web.dialects import seen_through
from dragoman.web.site import Page
from dragoman.web.visit import Visit
from dragoman.web.words import N_

FAILED = 400
SWITCHED_OFF = N_("This dialect is switched off in the settings.")
NO_OPERATION = N_("This dialect has no operation that shows one task.")
REFUSED = N_("The reply is an error: for you the task doesn't show in this dialect.")
REASONS = (
    N_("It belongs to no service, and this dialect shows tasks of services alone."),
    N_("It isn't a batch, and this dialect shows batches alone."),
)
"""Those of our dialects, to be translated."""


async def show(visit: Visit) -> Response:
    """The page, or the part of it that a tab of the task's page loads."""
    subject = await _subject(visit)
    titles = seen_through()
    name = visit.path["dialect"]
    if name not in titles:
        raise NotFound("unknown_path", "There is no such page.")
    asked, reason = await _asked(visit, name, subject)
    values: dict[str, Any] = {
        "number": subject.task.number,
        "dialect": name,
        "titles": titles,
        "reason": reason,
        "shown": None if asked is None else _shown(visit, asked),
    }
    if visit.wants_part:
        return visit.part("as_seen/tabs.html", seen_through=list(titles), **values)
    return await visit.framed("as_seen/page.html", **values)


async def _subject(visit: Visit) -> Subject:
    text = visit.path["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
    ref = number if number is not None else uuid_of(text)
    if ref is None or (number is not None and number > LARGEST_NUMBER):
        raise _missing()
    visit.require("task.read")
    try:
        return await visit.read(subjects.find_subject, subjects.FindSubject(ref))
    except (NotFound, Forbidden):
        raise _missing() from None


def _missing() -> NotFound:
    return NotFound("task_not_found", "There is no such task.")


async def _asked(visit: Visit, name: str, subject: Subject) -> tuple[Asked | None, str]:
    """The request and its reply, None where there is none; why the task doesn't show, empty where it does."""
    dialect = next((each for each in visit.app.dialects if each.name == name), None)
    if dialect is None or visit.app.asks is None:
        return None, visit.gettext(SWITCHED_OFF)
    if dialect.shown_task is None:
        return None, visit.gettext(NO_OPERATION)
    try:
        target = dialect.prefixes[0] + dialect.shown_task.path(subject)
    except NotShown as missing:
        return None, visit.gettext(missing.reason)
    accept = {"Accept": dialect.media[0]}
    asked = await visit.app.asks.ask(target, visit.require(), visit.request.base_url, accept)
    return asked, visit.gettext(REFUSED) if asked.status >= FAILED else ""


def _shown(visit: Visit, asked: Asked) -> dict[str, object]:
    accept = [pair for pair in asked.headers if pair[0] != "Host"]
    host = [pair for pair in asked.headers if pair[0] == "Host"]
    return {
        "line": f"{asked.method} {asked.target} HTTP/1.1",
        "headers": [*host, ("Authorization", f"Bearer {VARIABLE}"), *accept],
        "status": phrase(asked.status),
        "code": asked.code,
        "reply_headers": asked.reply_headers,
        "curl": curl(visit.request.base_url + asked.target, headers=accept),
        "body": preformatted(asked.body.decode(errors="replace")),
    }


PAGES = (Page("/ui/tasks/{number}/as/{dialect}", show),)
