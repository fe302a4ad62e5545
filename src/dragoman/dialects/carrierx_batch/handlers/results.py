"""What became of each entry: by pages, or all rows as NDJSON or CSV (REVIEWED-BULK 7 and 11)."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.wire import forms, paging, rows
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.kit import Reply, Request, Stream
from dragoman.dialects.kit.times import render_millis, render_native
from dragoman.domain.bulk_failures import FailureCode
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches import places
from dragoman.usecases.batches.outcomes import result_texts, results
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.uow import UnitOfWork

PARAMETERS = (*paging.PAGES, "outcome", "code")


class Page(msgspec.Struct, frozen=True):
    """A page of results, by its place among those of these outcomes and codes."""

    sid: str
    part: paging.Slice
    outcomes: frozenset[Became]
    codes: tuple[str, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    """The page, and how many rows there are on all of them."""

    page: results.Page
    part: paging.Slice
    total: int


def parse(request: Request) -> Page | result_texts.Start:
    """A page, or the beginning of a file."""
    sid, form = parse_sid(request.path["task_sid"]), forms.form_of(request)
    outcomes = frozenset(map(Became, _words(request, "outcome", tuple(Became))))
    codes = _words(request, "code", tuple(FailureCode))
    if form is not None:
        return result_texts.start(sid, form, render_native, outcomes=outcomes, codes=codes)
    return Page(sid, paging.parse_slice(request, by_sid=False), outcomes, codes)


def _words(request: Request, name: str, words: tuple[str, ...]) -> tuple[str, ...]:
    given = tuple(dict.fromkeys(request.query.get(name, ())))
    if not set(given) <= set(words):
        paging.refuse(name, f"must be one of {', '.join(words)}")
    return given


def read(uow: UnitOfWork, command: Page | result_texts.Command) -> Any:
    """A page, or a step of a file."""
    if not isinstance(command, Page):
        return result_texts.run(uow, command)
    batch = batches.get(uow, command.sid)
    place = places.in_results(uow, batch, command.outcomes, command.codes, command.part.offset)
    wanted = results.Read(
        batch=batch.number,
        moment=render_millis,
        outcomes=command.outcomes,
        codes=command.codes,
        limit=command.part.limit,
        after=place.index - 1,
    )
    return Found(results.read(uow, wanted), command.part, place.total)


def render(found: Any, request: Request) -> Reply | Stream:
    """The envelope around rows; or a file."""
    if not isinstance(found, Found):
        form = request.command.form
        return forms.file(found, "results", form, result_texts.pieces(found, request.command, request.run))
    part = found.part
    items = [rows.result_row(found.page.batch, row) for row in found.page.rows]
    page = paging.envelope(request, part, items, first=part.offset, total=found.total, sids=[])
    return answers.reply(200, page, (forms.VARY,))
