"""The query table TASK (page, 9.2): its attributes, each with its type, the member of a task's details that it is,
and what a list is sorted by for it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire.tasks import Shown
from dragoman.domain.search import MOST_TERMS, MOST_VALUES
from dragoman.domain.task import Task
from dragoman.usecases.tasks.lists import STATE_CODES, Sort, SortKey

TABLE = "TASK"
KEY = "TKIID"
KEY_SOURCE = f"{TABLE}.{KEY}"


class Attribute(msgspec.Struct, frozen=True):
    """One column. `sort` None: its value follows from the details, no column holds it."""

    name: str
    type: str
    member: str = ""
    sort: SortKey | None = None

    @property
    def source(self) -> str:
        """Its source, as `attributeInfo` shows it."""
        return f"{TABLE}.{self.name}"

    def info(self) -> dict[str, Any]:
        """An entry of `attributeInfo`."""
        return {"name": self.name, "type": self.type, "isArray": False, "sourceAttribute": self.source}


ID, STRING, NUMBER, BOOLEAN, TIMESTAMP = "ID", "STRING", "NUMBER", "BOOLEAN", "TIMESTAMP"

ATTRIBUTES: dict[str, Attribute] = {
    attribute.name: attribute
    for attribute in (
        Attribute("TKIID", ID, "tkiid", "uid"),
        Attribute("ACTIVATED", TIMESTAMP, "activationTime", "activated"),
        Attribute("APPLIC_DEFAULTS_ID", ID, "applicationDefaultsID"),
        Attribute("APPLIC_NAME", STRING, "applicationName"),
        # Symbols are texts for a client that reads them, although the vendor's tables hold their codes.
        Attribute("ASSIGNMENT_TYPE", STRING, "assignmentType"),
        Attribute("BUSINESS_RELEVANCE", BOOLEAN, "businessRelevance"),
        Attribute("COMPLETED", TIMESTAMP, "completionTime", "completed"),
        Attribute("CONTAINMENT_CTX_ID", ID, "containmentContextID"),
        Attribute("CTX_AUTHORIZATION", STRING, "contextAuthorizationOfOwner"),
        *(Attribute(f"CUSTOM_TEXT{number}", STRING, f"customText{number}") for number in range(1, 9)),
        Attribute("DUE", TIMESTAMP, "dueTime", "due"),
        Attribute("EXPIRES", TIMESTAMP, "expirationTime", "expires"),
        Attribute("FIRST_ACTIVATED", TIMESTAMP, "firstActivationTime", "first_activated"),
        Attribute("FOLLOW_ON_TKIID", ID, "followOnTaskID"),
        Attribute("HIERARCHY_POSITION", STRING, "positionInHierarchy"),
        Attribute("INHERITED_AUTH", STRING, "inheritedAuthorization"),
        Attribute("IS_AD_HOC", BOOLEAN, "isAdHoc"),
        Attribute("IS_CHILD", BOOLEAN, "isChild"),
        Attribute("IS_ESCALATED", BOOLEAN, "isEscalated", "escalated"),
        Attribute("IS_INLINE", BOOLEAN, "isInline"),
        Attribute("IS_READ", BOOLEAN, "isRead", "read"),
        Attribute("IS_TRANSFERRED_TO_WORK_BASKET", BOOLEAN, "isTransferredToWorkBasket"),
        Attribute("INVOKED_INSTANCE_ID", ID, "invokedInstanceID"),
        Attribute("INVOKED_INSTANCE_TYPE", STRING, "invokedInstanceType"),
        Attribute("IS_WAIT_FOR_SUB_TK", BOOLEAN, "isWaitingForSubTask", "waiting"),
        Attribute("KIND", STRING, "kind"),
        Attribute("LAST_MODIFIED", TIMESTAMP, "lastModificationTime", "modified"),
        Attribute("LAST_STATE_CHANGE", TIMESTAMP, "lastStateChangeTime", "state_changed"),
        Attribute("NAME", STRING, "name", "name"),
        Attribute("NAME_SPACE", STRING, "namespace"),
        Attribute("ORIGINATOR", STRING, "originator", "creator_login"),
        Attribute("OWNER", STRING, "owner", "assignee_login"),
        Attribute("PARENT_CONTEXT_ID", ID, "parentContextID"),
        Attribute("PRIORITY", NUMBER, "priority", "priority"),
        Attribute("RESUMES", TIMESTAMP, "resumptionTime", "resumes"),
        Attribute("STARTED", TIMESTAMP, "startTime", "started"),
        Attribute("STARTER", STRING, "starter", "starter_login"),
        Attribute("STATE", STRING, "state", "state_code"),
        Attribute("SUPPORT_AUTOCLAIM", BOOLEAN, "supportsAutomaticClaim"),
        Attribute("SUPPORT_CLAIM_SUSP", BOOLEAN, "supportsClaimIfSuspended"),
        Attribute("SUPPORT_DELEGATION", BOOLEAN, "supportsDelegation"),
        Attribute("SUPPORT_FOLLOW_ON", BOOLEAN, "supportsFollowOnTasks"),
        Attribute("SUPPORT_SUB_TASK", BOOLEAN, "supportsSubTasks"),
        Attribute("SUSPENDED", BOOLEAN, "isSuspended", "suspended"),
        Attribute("TKTID", ID, "taskTemplateID", "template"),
        Attribute("TOP_TKIID", ID, "topLevelTaskID"),
        Attribute("TYPE", STRING, "type", "type"),
        Attribute("WORK_BASKET", STRING, "workBasketName"),
    )
}
"""The columns of the page. What stays empty here (applications, follow-on tasks, invoked instances) is left out."""

KIND: Shown = {
    "kind": "PREDEFINED",
    "authorizationType": "INSTANCE_BASED",
    "entityTypeName": TABLE,
    "keyAttribute": KEY_SOURCE,
}
"""What sort of table it is."""
KINDS = ("PREDEFINED", "SUPPLEMENTAL", "COMPOSITE")
AUTHORIZATION_TYPES = ("NONE", "INSTANCE_BASED", "ROLE_BASED")

ALWAYS: Shown = {"inheritedAuthorization": "INHERITED_AUTH_NONE"}
"""What the details of a task don't show, since it is the same for all: no work item comes from a parent."""


