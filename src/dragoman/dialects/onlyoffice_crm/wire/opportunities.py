"""Opportunities, the stages that they go through, and currencies (page, 8.7)."""

from typing import Any

from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.dialects.onlyoffice_crm.views import OpportunityView
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_contact
from dragoman.dialects.onlyoffice_crm.wire.dates import NEVER, print_date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.domain.clock import Moment
from dragoman.domain.sales import StageKind, stage_of

STAGE_TYPES = {"Open": 0, "ClosedAndWon": 1, "ClosedAndLost": 2}
KINDS = {kind: number for number, kind in enumerate(StageKind)}

DEFAULT_CURRENCY = "USD"
"""Shown for an opportunity that another dialect made."""
CURRENCIES: dict[str, tuple[str, str]] = {
    "AUD": ("Australian Dollar", "A$"),
    "BRL": ("Brazilian Real", "R$"),
    "CAD": ("Canadian Dollar", "C$"),
    "CHF": ("Swiss Franc", "CHF"),
    "CNY": ("Chinese Yuan", "¥"),
    "CZK": ("Czech Koruna", "Kč"),
    "DKK": ("Danish Krone", "kr"),
    "EUR": ("Euro", "€"),
    "GBP": ("Pound Sterling", "£"),
    "HUF": ("Hungarian Forint", "Ft"),
    "INR": ("Indian Rupee", "₹"),
    "JPY": ("Japanese Yen", "¥"),
    "KRW": ("South Korean Won", "₩"),
    "KZT": ("Kazakhstani Tenge", "₸"),
    "MXN": ("Mexican Peso", "$"),
    "NOK": ("Norwegian Krone", "kr"),
    "NZD": ("New Zealand Dollar", "NZ$"),
    "PLN": ("Polish Zloty", "zł"),
    "RUB": ("Russian Ruble", "₽"),
    "SEK": ("Swedish Krona", "kr"),
    "TRY": ("Turkish Lira", "₺"),
    "UAH": ("Ukrainian Hryvnia", "₴"),
    "USD": ("US Dollar", "$"),
    "ZAR": ("South African Rand", "R"),
}


def render_stage(stage: tuple[int, int], _: Persons) -> dict[str, Any]:
    """A stage by its id, with the number of opportunities in it."""
    number, count = stage
    known = stage_of(number)
    return {
        "relativeItemsCount": count,
        "successProbability": known.probability,
        "stageType": KINDS[known.kind],
        "title": known.title,
        "description": "",
        "color": "",
        "sortOrder": known.number,
        "id": known.number,
    }


def render_opportunity(seen: OpportunityView, persons: Persons) -> dict[str, Any]:
    """An opportunity. Its bid is stored by this dialect alone."""
    case, zone = seen.case, zone_of(seen.zone)
    facts = case.extras.get(NAME, {})
    members: dict[str, Any] = {
        "createBy": persons.of(seen.creator),
        "created": print_date(case.created_at, zone),
        "members": [render_contact(member, persons) for member in seen.members],
    }
    if seen.contact is not None:
        members["contact"] = render_contact(seen.contact, persons)
    members |= {
        "title": case.title or "",
        "description": case.description or "",
        "responsible": persons.of(seen.responsible),
    }
    members |= _numbers(facts, "bid_type", "bid_value")
    members["bidCurrency"] = render_currency(facts.get("currency", DEFAULT_CURRENCY))
    members |= _numbers(facts, "per_period_value")
    members["stage"] = _stage(case.sales_stage or 0)
    members |= _numbers(facts, "success_probability")
    for name, fact in (("actualCloseDate", "actual_close"), ("expectedCloseDate", "expected_close")):
        members[name] = print_date(Moment(facts[fact]), zone) if fact in facts else NEVER
    return members | {
        "isPrivate": case.is_private,
        "canEdit": seen.can_edit,
        "customFields": [],
        "id": case.number,
    }


def render_currency(code: str) -> dict[str, Any]:
    title, symbol = CURRENCIES[code]
    return {"title": title, "symbol": symbol, "abbreviation": code, "isConvertable": False}


_WIRE_NAMES = {
    "bid_type": "bidType",
    "bid_value": "bidValue",
    "per_period_value": "perPeriodValue",
    "success_probability": "successProbability",
}


def _numbers(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    return {_WIRE_NAMES[name]: facts[name] for name in names if facts.get(name)}


def _stage(number: int) -> dict[str, Any]:
    stage = render_stage((number, 0), Persons(""))
    return {name: value for name, value in stage.items() if name != "relativeItemsCount"}
