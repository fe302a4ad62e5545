"""Files in place of pages: all rows as NDJSON or CSV, by Accept (REVIEWED-BULK 4, 7 and 11)."""

from collections.abc import AsyncIterator

from dragoman.dialects.carrierx_batch.wire.paging import refuse
from dragoman.dialects.kit import Request, Stream
from dragoman.dialects.kit.accept import choose
from dragoman.domain.bulk import Batch
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.outcomes.result_texts import Form

FORMS = {"application/x-ndjson": Form.NDJSON, "text/csv": Form.CSV}
MEDIA = ("application/json", *FORMS)
VARY = ("Vary", "Accept")
OF_PAGES = ("limit", "offset", "moved", "groups")


def form_of(request: Request) -> Form | None:
    """The form of the file that is asked for; None for a page. Invalid for all else, and for pages of a file."""
    media = choose(request.headers.get("accept"), MEDIA)
    if media is None:
        message = f"This is available as {', '.join(MEDIA)}."
        raise Invalid("not_acceptable", message, status=406, offered=MEDIA)
    if media in FORMS:
        for name in OF_PAGES:
            if name in request.query:
                refuse(name, f"does not apply to {media}, which has all rows")
    return FORMS.get(media)


def file(batch: Batch, what: str, form: Form, pieces: AsyncIterator[bytes], *headers: tuple[str, str]) -> Stream:
    """The answer with a file."""
    media = next(name for name, each in FORMS.items() if each is form)
    name = ("Content-Disposition", f'attachment; filename="batch-{batch.number}-{what}.{form}"')
    return Stream(200, pieces, media, [VARY, name, *headers])
