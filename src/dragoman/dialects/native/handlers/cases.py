"""Cases: made, read, listed, changed, deleted; and the stages of each."""

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from dragoman.command import Ref
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.handlers.tasks import lowered, moment, person
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.cases import Case, CaseList, CasePatch, NewCase, StageList
from dragoman.domain import case as domain
from dragoman.domain.case import CaseKind
from dragoman.domain.labels import distinct
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.preconditions import OutOfRange

NOUN = "case"
PLAIN = ("title", "description", "is_private")
DOUBTFUL = frozenset(PLAIN)
READ_ONLY = frozenset(Case.__struct_fields__)


def parse_create(request: Request, query: queries.Trial) -> case_edits.Create:
    """A case to be made."""
    return reading.body(request, NewCase, creation, read_only=READ_ONLY)


def parse_get(request: Request, query: queries.Nothing) -> case_edits.Get:
    """One case by id or number."""
    return case_edits.Get(reading.ref(request, NOUN))


def parse_list(request: Request, query: queries.CaseQuery) -> case_edits.List:
    """One page by number."""
    kind = None if query.kind is UNSET else query.kind
    return case_edits.List(query.limit, cursors.read_number(request, query.cursor), kind)


def render_list(page: tuple[list[domain.Case], int | None], request: Request) -> Reply:
    """One page, and the link to the next one."""
    items, after = page
    link = UNSET if after is None else cursors.link(request, (after,))
    return replies.plain(CaseList(items=[wire.case(item) for item in items], next=link))


def parse_stages(request: Request, query: queries.Nothing) -> case_edits.Stages:
    return case_edits.Stages(reading.ref(request, NOUN))


def render_stages(stages: list[domain.Stage], request: Request) -> Reply:
    """All of them."""
    return replies.plain(StageList([wire.stage(stage) for stage in stages]))


def parse_patch(request: Request, query: queries.Trial) -> case_edits.Change:
    """A merge patch: what is named changes."""
    case, revisions = reading.ref(request, NOUN), reading.if_match(request)

    def build(patch: CasePatch, out_of_range: OutOfRange | None) -> case_edits.Change:
        return replace(change(case, patch), revisions=revisions, out_of_range=out_of_range)

    return reading.patch(request, CasePatch, build, doubtful=DOUBTFUL, read_only=READ_ONLY)


def parse_delete(request: Request, query: queries.HolderRemoval) -> case_edits.Remove:
    """A case to be deleted."""
    return case_edits.Remove(reading.ref(request, NOUN), query.with_tasks, reading.if_match(request))


def change(case: Ref, patch: CasePatch) -> case_edits.Change:
    """What a patch asks for."""
    return case_edits.Change(case, _fields(patch), lowered(patch.contact), person(patch.assignee))


def creation(new: NewCase) -> case_edits.Create:
    """What a new case asks for."""
    return case_edits.Create(CaseKind(new.kind), _fields(new), lowered(new.contact), person(new.assignee))


def _fields(body: NewCase | CasePatch) -> dict[str, Any]:
    fields = {name: value for name in PLAIN if (value := getattr(body, name)) is not UNSET}
    if body.expires_at is not UNSET:
        fields["expires_at"] = moment(body.expires_at)
    if body.labels is not UNSET:
        fields["labels"] = distinct(body.labels)
    return fields
