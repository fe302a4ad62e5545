"""Options of a batch: those that people may change until it has ended."""

from typing import Any

from starlette.responses import Response

from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native.wire import batch_orders
from dragoman.domain.bulk import Batch, Status
from dragoman.domain.bulk_options import Changes
from dragoman.domain.clock import Moment
from dragoman.domain.due import moment_of
from dragoman.domain.errors import Conflict, Forbidden, StaleVersion
from dragoman.usecases.batches import commands, documents
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.standing import SCOPES
from dragoman.web.forms import faults_of
from dragoman.web.views.batches import acts
from dragoman.web.views.batches import page as pages
from dragoman.web.visit import Visit

NUMBERS = ("max_failures", "canary", "rate_per_second", "priority")
MOMENTS = ("not_before", "review_expires_at")
NAMES = ("title", "purpose", *NUMBERS, *MOMENTS)


async def show(visit: Visit) -> Response:
    """The form with the options in force."""
    visit.require(*SCOPES["update"])
    seen: Shown = await visit.read(documents.get, documents.Get(pages.ref(visit)))
    return await _form(visit, seen.batch, values_of(visit, seen.batch), {})


async def act(visit: Visit) -> Response:
    """Change those that were edited."""
    visit.require(*SCOPES["update"])
    seen: Shown = await visit.read(documents.get, documents.Get(pages.ref(visit)))
    before = values_of(visit, seen.batch)
    sent = {name: visit.form.text(name).strip() for name in NAMES if name in visit.form}
    edited = {name: text for name, text in sent.items() if text != before[name]}
    found, faults = read(visit, edited)
    if faults:
        visit.request.code = "invalid_form"
        return await _form(visit, seen.batch, before | sent, faults, 422)
    command = commands.Change(seen.batch.number, Changes(**found), acts.revision(visit))
    try:
        await visit.write(commands.change, command, operation="batch.update")
    except (Conflict, Forbidden, StaleVersion) as error:
        return await acts.refused(visit, error)
    return visit.acted(pages.address(seen.batch.number), visit.gettext("Saved."))


def read(visit: Visit, texts: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Options by the names of `Options`, and the faults of fields. An empty text is the default."""
    problems, found = Problems(), dict[str, Any]()
    for name, text in texts.items():
        value: Any = parsed(visit, name, text)
        read_one = batch_orders.READERS[name]
        known = read_one(value, f"/{name}", problems, visit.request.received_at) if value is not None else None
        if name == "rate_per_second":
            found["rate"] = None if value is None else text.replace(",", ".")
        else:
            found[name] = known
    return found, faults_of(problems.found, visit.gettext)


def parsed(visit: Visit, name: str, text: str) -> Any:
    """The text of a field as the API would have it; None where it is empty."""
    if not text:
        return None
    if name in MOMENTS:
        try:
            at = moment_of(text if len(text) > 16 else f"{text}:00", visit.moments.zone)
        except ValueError:
            return text
        return visit.moments.of(at).iso
    if name == "max_failures" and text.endswith("%"):
        return text.replace(" ", "")
    if name in NUMBERS:
        plain = text.replace(",", ".") if name == "rate_per_second" else text
        try:
            return float(plain) if name == "rate_per_second" else int(plain)
        except ValueError:
            return text
    return text


def values_of(visit: Visit, batch: Batch) -> dict[str, str]:
    """The options as their fields show them."""
    return {
        "title": batch.title or "",
        "purpose": batch.purpose or "",
        "max_failures": batch.max_failures or "",
        "canary": "" if batch.canary is None else str(batch.canary),
        "rate_per_second": batch.rate or "",
        "priority": str(batch.priority),
        "not_before": local(visit, batch.not_before),
        "review_expires_at": local(visit, batch.review_expires_at),
    }


def local(visit: Visit, at: Moment | None) -> str:
    """A moment as a field of date and time has it, in the reader's zone."""
    return "" if at is None else f"{visit.moments.day(at)}T{visit.moments.time(at)}"


async def _form(
    visit: Visit, batch: Batch, values: dict[str, str], faults: dict[str, str], status: int = 200
) -> Response:
    return await visit.framed(
        "batches/options.html",
        "batches",
        status,
        heading=visit.gettext("Options of batch %(number)s", number=batch.number),
        batch=batch,
        values=values,
        faults=faults,
        is_in_review=batch.status is Status.IN_REVIEW,
        is_mine=(batch.creator is not None and batch.creator == visit.require().user) or visit.require().is_admin,
        zone=visit.moments.zone,
    )
