"""Roles on the wire: the vendor's symbols, and who holds one (page, 8)."""

import re
from enum import StrEnum

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.domain.work_item import Role

REASON = "REASON_"
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Reason(StrEnum):
    """The reason of a work item: why a user sees a task."""

    POTENTIAL_OWNER = "POTENTIAL_OWNER"
    EDITOR = "EDITOR"
    READER = "READER"
    OWNER = "OWNER"
    POTENTIAL_STARTER = "POTENTIAL_STARTER"
    STARTER = "STARTER"
    ADMINISTRATOR = "ADMINISTRATOR"
    ORIGINATOR = "ORIGINATOR"
    ESCALATION_RECEIVER = "ESCALATION_RECEIVER"
    POTENTIAL_INSTANCE_CREATOR = "POTENTIAL_INSTANCE_CREATOR"


ITEMS: dict[Reason, Role] = {
    Reason.POTENTIAL_OWNER: Role.POTENTIAL_OWNER,
    Reason.EDITOR: Role.EDITOR,
    Reason.READER: Role.READER,
    Reason.POTENTIAL_STARTER: Role.POTENTIAL_STARTER,
    Reason.ADMINISTRATOR: Role.ADMINISTRATOR,
    Reason.ESCALATION_RECEIVER: Role.ESCALATION_RECEIVER,
}
"""Roles that are work items in the core."""
GIVEN = frozenset(ITEMS) - {Reason.ESCALATION_RECEIVER}
"""Those of them that users give: an escalation alone makes its receivers."""

FIELDS: dict[Reason, str] = {
    Reason.OWNER: "assignee",
    Reason.STARTER: "starter",
    Reason.ORIGINATOR: "creator",
}
"""Roles of a single user, which are fields of the task."""

REASONS: dict[Role, Reason] = {role: reason for reason, role in ITEMS.items()}


def parse(text: str) -> Reason:
    """`REASON_POTENTIAL_OWNER`, `POTENTIAL_OWNER` or `potentialOwner`. Invalid (`bad_role`) for all else."""
    word = _HUMP.sub("_", text.removeprefix(REASON)).upper()
    if word not in Reason.__members__:
        raise refusals.bad_role(text)
    return Reason[word]


def symbol(reason: Reason) -> str:
    """As history entries and work items spell it."""
    return f"{REASON}{reason}"


def result_set(users: list[str] | None, groups: list[str]) -> dict[str, object]:
    """Who holds a role: logins and names of groups in order; `users` None is everybody."""
    if users is None:
        return {"resultType": "RESULT_TYPE_EVERYBODY"}
    shown: dict[str, object] = {"resultType": _TYPES[bool(users), bool(groups)]}
    if users:
        shown["userIDs"] = sorted(users)
    if groups:
        shown["groupIDs"] = sorted(groups)
    return shown


_TYPES = {
    (False, False): "RESULT_TYPE_NOBODY",
    (True, False): "RESULT_TYPE_USERIDS",
    (False, True): "RESULT_TYPE_GROUPIDS",
    (True, True): "RESULT_TYPE_USERIDS_AND_GROUPIDS",
}
