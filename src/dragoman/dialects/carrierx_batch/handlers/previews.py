"""The preview of a task: read by pages or as a file, and made anew (REVIEWED-BULK 4 and 11)."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.handlers.tasks import FLAGS
from dragoman.dialects.carrierx_batch.wire import forms, paging, rows
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.kit import Reply, Request, Stream
from dragoman.dialects.kit.batch_tags import parse_if_match, tag_of
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.bulk import Batch, Effect
from dragoman.usecases.batches import control, places
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.control import IfMatch
from dragoman.usecases.batches.lifecycle import BatchView
from dragoman.usecases.batches.review import preview_pages
from dragoman.usecases.uow import UnitOfWork

PARAMETERS = (*paging.PAGES, "effect", "moved", "groups")


class Page(msgspec.Struct, frozen=True):
    """A page of a preview, by its place among the rows of these effects."""

    sid: str
    part: paging.Slice
    effects: tuple[Effect, ...]
    with_moved: bool
    with_groups: bool

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    """The page, and how many rows there are on all of them."""

    found: preview_pages.Found
    part: paging.Slice
    total: int


def parse_page(request: Request) -> Page | preview_pages.Read:
    """A page, or the beginning of a file."""
    sid, form = parse_sid(request.path["task_sid"]), forms.form_of(request)
    effects = tuple(dict.fromkeys(_effect(text) for text in request.query.get("effect", ())))
    if form is not None:
        return preview_pages.Read(batch=sid, limit=1, effects=effects)
    part = paging.parse_slice(request, by_sid=False)
    return Page(sid, part, effects, _flag(request, "moved"), _flag(request, "groups"))


def _effect(text: str) -> Effect:
    if text not in list(Effect):
        paging.refuse("effect", f"must be one of {', '.join(Effect)}")
    return Effect(text)


def _flag(request: Request, name: str) -> bool:
    flag = FLAGS.get(request.first(name) or "false")
    if flag is None:
        paging.refuse(name, "must be true or false")
    return flag


def read(uow: UnitOfWork, command: Page | preview_pages.Command) -> Any:
    """A page, or a step of a file."""
    if not isinstance(command, Page):
        return preview_pages.run(uow, command)
    batch = batches.get(uow, command.sid)
    preview_pages.must_have_preview(uow, batch)
    wanted = preview_pages.Read(
        batch=batch.number,
        first=places.in_preview(uow, batch, command.effects, command.part.offset),
        limit=command.part.limit,
        effects=command.effects,
        with_moved=command.with_moved,
        with_groups=command.with_groups,
    )
    return Found(preview_pages.read(uow, wanted), command.part, places.previewed(batch, command.effects))


def render_page(result: Found | preview_pages.Found, request: Request) -> Reply | Stream:
    """The envelope around rows, with the summary beside them; or a file."""
    if not isinstance(result, Found):
        form, batch = forms.form_of(request), result.shown.batch
        assert form is not None  # noqa: S101 - a file was asked for
        pieces = preview_pages.pieces(batch, request.command, form, request.run)
        return forms.file(batch, "preview", form, pieces, tag_of(batch))
    found, part = result.found, result.part
    items = [rows.preview_row(row) for row in found.rows]
    page = paging.envelope(request, part, items, first=part.offset, total=result.total, sids=[])
    page["moved"] = None if found.moved is None else {"count": found.moved[0], "more": found.moved[1]}
    page["summary"] = rows.summary(found.shown.batch)
    if found.groups is not None:
        page["groups"] = found.groups
    return answers.reply(200, dict(sorted(page.items())), (tag_of(found.shown.batch), forms.VARY))


class Anew(msgspec.Struct, frozen=True):
    """Make the preview once more."""

    sid: str
    body: Any
    if_match: IfMatch

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_anew(request: Request) -> Anew:
    """A body is needed, and has nothing to say (1)."""
    body = faults.body_of(request)
    if_match = parse_if_match(request)
    return Anew(parse_sid(request.path["task_sid"]), body, if_match)


def make_anew(uow: UnitOfWork, command: Anew) -> BatchView:
    """The task in `created`. An unknown sid is refused before an invalid body (7)."""
    batch: Batch = batches.get(uow, command.sid)
    problems = Problems()
    faults.refuse_unknown(faults.an_object(command.body), (), problems)
    faults.refuse(problems)
    return batches.view(uow, control.preview_anew(uow, batch, if_match=command.if_match))
