"""Results of a batch: a page as JSON, or all rows as NDJSON or CSV; and its failures in groups."""

from typing import Any

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request, Stream, json
from dragoman.dialects.kit.accept import choose
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.views import time
from dragoman.dialects.native.wire import batch_results as wire
from dragoman.dialects.native.wire import cursors
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.queries import Nothing
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.outcomes import result_texts, results
from dragoman.usecases.batches.outcomes.result_texts import Form
from dragoman.usecases.uow import UnitOfWork

FORMS = {"application/x-ndjson": Form.NDJSON, "text/csv": Form.CSV}
MEDIA = (replies.JSON, *FORMS)
VARY = ("Vary", "Accept")


def parse(request: Request, query: wire.ResultQuery) -> results.Read | result_texts.Start:
    """A page, or the beginning of a file."""
    batch, media = reading.ref(request, "batch"), _media(request)
    wanted: dict[str, Any] = {
        "outcomes": frozenset() if query.outcome is UNSET else frozenset(query.outcome),
        "codes": () if query.code is UNSET else tuple(dict.fromkeys(map(str, query.code))),
    }
    if media in FORMS:
        _refuse_paging(request, media)
        return result_texts.start(batch, FORMS[media], time, **wanted)
    after = cursors.read(request, query.cursor, (int,))
    last = -1 if after is None or not isinstance(after[0], int) else after[0]
    return results.Read(batch=batch, moment=time, limit=query.limit, after=last, **wanted)


def read(uow: UnitOfWork, command: results.Read | result_texts.Command) -> Any:
    """A page, or a step of a file."""
    return results.read(uow, command) if isinstance(command, results.Read) else result_texts.run(uow, command)


def render(found: Any, request: Request) -> Reply | Stream:
    """One page with the link to the next one; or a file."""
    if isinstance(found, results.Page):
        page = {"items": found.rows}
        if found.after is not None:
            page["next"] = cursors.link(request, (found.after,))  # type: ignore[assignment]
        return Reply(200, json.encode(page), replies.JSON, [VARY])
    form = request.command.form
    media = next(name for name, each in FORMS.items() if each is form)
    name = ("Content-Disposition", f'attachment; filename="batch-{found.number}-results.{form}"')
    pieces = result_texts.pieces(found, request.command, request.run)
    return Stream(200, pieces, media, [VARY, name])


def _media(request: Request) -> str:
    media = choose(request.headers.get("accept"), MEDIA)
    if media is None:
        message = f"Results are available as {', '.join(MEDIA)}."
        raise Invalid("not_acceptable", message, status=406, offered=MEDIA)
    return media


def _refuse_paging(request: Request, media: str) -> None:
    """Invalid for parameters of pages: a file has none."""
    problems = Problems()
    for name in ("limit", "cursor"):
        if name in request.query:
            problems.add(f"?{name}", "paging", f"does not apply to {media}, which has all rows")
    problems.raise_if_any("invalid_query", "The query isn't as it should be; each fault is listed.")


def parse_failures(request: Request, query: Nothing) -> results.Failures:
    """The failures of one batch."""
    return results.Failures(reading.ref(request, "batch"))


def render_failures(found: results.Grouped, request: Request) -> Reply:
    """The groups, the largest first."""
    return replies.plain({"items": [_group(each) for each in found.groups], "other": found.other})


def _group(each: results.Group) -> dict[str, Any]:
    group = each.group
    return {
        "code": group.code,
        "field": group.field,
        "message": group.message,
        "count": group.count,
        "examples": [{"index": index, "entry": entry} for index, entry in each.examples],
    }
