"""The lists of opportunities and of cases (second page, C): filtered and sorted here, since much of what they look at
is stored by this dialect alone. Only sort keys and numbers are kept of what matches."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.onlyoffice_crm.handlers.references import user_of
from dragoman.dialects.onlyoffice_crm.options import NAME, Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.responses import listed
from dragoman.dialects.onlyoffice_crm.views import Gathering
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.cases import render_case
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.opportunities import STAGE_TYPES, render_opportunity
from dragoman.dialects.onlyoffice_crm.wire.paging import Item, Paging, in_order, matching, read_paging, words_of
from dragoman.dialects.onlyoffice_crm.wire.parameters import Parameters, gather, to_member
from dragoman.dialects.onlyoffice_crm.wire.people import Persons, id_of
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.sales import StageKind, stage_of
from dragoman.domain.text import folded
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.cases.sketches import Sketch, has_words, sketches
from dragoman.usecases.contacts import lookup as contact_lookup
from dragoman.usecases.identity import lookup as persons_lookup
from dragoman.usecases.tasks import references
from dragoman.usecases.uow import UnitOfWork

MOST_LOOKED_THROUGH = 10_000
NEVER = -(2**62)
"""The place of a date that was never set: the first one."""

Sorter = Callable[[Sketch], tuple[Any, ...]]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants to see. `is_closed` is of cases alone, all others but contact, tags and paging of
    opportunities."""

    kind: CaseKind
    responsible: str | None = None
    stage: int = 0
    stage_kind: StageKind | None = None
    contact: int = 0
    with_members: bool = True
    is_closed: bool | None = None
    tags: tuple[str, ...] = ()
    from_date: Date | None = None
    to_date: Date | None = None
    paging: Paging

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    """A page, and how many match in all."""

    items: list[Any]
    matches: int
    paging: Paging


def parse_opportunities(request: Request) -> Filter:
    """GET crm/opportunity/filter."""
    parameters = gather(request)
    return Filter(
        kind=CaseKind.OPPORTUNITY,
        responsible=parameters.guid("responsibleid"),
        stage=parameters.integer("opportunityStagesid"),
        tags=_tags(parameters),
        contact=parameters.integer("contactid"),
        stage_kind=_stage_kind(parameters.text("stageType")),
        with_members=parameters.boolean("contactAlsoIsParticipant"),
        from_date=parameters.date("fromDate"),
        to_date=parameters.date("toDate"),
        paging=read_paging(parameters),
    )


def parse_cases(request: Request) -> Filter:
    """GET crm/case/filter."""
    parameters = gather(request)
    return Filter(
        kind=CaseKind.CASE,
        contact=parameters.integer("contactid"),
        is_closed=parameters.optional_boolean("isClosed"),
        tags=_tags(parameters),
        paging=read_paging(parameters),
    )


def _tags(parameters: Parameters) -> tuple[str, ...]:
    return tuple({folded(tag) for tag in parameters.values("tags") if tag})


def _stage_kind(text: str | None) -> StageKind | None:
    if not text:
        return None
    number = to_member(text, "stageType", {f"{name}".lower(): value for name, value in STAGE_TYPES.items()})
    return tuple(StageKind)[number]


def run(uow: UnitOfWork, command: Filter) -> Found:
    """Those that match and that the principal may see; pages are full."""
    paging = command.paging
    sorts = _case_sorts() if command.kind is CaseKind.CASE else _opportunity_sorts(uow)
    found = _matching(uow, command)
    if paging.sort_by and paging.sort_by not in sorts:
        return _on_members(uow, command, [sketch.number for sketch in found])
    first, then = sorts[paging.sort_by or _default(command.kind)]
    keyed = sorted([((*then(sketch), sketch.number), first(sketch), sketch.number) for sketch in found])
    keyed.sort(key=lambda each: each[1], reverse=paging.is_descending and bool(paging.sort_by))
    numbers = [number for _, _, number in keyed]
    return Found(_seen(uow, command.kind, numbers[paging.start : paging.end]), len(numbers), paging)


def render(options: Options, found: Found, request: Request) -> Reply:
    persons = Persons(request.base_url)
    items = [_rendered(seen, persons) for seen in found.items]
    members = listed(options, 200, items, found.paging, found.matches, found.matches)
    return envelope.reply(request, options.default_format, members)


def _rendered(seen: Any, persons: Persons) -> Item:
    is_case = seen.case.kind is CaseKind.CASE
    return render_case(seen, persons) if is_case else render_opportunity(seen, persons)


