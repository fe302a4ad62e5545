"""The views of tasks and templates (page, 9.2; page 2, B.3 and F), and the codes of their symbols.

Codes that no public page of the vendor tells are ours: an order has to compare something.
"""

from collections.abc import Iterable

from dragoman.dialects.ibm_htm.wire.expressions.columns import (
    Column,
    flag,
    identifier,
    moment,
    number,
    symbol,
    text,
    view,
)

STATES = {
    "STATE_INACTIVE": 1,
    "STATE_READY": 2,
    "STATE_RUNNING": 3,
    "STATE_SKIPPED": 4,
    "STATE_FINISHED": 5,
    "STATE_FAILED": 6,
    "STATE_TERMINATED": 7,
    "STATE_CLAIMED": 8,
    "STATE_TERMINATING": 9,
    "STATE_FAILING": 10,
    "STATE_WAITING": 11,
    "STATE_EXPIRED": 12,
    "STATE_STOPPED": 13,
    "STATE_PROCESSING_UNDO": 14,
    "STATE_FORWARDED": 101,
}
KINDS = {"KIND_HUMAN": 101, "KIND_ORIGINATING": 103, "KIND_PARTICIPATING": 105, "KIND_ADMINISTRATIVE": 106}
REASONS = {
    "REASON_POTENTIAL_OWNER": 1,
    "REASON_EDITOR": 2,
    "REASON_READER": 3,
    "REASON_OWNER": 4,
    "REASON_POTENTIAL_STARTER": 5,
    "REASON_STARTER": 6,
    "REASON_ADMINISTRATOR": 7,
    "REASON_ORIGINATOR": 9,
    "REASON_ESCALATION_RECEIVER": 10,
    "REASON_POTENTIAL_INSTANCE_CREATOR": 11,
}
ASSIGNMENT_TYPES = {"ASSIGNMENT_TYPE_SINGLE": 1, "ASSIGNMENT_TYPE_PARALLEL": 2}
AUTHORIZATIONS = {"AUTH_NONE": 1, "AUTH_READER": 2}
INHERITED = {"INHERITED_AUTH_NONE": 1, "INHERITED_AUTH_ADMINISTRATOR": 2, "INHERITED_AUTH_ALL": 3}
POSITIONS = {
    "HIERARCHY_POSITION_TOP_TASK": 0,
    "HIERARCHY_POSITION_SUB_TASK": 1,
    "HIERARCHY_POSITION_FOLLOW_ON_TASK": 2,
}
AUTONOMIES = {
    "AUTONOMY_PEER": 1,
    "AUTONOMY_CHILD": 2,
    "AUTONOMY_NOT_APPLICABLE": 3,
    "PEER": 1,
    "CHILD": 2,
    "NOT_APPLICABLE": 3,
}
"""As they are shown; in conditions also as the page writes them (page 2, F)."""
TEMPLATE_STATES = {"STATE_STARTED": 1, "STATE_STOPPED": 2}
OBJECT_TYPES = {
    "OBJECT_TYPE_TASK_TEMPLATE": 5,
    "OBJECT_TYPE_TASK_INSTANCE": 6,
    "OBJECT_TYPE_ESCALATION_INSTANCE": 7,
}

CUSTOM_TEXTS = tuple(text(f"CUSTOM_TEXT{number}") for number in range(1, 9))


def _capabilities() -> Iterable[Column]:
    for name in ("AUTOCLAIM", "CLAIM_SUSP", "DELEGATION", "FOLLOW_ON", "SUB_TASK"):
        yield flag(f"SUPPORT_{name}")


