"""Messages of a task as files."""

from starlette.responses import Response

from dragoman.domain.errors import NotFound
from dragoman.domain.message import Which
from dragoman.usecases.tasks import messages
from dragoman.web.views.tasks import finding
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ENDINGS = {"json": "json", "xml": "xml"}
LABELS = {Which.INPUT: N_("Input"), Which.OUTPUT: N_("Output"), Which.FAULT: N_("Fault")}


async def download(visit: Visit) -> Response:
    """A message, byte for byte. Browsers save it and never show it, whatever it holds."""
    if visit.path["which"] not in tuple(Which):
        raise NotFound("unknown_path", "There is no such page.")
    which = Which(visit.path["which"])
    try:
        task, message = await visit.read(messages.read, messages.Read(finding.named(visit), which))
    except NotFound as missing:
        raise missing if missing.code == "message_not_found" else finding.unknown() from None
    name = f"task-{task.number}-{which}.{ending(message.type)}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return visit.sent(Response(message.body.encode(), headers=headers, media_type="application/octet-stream"))


def ending(type_: str) -> str:
    """The ending of a file of this media type."""
    return next((ending for word, ending in ENDINGS.items() if word in type_), "txt")
