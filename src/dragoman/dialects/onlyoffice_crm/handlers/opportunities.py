"""Opportunities (deals), which a task may belong to (page, 13)."""

import re
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.handlers.cases import Delete, Get
from dragoman.dialects.onlyoffice_crm.handlers.references import RESPONSIBLE, choice_of
from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.dialects.onlyoffice_crm.problems import FORMAT, bad_argument, bad_text, not_found
from dragoman.dialects.onlyoffice_crm.views import Gathering, OpportunityView
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.opportunities import CURRENCIES, DEFAULT_CURRENCY
from dragoman.dialects.onlyoffice_crm.wire.parameters import BAD_INTEGER, Parameters, gather
from dragoman.dialects.onlyoffice_crm.wire.people import LOST_USER
from dragoman.domain.access import may_see_contact
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.json_numbers import Number
from dragoman.domain.sales import FIRST_STAGE, SALES_STAGES, stage_of
from dragoman.usecases import purge as removal
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases.sketches import sketches
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.contacts import lookup as contact_lookup
from dragoman.usecases.uow import UnitOfWork

LONGEST_TITLE = 255
MOST_MEMBERS = 1_000
SENT = frozenset(
    (
        *("bid_type", "bid_value", "currency", "per_period_value", "success_probability"),
        *("actual_close", "expected_close", RESPONSIBLE),
    )
)
"""Facts that a client sends, all of them each time."""
NEVER_SET = Moment(-621_355_968_000_000_000)
"""What an unset date is printed as, and may be sent back as: the first moment of the year 1."""
BID_TYPES = {"fixedbid": 0, "perhour": 1, "perday": 2, "perweek": 3, "permonth": 4, "peryear": 5}

_DECIMAL = re.compile(r"\s*[+-]?[0-9]{1,15}(?:\.[0-9]{1,10})?\s*")