TASK = view(
    "TASK",
    (
        identifier("TKIID", "_TKI"),
        moment("ACTIVATED"),
        identifier("APPLIC_DEFAULTS_ID"),
        text("APPLIC_NAME"),
        symbol("ASSIGNMENT_TYPE", ASSIGNMENT_TYPES),
        flag("BUSINESS_RELEVANCE"),
        moment("COMPLETED"),
        identifier("CONTAINMENT_CTX_ID"),
        symbol("CTX_AUTHORIZATION", AUTHORIZATIONS),
        *CUSTOM_TEXTS,
        moment("DUE"),
        moment("EXPIRES"),
        moment("FIRST_ACTIVATED"),
        identifier("FOLLOW_ON_TKIID", "_TKI"),
        symbol("HIERARCHY_POSITION", POSITIONS),
        symbol("INHERITED_AUTH", INHERITED),
        flag("IS_AD_HOC"),
        flag("IS_CHILD"),
        flag("IS_ESCALATED"),
        flag("IS_INLINE"),
        flag("IS_READ"),
        flag("IS_TRANSFERRED_TO_WORK_BASKET"),
        identifier("INVOKED_INSTANCE_ID"),
        text("INVOKED_INSTANCE_TYPE"),
        flag("IS_WAIT_FOR_SUB_TK"),
        symbol("KIND", KINDS),
        moment("LAST_MODIFIED"),
        moment("LAST_STATE_CHANGE"),
        text("NAME"),
        text("NAME_SPACE"),
        text("ORIGINATOR"),
        text("OWNER"),
        identifier("PARENT_CONTEXT_ID"),
        number("PRIORITY"),
        moment("RESUMES"),
        moment("STARTED"),
        text("STARTER"),
        symbol("STATE", STATES),
        *_capabilities(),
        flag("SUSPENDED"),
        identifier("TKTID", "_TKT"),
        identifier("TOP_TKIID", "_TKI"),
        text("TYPE"),
        text("WORK_BASKET"),
    ),
)

WORK_ITEM = view(
    "WORK_ITEM",
    (
        identifier("WIID", "_WI"),
        text("OWNER_ID"),
        text("GROUP_NAME"),
        flag("EVERYBODY"),
        symbol("REASON", REASONS),
        moment("CREATION_TIME"),
        identifier("OBJECT_ID"),
        symbol("OBJECT_TYPE", OBJECT_TYPES),
    ),
    is_many=True,
    other_name="WI",
)

TASK_CPROP = view(
    "TASK_CPROP",
    (identifier("TKIID", "_TKI"), text("NAME"), text("DATA_TYPE"), text("STRING_VALUE")),
    is_many=True,
)
TASK_DESC = view("TASK_DESC", (identifier("TKIID", "_TKI"), text("LOCALE"), text("DESCRIPTION"), text("DISPLAY_NAME")))

TASK_TEMPL = view(
    "TASK_TEMPL",
    (
        identifier("TKTID", "_TKT"),
        moment("VALID_FROM"),
        identifier("APPLIC_DEFAULTS_ID"),
        text("APPLIC_NAME"),
        symbol("ASSIGNMENT_TYPE", ASSIGNMENT_TYPES),
        symbol("AUTONOMY", AUTONOMIES),
        flag("BUSINESS_RELEVANCE"),
        identifier("CONTAINMENT_CTX_ID"),
        symbol("CTX_AUTHORIZATION", AUTHORIZATIONS),
        *CUSTOM_TEXTS,
        text("DEFINITION_NAME"),
        text("DEFINITION_NS"),
        symbol("INHERITED_AUTH", INHERITED),
        flag("IS_AD_HOC"),
        flag("IS_INLINE"),
        symbol("KIND", KINDS),
        text("NAME"),
        text("NAMESPACE"),
        number("PRIORITY"),
        symbol("STATE", TEMPLATE_STATES),
        *_capabilities(),
        text("TYPE"),
        text("WORK_BASKET"),
    ),
)
TASK_TEMPL_CPROP = view(
    "TASK_TEMPL_CPROP",
    (identifier("TKTID", "_TKT"), text("NAME"), text("DATA_TYPE"), text("STRING_VALUE")),
    is_many=True,
)
TASK_TEMPL_DESC = view(
    "TASK_TEMPL_DESC", (identifier("TKTID", "_TKT"), text("LOCALE"), text("DESCRIPTION"), text("DISPLAY_NAME"))
)

LOCALE = "default"
"""The one locale that texts have here."""
PROPERTY_TYPE = "java.lang.String"
"""The type of a custom property that is text."""