def _matching(uow: UnitOfWork, command: Filter) -> Iterator[Sketch]:
    assignee = None
    if command.responsible is not None:
        user = user_of(uow, command.responsible)
        assignee = None if user is None else user.uid
    words, zone = words_of(command.paging.filter_value.partition(",")[0]), zone_of(uow.home.zone)
    since, until = (None if date is None else date.at(zone) for date in (command.from_date, command.to_date))
    if command.contact > 0 and references.hidden(uow, "contact", [command.contact]):
        return
    for sketch in sketches(uow, command.kind, assignee=assignee):
        if (
            (assignee is not None or command.responsible is None or _kept(sketch) == command.responsible)
            and _is_at(command, sketch)
            and _is_with(command, sketch)
            and set(command.tags) <= set(map(folded, sketch.labels))
            and (command.is_closed is None or sketch.is_open is not command.is_closed)
            and ((since is None and until is None) or _is_between(closes_at(sketch), since, until))
            and has_words((sketch.title or "", sketch.description or ""), words)
        ):
            yield sketch


def _kept(sketch: Sketch) -> str | None:
    """A responsible who matches no user, as he was sent."""
    kept: str | None = sketch.extras.get(NAME, {}).get("responsible")
    return kept if sketch.assignee is None else None


def _is_at(command: Filter, sketch: Sketch) -> bool:
    if command.stage <= 0 and command.stage_kind is None:
        return True
    stage = stage_of(sketch.sales_stage)
    return command.stage in (stage.number, min(command.stage, 0)) and command.stage_kind in (None, stage.kind)


def _is_with(command: Filter, sketch: Sketch) -> bool:
    if command.contact <= 0 or sketch.contact == command.contact:
        return True
    return command.with_members and command.contact in sketch.members


def closes_at(sketch: Sketch) -> Moment | None:
    """When an opportunity was closed, or is expected to be."""
    facts = sketch.extras.get(NAME, {})
    found: Moment | None = facts.get("actual_close", facts.get("expected_close"))
    return found


def _is_between(at: Moment | None, since: Moment | None, until: Moment | None) -> bool:
    return at is not None and (since is None or at >= since) and (until is None or at <= until)


def _default(kind: CaseKind) -> str:
    return "title" if kind is CaseKind.CASE else "stage"


def _nothing(sketch: Sketch) -> tuple[Any, ...]:
    return ()


def _title(sketch: Sketch) -> tuple[Any, ...]:
    return folded(sketch.title or ""), sketch.title or ""


def _case_sorts() -> dict[str, tuple[Sorter, Sorter]]:
    created = (lambda sketch: (sketch.created_at,), _nothing)
    return {"title": (_title, _nothing), "createdate": created, "dateandtime": created}


def _opportunity_sorts(uow: UnitOfWork) -> dict[str, tuple[Sorter, Sorter]]:
    """What sorts, and what decides between those that are alike."""

    def responsible(sketch: Sketch) -> tuple[Any, ...]:
        user = persons_lookup.find(uow, sketch.assignee)
        return "" if user is None else id_of(user), stage_of(sketch.sales_stage).number

    return {
        "stage": (lambda sketch: (stage_of(sketch.sales_stage).number,), _then),
        "responsible": (responsible, _then),
        "title": (_title, _nothing),
        "bidvalue": (lambda sketch: (float(_fact(sketch, "bid_value", 0)),), _nothing),
        "dateandtime": (lambda sketch: (_or_never(closes_at(sketch)),), _nothing),
    }


def _then(sketch: Sketch) -> tuple[Any, ...]:
    """Contact, actual close date the newest first, expected close date the oldest first, title."""
    actual = _fact(sketch, "actual_close", NEVER)
    return sketch.contact or 0, -actual, _fact(sketch, "expected_close", NEVER), *_title(sketch)


def _or_never(at: Moment | None) -> int:
    return NEVER if at is None else at


def _fact(sketch: Sketch, name: str, default: Any) -> Any:
    return sketch.extras.get(NAME, {}).get(name, default)


def _on_members(uow: UnitOfWork, command: Filter, numbers: list[int]) -> Found:
    """The vendor's way with any other `sortBy`: all that match are sorted on a member. Invalid for too many."""
    if len(numbers) > MOST_LOOKED_THROUGH:
        raise bad_argument("sortBy", f"sorts on a member, which more than {MOST_LOOKED_THROUGH} are too many for")
    every = _seen(uow, command.kind, numbers)
    by_number = {seen.case.number: seen for seen in every}
    items = [_rendered(seen, Persons("")) for seen in every]
    paging = command.paging
    chosen = in_order(matching(items, paging), paging)
    return Found([by_number[item["id"]] for item in chosen[paging.start : paging.end]], len(chosen), paging)


def _seen(uow: UnitOfWork, kind: CaseKind, numbers: list[int]) -> list[Any]:
    found = case_lookup.load(uow, numbers)
    named = {number for case in found for number in (case.contact, *case.members) if number is not None}
    contact_lookup.load(uow, sorted(named))
    persons_lookup.load(uow, (uid for case in found for uid in (case.creator, case.assignee)))
    gathering = Gathering(uow, 0)
    return [gathering.case(case) if kind is CaseKind.CASE else gathering.opportunity(case) for case in found]
