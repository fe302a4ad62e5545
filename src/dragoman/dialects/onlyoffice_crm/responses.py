"""From what an operation found to its answer: one object, a page of a list, or nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.paging import Item, Paging, choose, in_order, matching, read_paging
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.dialects.onlyoffice_crm.wire.people import Persons

S = TypeVar("S")

Render = Callable[[Any, Request], Reply]


def one(options: Options, status: int, render: Callable[[S, Persons], Item]) -> Render:
    def answer(seen: S, request: Request) -> Reply:
        response = choose(render(seen, Persons(request.base_url)), _fields(request))
        return envelope.reply(request, options.default_format, envelope.success(status, response))

    return answer


def nothing(options: Options) -> Render:
    """An empty object: there is no result."""

    def answer(_: None, request: Request) -> Reply:
        return envelope.reply(request, options.default_format, envelope.success(200, {}, count=0))

    return answer


def array(options: Options, status: int, render: Callable[[S, Persons], Item]) -> Render:
    """A whole array, of which the framework makes a page; the total is shown only when the array is longer."""

    def answer(all_seen: list[S], request: Request) -> Reply:
        paging, persons = read_paging(gather(request)), Persons(request.base_url)
        items = in_order(matching([render(seen, persons) for seen in all_seen], paging), paging)
        total = len(items) if len(items) > paging.count else None
        page = items[paging.start : paging.end]
        return envelope.reply(request, options.default_format, listed(options, status, page, paging, len(items), total))

    return answer


def text(options: Options, status: int) -> Render:
    """A bare text, whose length is the count."""

    def answer(found: str, request: Request) -> Reply:
        members = envelope.success(status, found, count=len(found))
        return envelope.reply(request, options.default_format, members)

    return answer


def texts(options: Options) -> Render:
    """An array of texts."""

    def answer(found: list[str], request: Request) -> Reply:
        paging = read_paging(gather(request))
        page = found[paging.start : paging.end]
        total = len(found) if len(found) > paging.count else None
        return envelope.reply(request, options.default_format, listed(options, 200, page, paging, len(found), total))

    return answer


def listed(
    options: Options, status: int, page: list[Any], paging: Paging, matches: int, total: int | None
) -> dict[str, Any]:
    """The members of an answer with a page of so many matches."""
    after = paging.start + len(page)
    too_far = 1 if options.next_index == "vendor" else 0
    return envelope.success(
        status,
        choose(page, paging.fields),
        count=len(page),
        start=paging.start,
        next_index=after + too_far if after < matches else None,
        total=total,
    )


def _fields(request: Request) -> frozenset[str] | None:
    # Gathered once more only for a request that speaks of fields at all.
    if "fields" in request.query_string.lower() or b"fields" in request.body.lower():
        return read_paging(gather(request)).fields
    return None
