"""The batches that wait for a decision of the reader's, those first whose time is over first."""

from starlette.responses import Response

from dragoman.usecases.batches import rows
from dragoman.web.views.inbox import asked
from dragoman.web.visit import Visit
from dragoman.web.words import N_

HEADING = N_("To review")


async def drawn(visit: Visit) -> Response:
    """The list."""
    wanted = asked.asked("review", visit.request)
    page = await visit.read(rows.to_review, rows.ToReview(wanted.limit, _place(wanted.after)))
    following = None if page.after is None else wanted.href(after=".".join(map(str, page.after)))
    return await visit.framed(
        "inbox/review.html",
        "review",
        heading=visit.gettext(HEADING),
        list_name="review",
        rows=page.rows,
        limit=wanted.limit,
        following=following,
        first=None if wanted.after is None else wanted.href(after=None),
    )


def _place(text: str | None) -> tuple[int, int] | None:
    """The position behind which the page begins; None for one that can't be read, which is the first page."""
    moment, dot, number = (text or "").partition(".")
    if not dot or not all(each.isascii() and each.isdigit() and len(each) < 20 for each in (moment, number)):
        return None
    return int(moment), int(number)
