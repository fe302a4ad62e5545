"""The views of escalations and work baskets (page 2, G and H), and what their rows hold."""

from dragoman.dialects.ibm_htm.wire import ids
from dragoman.dialects.ibm_htm.wire.escalations import (
    ACTIONS,
    ACTIVATIONS,
    EXPECTATIONS,
    INCREASES,
    STATES,
    EscalationView,
    template_id,
)
from dragoman.dialects.ibm_htm.wire.expressions.columns import Comparable, identifier, moment, symbol, text, view
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import Rows
from dragoman.dialects.ibm_htm.wire.expressions.views import CUSTOM_TEXTS, LOCALE, PROPERTY_TYPE
from dragoman.dialects.ibm_htm.wire.work_baskets import POLICIES, TYPES, fact
from dragoman.domain.clock import Moment, whole_seconds
from dragoman.domain.escalation import Activation, Expectation, neighbours
from dragoman.domain.work_list import WorkList

ESCALATION_STATES = {name: code for code, name in enumerate(STATES.values(), 1)}
ESCALATION_ACTIONS = {name: code for code, name in enumerate(ACTIONS.values(), 1)}
ACTIVATION_STATES = {
    ACTIVATIONS[Activation.READY]: 2,
    ACTIVATIONS[Activation.RUNNING]: 3,
    ACTIVATIONS[Activation.CLAIMED]: 8,
    ACTIVATIONS[Activation.WAITING_FOR_SUBTASKS]: 20,
}
EXPECTED_STATES = {
    EXPECTATIONS[Expectation.CLAIMED]: 8,
    EXPECTATIONS[Expectation.ENDED]: 20,
    EXPECTATIONS[Expectation.SUBTASKS_COMPLETED]: 21,
}
INCREASE_CODES = {name: code for code, name in enumerate(INCREASES.values(), 1)}

ESCALATION = view(
    "ESCALATION",
    (
        identifier("ESIID", ids.ESCALATION),
        identifier("TKIID", ids.TASK),
        text("NAME"),
        symbol("STATE", ESCALATION_STATES),
        symbol("ACTION", ESCALATION_ACTIONS),
        symbol("ACTIVATION_STATE", ACTIVATION_STATES),
        moment("ACTIVATION_TIME"),
        symbol("AT_LEAST_EXP_STATE", EXPECTED_STATES),
        moment("ESCALATION_TIME"),
        identifier("ESTID", ids.ESCALATION_TEMPLATE),
        identifier("FIRST_ESIID", ids.ESCALATION),
        symbol("INCREASE_PRIORITY", INCREASE_CODES),
    ),
)
ESCALATION_CPROP = view(
    "ESCALATION_CPROP",
    (identifier("ESIID", ids.ESCALATION), text("NAME"), text("DATA_TYPE"), text("STRING_VALUE")),
    is_many=True,
)
ESCALATION_DESC = view(
    "ESCALATION_DESC",
    (identifier("ESIID", ids.ESCALATION), text("LOCALE"), text("DESCRIPTION"), text("DISPLAY_NAME")),
)
WORK_BASKET = view(
    "WORK_BASKET",
    (
        identifier("WBID", ids.WORK_BASKET),
        text("NAME"),
        text("DISPLAY_NAME"),
        text("DESCRIPTION"),
        text("OWNER"),
        symbol("TYPE", TYPES),
        moment("CREATED"),
        moment("LAST_MODIFIED"),
        text("DEFAULT_QUERY_TABLE"),
        *CUSTOM_TEXTS,
        symbol("SUBSTITUTION_POLICY", POLICIES),
    ),
)


OF_ESCALATIONS = {each.name: each for each in (ESCALATION, ESCALATION_CPROP, ESCALATION_DESC)}


def rows_of_escalation(seen: EscalationView) -> Rows:
    """Its rows by the names of the views."""
    one, task = seen.escalation, seen.task
    first, _, _ = neighbours(task.escalations, seen.place)
    own: dict[str, Comparable] = {
        "ESIID": seen.id,
        "TKIID": ids.task_id(task.uid),
        "NAME": one.name,
        "STATE": ESCALATION_STATES[STATES[one.state]],
        "ACTION": ESCALATION_ACTIONS[ACTIONS[one.action]],
        "ACTIVATION_STATE": ACTIVATION_STATES[ACTIVATIONS[one.activation]],
        "ACTIVATION_TIME": _seconds(one.activated_at),
        "AT_LEAST_EXP_STATE": EXPECTED_STATES[EXPECTATIONS[one.expected]],
        "ESCALATION_TIME": _seconds(one.escalates_at),
        "ESTID": template_id(seen),
        "FIRST_ESIID": ids.escalation_id(task.uid, first),
        "INCREASE_PRIORITY": INCREASE_CODES[INCREASES[one.increase_priority]],
    }
    described: dict[str, Comparable] = {"ESIID": seen.id, "LOCALE": LOCALE, "DISPLAY_NAME": one.name}
    properties = [
        {"ESIID": seen.id, "NAME": name, "DATA_TYPE": PROPERTY_TYPE, "STRING_VALUE": value}
        for name, value in sorted(one.properties.items())
    ]
    return {"ESCALATION": [own], "ESCALATION_DESC": [described], "ESCALATION_CPROP": properties}


def rows_of_basket(basket: WorkList, owner: str | None) -> Rows:
    """Its row; `owner` is what clients call its owner."""
    policy, type_ = fact(basket, "substitutionPolicy"), fact(basket, "type")
    own: dict[str, Comparable] = {
        "WBID": ids.work_basket_id(basket.uid),
        "NAME": basket.name,
        "DISPLAY_NAME": basket.label,
        "DESCRIPTION": basket.description,
        "OWNER": owner,
        "TYPE": TYPES[type_ or ""],
        "CREATED": whole_seconds(basket.created_at),
        "LAST_MODIFIED": whole_seconds(basket.modified_at),
        "DEFAULT_QUERY_TABLE": fact(basket, "defaultQueryTable"),
        "SUBSTITUTION_POLICY": POLICIES[policy or ""],
    }
    own |= {f"CUSTOM_TEXT{number}": fact(basket, f"customText{number}") for number in range(1, 9)}
    return {"WORK_BASKET": [own]}


def _seconds(at: Moment | None) -> Moment | None:
    return None if at is None else whole_seconds(at)
