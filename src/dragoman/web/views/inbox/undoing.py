""" "Undo": takes back what the last act did, all of it at once."""

from starlette.responses import Response

from dragoman.domain.errors import Conflict, Expected, Invalid, StaleVersion
from dragoman.usecases.inbox.undoing import Undo, Undone, undo
from dragoman.web.done import parse_undo
from dragoman.web.site import Page
from dragoman.web.views.inbox import lists
from dragoman.web.views.tasks.taking_back import refusal
from dragoman.web.visit import Visit

DEFAULT = "/ui/inbox/mine"


async def act(visit: Visit) -> Response:
    """Back to where it was pressed. Where something was changed since, it is said with both values, 409."""
    try:
        changes = parse_undo(visit.form.text("undo"))
    except ValueError:
        raise Invalid("bad_undo", "This names no changes that can be taken back.") from None
    command = Undo([(each.number, each.revision) for each in changes])
    outcomes = await visit.write(undo, command, operation="undo")
    refused = {each.number: _why(visit, each.refusal) for each in outcomes if each.refusal is not None}
    sentence = _sentence(visit, outcomes, refused)
    changed = [(each.number, each.revision) for each in outcomes if each.refusal is None]
    if not refused:
        return visit.acted(DEFAULT, sentence, changed)
    shown = lists.of_address(visit.back(DEFAULT))
    if shown is None:
        return await visit.framed(
            "error.html", status=409, heading=visit.gettext("Not possible now"), sentence=" ".join(refused.values())
        )
    visit.say(sentence, changed)
    return await lists.drawn(visit, shown, status=409, reasons=refused)


def _why(visit: Visit, error: Expected) -> str:
    return (
        refusal(visit, error) if isinstance(error, Conflict | StaleVersion | Invalid) else visit.gettext(error.message)
    )


def _sentence(visit: Visit, outcomes: list[Undone], refused: dict[int, str]) -> str:
    count = len(outcomes) - len(refused)
    if refused and len(outcomes) == 1:
        return next(iter(refused.values()))
    if refused:
        return visit.gettext("%(count)s taken back, %(left)s not.", count=count, left=len(refused))
    if count == 1:
        return visit.gettext("Undone: task %(number)s is as it was.", number=outcomes[0].number)
    return visit.gettext("Undone: %(count)s tasks are as they were.", count=count)


PAGES = (Page("/ui/undo", act=act),)
