"""Parts of lists that an act changed, for script."""

from collections.abc import Sequence

from starlette.responses import Response

from dragoman.usecases.tasks import rows
from dragoman.web import done
from dragoman.web.rows.columns import columns
from dragoman.web.visit import Visit


async def changed(
    visit: Visit, numbers: Sequence[int], sentence: str = "", changes: Sequence[tuple[int, int]] = ()
) -> Response:
    """The rows of these tasks as they are now, and what was done."""
    said = done.Done(sentence, done.undoable(changes)) if sentence else None
    found = await visit.read(rows.some, rows.Some(tuple(numbers)))
    return visit.part("tasks/rows_part.html", rows=found, drawer=visit.row_drawer(columns()), done=said, refused="")


async def refused(visit: Visit, number: int, sentence: str, status: int, *, may_ask_for: bool = False) -> Response:
    """The row of a task as it is now, and why nothing was done."""
    asks = visit.require().login if may_ask_for else None
    found = await visit.read(rows.some, rows.Some((number,)))
    return visit.part(
        "tasks/rows_part.html",
        status,
        rows=found,
        drawer=visit.row_drawer(columns()),
        done=None,
        refused=sentence,
        number=number,
        asks_for=asks,
    )