class Order(msgspec.Struct, frozen=True):
    """One entry of `sortAttributes`."""

    attribute: Attribute
    descending: bool = False


def parse_attributes(text: str | None) -> tuple[Attribute, ...]:
    """`selectedAttributes`; none is all of them. Invalid for what the table doesn't have."""
    if not (text or "").strip():
        return tuple(ATTRIBUTES.values())
    names = str(text).split(",")
    if len(names) > MOST_VALUES:
        raise refusals.too_many_terms("selectedAttributes", MOST_VALUES)
    return tuple(dict.fromkeys(map(_attribute, names)))


def parse_orders(text: str | None) -> tuple[Order, ...]:
    """`sortAttributes`: names, each perhaps with ASC or DESC behind it."""
    if not (text or "").strip():
        return ()
    parts = str(text).split(",")
    if len(parts) > MOST_TERMS:
        raise refusals.too_many_terms("sortAttributes", MOST_TERMS)
    by_attribute: dict[str, Order] = {}
    for order in map(_order, parts):
        by_attribute.setdefault(order.attribute.name, order)  # sorting by it once more changes nothing
    return tuple(by_attribute.values())


def sorts_of(orders: Iterable[Order]) -> tuple[Sort, ...] | None:
    """What the store sorts by, or None when it doesn't hold all of it."""
    sorts: list[Sort] = []
    for order in orders:
        if order.attribute.sort is None:
            return None
        sorts.append(Sort(order.attribute.sort, order.descending))
    return tuple(sorts)


def value(attribute: Attribute, details: Shown) -> Any:
    """The attribute of a task with these details; None when it has none."""
    return details.get(attribute.member, ALWAYS.get(attribute.member))


def sort_key(attribute: Attribute, details: Shown, task: Task) -> tuple[bool, Any]:
    """What a task is sorted by where the store doesn't hold the attribute: as the store does, what has none last."""
    held = STATE_CODES[task.state] if attribute.name == "STATE" else value(attribute, details)
    return held is None, "" if held is None else held


def item(attributes: Iterable[Attribute], details: Shown) -> Shown:
    """An entry of `items`: the attributes by their names, the key under that of its source as well."""
    found = {attribute.name: value(attribute, details) for attribute in attributes}
    shown = {name: held for name, held in found.items() if held is not None}
    return shown | {KEY_SOURCE: details["tkiid"]}


def _attribute(name: str) -> Attribute:
    found = ATTRIBUTES.get(name.strip().upper())
    if found is None:
        raise refusals.bad_attribute(name.strip(), TABLE)
    return found


def _order(text: str) -> Order:
    name, _, direction = text.strip().partition(" ")
    attribute, word = _attribute(name), direction.strip().upper()
    if word not in ("", "ASC", "DESC"):
        raise refusals.bad_operator(direction.strip())
    return Order(attribute, word == "DESC")
