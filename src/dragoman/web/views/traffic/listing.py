"""Traffic: the last requests of every dialect that this process has answered, filtered, and followed as they come."""

import os
import platform
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from dragoman.domain import traffic_filter
from dragoman.domain.clock import Moment
from dragoman.domain.task_query import terms as words
from dragoman.domain.traffic import Entry, must_watch
from dragoman.domain.traffic_filter import FAILING, Wanted
from dragoman.usecases.admin import traffic as changes
from dragoman.web.site import Page
from dragoman.web.views.traffic.faults import sentence
from dragoman.web.views.traffic.rows import rows
from dragoman.web.visit import Visit

ADDRESS = "/ui/traffic"
LIMITS = (25, 50, 100)
USUAL_LIMIT = 50
MOST_COUNTED = 1_000


async def show(visit: Visit) -> Response:
    """The list; for its script the requests that came since."""
    must_watch(visit.require())
    q = visit.request.first("q") or ""
    wanted = traffic_filter.read(q, [dialect.name for dialect in visit.app.dialects])
    changed = await _changed(visit, wanted)
    if visit.wants_part and (since := _number(visit.request.first("since"))) is not None:
        newer = [entry for entry in _matching(visit, wanted, changed) if entry.sequence > since]
        made = rows(newer[:MOST_COUNTED], await _caused(visit, newer[:MOST_COUNTED]), visit.moments)
        return visit.part("traffic/rows.html", rows=made)
    limit = _number(visit.request.first("limit"))
    limit = limit if limit in LIMITS else USUAL_LIMIT
    before = _number(visit.request.first("before"))
    matching = (entry for entry in _matching(visit, wanted, changed) if before is None or entry.sequence < before)
    found = list(islice(matching, limit + 1)) if not wanted.faults else []
    page = found[:limit]
    return await visit.framed(
        "traffic/list.html",
        "traffic",
        422 if wanted.faults else 200,
        q=q,
        faults=[sentence(visit.words, fault) for fault in wanted.faults],
        rows=rows(page, await _caused(visit, page), visit.moments),
        chips=_chips(visit, q, wanted, changed),
        newest=page[0].sequence if page else 0,
        next=_address(q, limit, page[-1].sequence) if len(found) > limit else None,
        first=_address(q, limit) if before is not None else None,
        limit=limit,
        failing=_address(_with_failing(q, wanted), limit),
        follow=_address(q, limit),
        is_failing=FAILING in q,
        **_common(visit),
    )


def _common(visit: Visit) -> dict[str, Any]:
    """What the page says of this process, and whether it records."""
    traffic, tenant = visit.app.traffic, visit.require().tenant
    until = traffic.recording_until(tenant)
    return {
        "host": platform.node(),
        "process": os.getpid(),
        "started": visit.moments.of(traffic.started_at).short,
        "started_time": visit.moments.time(traffic.started_at),
        "recording": None if until is None else visit.moments.time(until),
        "operations": [
            (dialect.title, sorted({operation.name for operation in dialect.operations}))
            for dialect in visit.app.dialects
        ],
    }


def entries(visit: Visit) -> list[Entry]:
    """The requests that the visitor may see: those of his tenant; in the main one also those of nobody known."""
    tenant = visit.require().tenant
    is_main = tenant == visit.app.identity.main_tenant
    return list(visit.app.traffic.of(tenant, with_strangers=is_main))


def _matching(visit: Visit, wanted: Wanted, changed: Mapping[int, frozenset[str]]) -> list[Entry]:
    return [entry for entry in entries(visit) if traffic_filter.matches(entry, wanted.terms, changed)]


async def _changed(visit: Visit, wanted: Wanted) -> Mapping[int, frozenset[str]]:
    if not wanted.tasks:
        return {}
    kept = entries(visit)
    since = kept[-1].at if kept else Moment(0)
    return await visit.read(changes.find_requests, changes.FindRequests(wanted.tasks, since))


async def _caused(visit: Visit, page: Sequence[Entry]) -> Mapping[str, Sequence[changes.Caused]]:
    return await visit.read(changes.find_caused, changes.FindCaused(tuple(page))) if page else {}


def _chips(visit: Visit, q: str, wanted: Wanted, changed: Mapping[int, frozenset[str]]) -> list[dict[str, str]]:
    """The terms one by one: the address without it, and how many it alone finds."""
    kept = entries(visit)
    chips = []
    for term in wanted.terms:
        count = sum(1 for entry in kept if traffic_filter.matches(entry, (term,), changed))
        shown = f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
        text = words.printed_term(term)
        chips.append({"text": text, "count": shown, "without": _address(words.without(q, term), USUAL_LIMIT)})
    return chips


def _with_failing(q: str, wanted: Wanted) -> str:
    """The filter with "failing" put in, or taken out where it is."""
    own = next((term for term in wanted.terms if words.printed_term(term) == FAILING), None)
    return f"{q.rstrip()} {FAILING}".lstrip() if own is None else words.without(q, own)


def _address(q: str, limit: int, before: int | None = None) -> str:
    query: dict[str, object] = {"q": q} if q else {}
    if limit != USUAL_LIMIT:
        query["limit"] = limit
    if before is not None:
        query["before"] = before
    return f"{ADDRESS}?{urlencode(query)}" if query else ADDRESS


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


async def act(visit: Visit) -> Response:
    """Begin or end recording bodies of the tenant's requests, in this process."""
    principal = visit.require()
    must_watch(principal)
    if visit.form.text("record") == "stop":
        visit.app.traffic.stop_recording(principal.tenant)
        return visit.acted(ADDRESS, visit.gettext("Bodies are recorded no more."))
    visit.app.traffic.record(principal.tenant, principal.login)
    return visit.acted(ADDRESS, visit.gettext("Bodies are recorded for 10 minutes."))


PAGES = (Page(ADDRESS, show, act),)
