"""Preview and results of a batch as whole files, and the way to entries that are out of the ordinary."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound
from dragoman.usecases.batches import documents, overview
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.outcomes import result_texts
from dragoman.usecases.batches.outcomes.result_texts import Form
from dragoman.usecases.batches.review import preview_pages
from dragoman.usecases.batches.standing import SCOPES
from dragoman.web.moments import Moments
from dragoman.web.views.batches import page as pages
from dragoman.web.visit import Visit

MEDIA = {"csv": (Form.CSV, "text/csv; charset=utf-8"), "ndjson": (Form.NDJSON, "application/x-ndjson")}
LARGEST_INDEX = 10**9


class File(StreamingResponse):
    """A file that is read while it is sent. A client that leaves makes the sending fail, which ends the reading."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


def _running(visit: Visit, run: Any) -> Callable[[Any], Awaitable[Any]]:
    async def further(command: Any) -> Any:
        return await visit.read(run, command)

    return further


async def preview(visit: Visit) -> Response:
    """All rows of the preview."""
    visit.require(*SCOPES["read"])
    form, _ = _form(visit)
    command = preview_pages.Read(batch=pages.ref(visit), limit=1)
    found: preview_pages.Found = await visit.read(preview_pages.read, command)
    batch = found.shown.batch
    run = _running(visit, preview_pages.run)
    return _file(visit, preview_pages.pieces(batch, command, form, run), f"batch-{batch.number}-preview")


async def results(visit: Visit) -> Response:
    """What became of all entries."""
    visit.require(*SCOPES["read"])
    form, _ = _form(visit)
    start = result_texts.start(pages.ref(visit), form, _written, outcomes=frozenset(), codes=())
    found: Any = await visit.read(result_texts.run, start)
    pieces = result_texts.pieces(found, start, _running(visit, result_texts.run))
    return _file(visit, pieces, f"batch-{found.number}-results")


def _written(moment: Moment) -> str:
    return Moments("UTC").of(moment).iso


def _form(visit: Visit) -> tuple[Form, str]:
    known = MEDIA.get(visit.path["form"])
    if known is None:
        raise NotFound("unknown_path", "There is no such page.")
    return known


def _file(visit: Visit, pieces: AsyncIterator[bytes], name: str) -> Response:
    _, media = _form(visit)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{visit.path["form"]}"'}
    return visit.sent(File(pieces, media_type=media, headers=headers))


async def unusual(visit: Visit) -> Response:
    """Lead to the next entry that is out of the ordinary, or to the one ahead."""
    visit.require(*SCOPES["read"])
    backwards = visit.request.first("to") == "previous"
    text = visit.request.first("at") or "-1"
    at = int(text) if text.removeprefix("-").isdigit() and len(text) < 11 else -1
    command = overview.Unusual(pages.ref(visit), min(at, LARGEST_INDEX), backwards)
    index = await visit.read(overview.unusual, command)
    seen: Shown = await visit.read(documents.get, documents.Get(command.batch))
    home = pages.address(seen.batch.number)
    if index is None:
        return visit.acted(home, visit.gettext("No further entry is out of the ordinary."))
    return visit.see_other(f"{home}?after={index - index % pages.ROWS}#entry-{index}")
