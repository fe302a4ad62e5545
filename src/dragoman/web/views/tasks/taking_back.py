"""Taking back: one change of a task's history, or its deletion."""

import msgspec
from starlette.responses import Response

from dragoman.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from dragoman.usecases.tasks import acting
from dragoman.usecases.tasks.acting import Act, Acted
from dragoman.usecases.tasks.putting_back import PutBack
from dragoman.usecases.tasks.restoring import Restore
from dragoman.web.views.tasks import acts, finding, page
from dragoman.web.views.tasks.labels import TASK_LABELS
from dragoman.web.visit import Visit
from dragoman.web.words import N_

PUT_BACK = N_("Revision %(revision)s of task %(number)s put back.")
BROUGHT_BACK = N_("Task %(number)s was brought back.")
CHANGED_SINCE = N_("Not put back, because it was changed since. %(clashes)s")
CLASH = N_("%(field)s: it would be %(before)s, and is %(now)s.")


async def put_back(visit: Visit) -> Response:
    """Put one change back; where the same was changed since, both values are shown."""
    text = visit.form.text("put")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("bad_revision", "The revision is not a number.")
    command = Act(PutBack(finding.named(visit), int(text)))
    try:
        done = await visit.write_once(acting.act, command, Acted, operation="put_back")
    except NotFound as refused:
        if refused.code == "revision_not_found":
            raise
        raise finding.unknown() from None
    except (Conflict, StaleVersion, Invalid) as refused:
        visit.request.code = refused.code
        return await acts.past(visit, await finding.whole(visit), refusal(visit, refused))
    return await acts.finished(visit, done, visit.gettext(PUT_BACK, revision=text, number=done.number))


async def bring_back(visit: Visit) -> Response:
    """Bring a deleted task back, with the subtasks that went with it."""
    try:
        done = await visit.write_once(acting.act, Act(Restore(finding.named(visit))), Acted, operation="restore_task")
    except NotFound:
        raise finding.unknown() from None
    except (Conflict, Forbidden, Invalid) as refused:
        visit.request.code = refused.code
        return await page.drawn(visit, await finding.whole(visit), 409, visit.gettext(refused.message))
    return visit.acted(finding.address(done.number), visit.gettext(BROUGHT_BACK, number=done.number))


def refusal(visit: Visit, refused: Conflict | StaleVersion | Invalid) -> str:
    """Why a change was not put back, with both values where the same was changed since."""
    clashes = refused.parameters.get("clashes")
    if not isinstance(clashes, tuple):
        return visit.gettext(refused.message)
    texts = [
        visit.gettext(
            CLASH,
            field=visit.gettext(TASK_LABELS.get(clash.field, clash.field)),
            before=_value(visit, clash.before),
            now=_value(visit, clash.now),
        )
        for clash in clashes
    ]
    return visit.gettext(CHANGED_SINCE, clashes=" ".join(texts))


def _value(visit: Visit, raw: msgspec.Raw) -> str:
    value = msgspec.json.decode(raw)
    if value is None:
        return visit.gettext("none")
    return value if isinstance(value, str) else bytes(raw).decode()
