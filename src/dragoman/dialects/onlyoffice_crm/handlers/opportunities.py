"""Opportunities (deals), which a task may belong to (page, 13)."""

import re
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.handlers.cases import Delete, Get
from dragoman.dialects.onlyoffice_crm.handlers.references import RESPONSIBLE, choice_of
from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.dialects.onlyoffice_crm.problems import FORMAT, bad_argument, bad_text, not_found
from dragoman.dialects.onlyoffice_crm.views import Gathering, OpportunityView
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.opportunities import CURRENCIES, STAGES
from dragoman.dialects.onlyoffice_crm.wire.parameters import BAD_INTEGER, Parameters, gather
from dragoman.domain.case import CaseKind
from dragoman.domain.json_numbers import Number
from dragoman.usecases import purge as removal
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork

LONGEST_TITLE = 255
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
    counts: Counter[int] = Counter()
    for case in case_lookup.of_kind(uow, CaseKind.OPPORTUNITY):
        counts[case.extras.get(NAME, {}).get("stage", 0)] += 1
    return [(number, counts[number]) for number in STAGES]


class Create(msgspec.Struct, frozen=True):
    """A new opportunity. `facts` are what this dialect alone knows of it."""

    title: str
    description: str | None
    responsible: str
    contact: int
    facts: dict[str, Any]
    actual_close: Date | None
    expected_close: Date | None

    def keys(self) -> Keys:
        keys = Keys(numbers={"case"})
        return keys.also("contact", [self.contact], Lock.NONE) if self.contact > 0 else keys


def parse_create(request: Request) -> Create:
    """POST crm/opportunity."""
    parameters = gather(request)
    contact, title = parameters.integer("contactid"), parameters.text("title")
    description, responsible = parameters.text("description"), parameters.guid("responsibleid")
    facts: dict[str, Any] = {"bid_type": parameters.choice("bidType", BID_TYPES), "bid_value": _bid_value(parameters)}
    currency = (parameters.text("bidCurrencyAbbr") or "").upper()
    facts["per_period_value"] = parameters.integer("perPeriodValue")
    stage = parameters.integer("stageid")
    facts["success_probability"] = parameters.integer("successProbability")
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
    if is_private:
        raise bad_argument("isPrivate", "not offered")
    if stage not in STAGES:
        raise not_found()
    kept = {name: value for name, value in facts.items() if value} | {"currency": currency, "stage": stage}
    return Create(title, description, responsible, contact, kept, actual, expected)


def create(uow: UnitOfWork, command: Create) -> OpportunityView:
    """The opportunity, made by the principal. NotFound for a contact that isn't there."""
    contact = contacts.get(uow, command.contact).number if command.contact > 0 else None
    facts, zone = dict(command.facts), zone_of(uow.home.zone)
    responsible = choice_of(uow, command.responsible, "responsibleid")
    if responsible is None:
        facts[RESPONSIBLE] = command.responsible
    for name, date in (("actual_close", command.actual_close), ("expected_close", command.expected_close)):
        if date is not None:
            facts[name] = date.at(zone)
    case = crm_cases.add(
        uow,
        CaseKind.OPPORTUNITY,
        command.title,
        description=command.description,
        assignee=None if responsible is None else responsible.uid,
        contact=contact,
        extras={NAME: facts},
    )
    return Gathering(uow, 0).opportunity(case)


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


def _bid_value(parameters: Parameters) -> int | Number:
    """A decimal number with all its digits."""
    text = parameters.text("bidValue")
    if not text:
        return 0
    if not _DECIMAL.fullmatch(text):
        raise bad_text("bidValue", "not a number", BAD_INTEGER, FORMAT)
    value = Decimal(text.strip())
    return int(value) if value == value.to_integral_value() else Number(f"{value.normalize():f}")
