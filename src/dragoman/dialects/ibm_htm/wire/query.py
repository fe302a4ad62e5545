"""The query table TASK (page, 9.2): the member of a task's details that each attribute shows."""

from collections.abc import Iterable
from typing import Any

from dragoman.dialects.ibm_htm.wire.expressions.tables import QueryTable
from dragoman.dialects.ibm_htm.wire.expressions.views import TASK, WORK_ITEM
from dragoman.dialects.ibm_htm.wire.tasks import Shown

TABLE = QueryTable(TASK, "TKIID", display_name="Tasks", rows=WORK_ITEM)

MEMBERS: dict[str, str] = {
    "TKIID": "tkiid",
    "ACTIVATED": "activationTime",
    "APPLIC_DEFAULTS_ID": "applicationDefaultsID",
    "APPLIC_NAME": "applicationName",
    "ASSIGNMENT_TYPE": "assignmentType",
    "BUSINESS_RELEVANCE": "businessRelevance",
    "COMPLETED": "completionTime",
    "CONTAINMENT_CTX_ID": "containmentContextID",
    "CTX_AUTHORIZATION": "contextAuthorizationOfOwner",
    **{f"CUSTOM_TEXT{number}": f"customText{number}" for number in range(1, 9)},
    "DUE": "dueTime",
    "EXPIRES": "expirationTime",
    "FIRST_ACTIVATED": "firstActivationTime",
    "FOLLOW_ON_TKIID": "followOnTaskID",
    "HIERARCHY_POSITION": "positionInHierarchy",
    "INHERITED_AUTH": "inheritedAuthorization",
    "IS_AD_HOC": "isAdHoc",
    "IS_CHILD": "isChild",
    "IS_ESCALATED": "isEscalated",
    "IS_INLINE": "isInline",
    "IS_READ": "isRead",
    "IS_TRANSFERRED_TO_WORK_BASKET": "isTransferredToWorkBasket",
    "INVOKED_INSTANCE_ID": "invokedInstanceID",
    "INVOKED_INSTANCE_TYPE": "invokedInstanceType",
    "IS_WAIT_FOR_SUB_TK": "isWaitingForSubTask",
    "KIND": "kind",
    "LAST_MODIFIED": "lastModificationTime",
    "LAST_STATE_CHANGE": "lastStateChangeTime",
    "NAME": "name",
    "NAME_SPACE": "namespace",
    "ORIGINATOR": "originator",
    "OWNER": "owner",
    "PARENT_CONTEXT_ID": "parentContextID",
    "PRIORITY": "priority",
    "RESUMES": "resumptionTime",
    "STARTED": "startTime",
    "STARTER": "starter",
    "STATE": "state",
    "SUPPORT_AUTOCLAIM": "supportsAutomaticClaim",
    "SUPPORT_CLAIM_SUSP": "supportsClaimIfSuspended",
    "SUPPORT_DELEGATION": "supportsDelegation",
    "SUPPORT_FOLLOW_ON": "supportsFollowOnTasks",
    "SUPPORT_SUB_TASK": "supportsSubTasks",
    "SUSPENDED": "isSuspended",
    "TKTID": "taskTemplateID",
    "TOP_TKIID": "topLevelTaskID",
    "TYPE": "type",
    "WORK_BASKET": "workBasketName",
}

ALWAYS: Shown = {"inheritedAuthorization": "INHERITED_AUTH_NONE"}
"""What the details of a task don't show, since it is the same for all: no work item comes from a parent."""


def values(details: Shown, names: Iterable[str] = MEMBERS) -> dict[str, Any]:
    """What is shown of a task with these details, by attribute; those that it doesn't have as None."""
    return {name: details.get(MEMBERS[name], ALWAYS.get(MEMBERS[name])) for name in names}