class Stages(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_stages(request: Request) -> Stages:
    """GET crm/opportunity/stage."""
    return Stages()


def stages(uow: UnitOfWork, command: Stages) -> list[tuple[int, int]]:
    """Each stage, with the number of opportunities in it that the principal may see."""
    found = sketches(uow, CaseKind.OPPORTUNITY)
    counts = Counter(stage_of(sketch.sales_stage).number for sketch in found if sketch.sales_stage is not None)
    return [(number, counts[number]) for number in SALES_STAGES]


class Content(msgspec.Struct, frozen=True):
    """An opportunity as a client sends it, whole. `facts` are what this dialect alone knows of it; no `members`: they
    stay as they are."""

    title: str
    description: str | None
    responsible: str
    contact: int
    stage: int
    facts: dict[str, Any]
    actual_close: Date | None
    expected_close: Date | None
    members: tuple[int, ...]
    is_private: bool


class Create(msgspec.Struct, frozen=True):
    content: Content

    def keys(self) -> Keys:
        keys = Keys(numbers={"case"})
        return keys.also("contact", self.contacts, Lock.NONE)

    @property
    def contacts(self) -> list[int]:
        """The contacts that it names."""
        return [number for number in (self.content.contact, *self.content.members) if number > 0]


class Put(msgspec.Struct, frozen=True):
    """Replaces an opportunity: fields that are not sent are cleared."""

    number: int
    content: Content

    def keys(self) -> Keys:
        return Keys(cases={self.number}).also("contact", Create(self.content).contacts, Lock.NONE)


def parse_create(request: Request) -> Create:
    """POST crm/opportunity."""
    content = _read(gather(request))
    if content.is_private:
        raise bad_argument("isPrivate", "not offered")
    return Create(content)


def parse_put(request: Request) -> Put:
    """PUT crm/opportunity/{id}."""
    parameters = gather(request)
    number = parameters.integer("id")
    content = _read(parameters)
    if number <= 0:
        raise bad_argument("id", "required")
    return Put(number, content)


def _read(parameters: Parameters) -> Content:
    """The parameters in the vendor's order, then what is needed."""
    contact = parameters.integer("contactid")
    members, title = parameters.integers("members"), parameters.text("title")
    description, responsible = parameters.text("description"), parameters.guid("responsibleid")
    facts: dict[str, Any] = {"bid_type": parameters.choice("bidType", BID_TYPES), "bid_value": _bid_value(parameters)}
    currency = (parameters.text("bidCurrencyAbbr") or "").upper()
    facts["per_period_value"] = parameters.integer("perPeriodValue")
    stage = parameters.integer("stageid")
    facts["success_probability"] = min(max(parameters.integer("successProbability"), 0), 100)
    actual, expected = parameters.date("actualCloseDate"), parameters.date("expectedCloseDate")
    is_private = parameters.boolean("isPrivate")
    if not title:
        raise bad_argument("title", "required")
    if len(title) > LONGEST_TITLE:
        raise bad_argument("title", f"longer than {LONGEST_TITLE} characters")
    if responsible is None:
        raise bad_argument("responsibleid", "required")
    if stage <= 0:
        raise bad_argument("stageid", "required")
    if currency not in CURRENCIES:
        raise bad_argument("bidCurrencyAbbr", "unknown" if currency else "required")
    if len(members) > MOST_MEMBERS:
        raise bad_argument("members", f"more than {MOST_MEMBERS}")
    if stage not in SALES_STAGES:
        raise not_found()
    kept = {name: value for name, value in facts.items() if value} | {"currency": currency}
    taking_part = tuple(dict.fromkeys(number for number in members if number > 0))
    return Content(title, description, responsible, contact, stage, kept, actual, expected, taking_part, is_private)


def create(uow: UnitOfWork, command: Create) -> OpportunityView:
    """The opportunity, made by the principal. NotFound for a contact that isn't there."""
    content = command.content
    contact = contacts.get(uow, content.contact).number if content.contact > 0 else None
    fields = _fields(uow, content, None)
    case = crm_cases.add(uow, CaseKind.OPPORTUNITY, content.title, contact=contact, **fields)
    return Gathering(uow, 0).opportunity(case)


def put(uow: UnitOfWork, command: Put) -> OpportunityView:
    """The opportunity with what is sent in place of what this dialect shows of it. NotFound for one that the principal
    may not see, and for another contact that isn't there; Forbidden without the right to edit it."""
    content = command.content
    present = crm_cases.get(uow, command.number, CaseKind.OPPORTUNITY, Lock.CHANGE)
    contact = content.contact if content.contact > 0 else None
    if contact is not None and contact != present.contact:
        contacts.get(uow, contact)
    crm_cases.require_edit(uow, present)
    if content.is_private and not present.is_private:
        raise bad_argument("isPrivate", "not offered")
    fields = _fields(uow, content, present)
    if (content.description or "") == (present.description or ""):
        fields["description"] = present.description
    after = replace(present, title=content.title, contact=contact, **fields)
    return Gathering(uow, 0).opportunity(present if after == present else cases.save(uow, after))


def _fields(uow: UnitOfWork, content: Content, present: Case | None) -> dict[str, Any]:
    before = {} if present is None else present.extras.get(NAME, {})
    facts = {name: value for name, value in before.items() if name not in SENT} | content.facts
    if present is not None and "currency" not in before and content.facts["currency"] == DEFAULT_CURRENCY:
        del facts["currency"]
    zone = zone_of(uow.home.zone)
    shown = None if present is None else present.assignee
    responsible = choice_of(uow, content.responsible, "responsibleid", shown)
    if responsible is None and (kept := _kept_name(content, present)) is not None:
        facts[RESPONSIBLE] = kept
    dates = (("actual_close", content.actual_close), ("expected_close", content.expected_close))
    for name, date in dates:
        if date is not None and (at := date.at(zone)) != NEVER_SET:
            facts[name] = at
    extras = {} if present is None else {name: kept for name, kept in present.extras.items() if name != NAME}
    return {
        "description": content.description,
        "assignee": None if responsible is None else responsible.uid,
        "sales_stage": _stage(content, present),
        "members": _members(uow, content.members, () if present is None else present.members),
        "extras": extras | ({NAME: facts} if facts else {}),
    }


def _stage(content: Content, present: Case | None) -> int | None:
    """The stage; one that was never set stays so when the first stage, shown for it, is sent back."""
    is_shown = present is not None and present.sales_stage is None and content.stage == FIRST_STAGE.number
    return None if is_shown else content.stage


def get(uow: UnitOfWork, command: Get) -> OpportunityView:
    """NotFound also for what is none here."""
    return Gathering(uow, 0).opportunity(crm_cases.get(uow, command.number, CaseKind.OPPORTUNITY))


def delete(uow: UnitOfWork, command: Delete) -> OpportunityView:
    """The opportunity as it was."""
    case = crm_cases.get(uow, command.number, CaseKind.OPPORTUNITY, Lock.CHANGE)
    crm_cases.require_edit(uow, case)
    seen = Gathering(uow, 0).opportunity(case)
    removal.remove_case(uow, case)
    return seen


def _members(uow: UnitOfWork, sent: tuple[int, ...], present: tuple[int, ...]) -> tuple[int, ...]:
    """The members that are sent, behind those that the principal can't see; none sent: all present ones. NotFound
    for one that isn't there."""
    if not sent:
        return present
    for number in sent:
        contacts.get(uow, number)
    hidden = [number for number in present if not _is_shown(uow, number)]
    return (*hidden, *sent)


def _is_shown(uow: UnitOfWork, number: int) -> bool:
    contact = contact_lookup.find(uow, number)
    return contact is None or may_see_contact(uow.principal, contact)


def _kept_name(content: Content, present: Case | None) -> str | None:
    """A responsible who matches no user; the lost user that is shown in its place, sent back, keeps it."""
    if content.responsible != LOST_USER:
        return content.responsible
    shown = {} if present is None else present.extras.get(NAME, {})
    return shown.get(RESPONSIBLE)


def _bid_value(parameters: Parameters) -> int | Number:
    """A decimal number with all its digits."""
    text = parameters.text("bidValue")
    if not text:
        return 0
    if not _DECIMAL.fullmatch(text):
        raise bad_text("bidValue", "not a number", BAD_INTEGER, FORMAT)
    value = Decimal(text.strip())
    return int(value) if value == value.to_integral_value() else Number(f"{value.normalize():f}")
