"""A template as rows of the views TASK_TEMPL, TASK_TEMPL_CPROP and TASK_TEMPL_DESC (page 2, F)."""

from dragoman.dialects.ibm_htm.wire import ids
from dragoman.dialects.ibm_htm.wire.expressions import views
from dragoman.dialects.ibm_htm.wire.expressions.columns import Comparable
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import Rows
from dragoman.dialects.ibm_htm.wire.templates import details
from dragoman.domain.clock import whole_seconds
from dragoman.domain.template import Template

MEMBERS = {
    "TKTID": "tktid",
    "BUSINESS_RELEVANCE": "businessRelevance",
    "DEFINITION_NAME": "definitionName",
    "DEFINITION_NS": "namespace",
    "IS_AD_HOC": "isAdHoc",
    "IS_INLINE": "isInline",
    "NAME": "name",
    "NAMESPACE": "namespace",
    "PRIORITY": "priority",
    "SUPPORT_AUTOCLAIM": "supportsAutomaticClaim",
    "SUPPORT_CLAIM_SUSP": "supportsClaimIfSuspended",
    "SUPPORT_DELEGATION": "supportsDelegation",
    "SUPPORT_FOLLOW_ON": "supportsFollowOnTasks",
    "SUPPORT_SUB_TASK": "supportsSubTasks",
    "TYPE": "type",
}
"""Columns that are members of the details as they stand."""
SYMBOLS = {
    "ASSIGNMENT_TYPE": "assignmentType",
    "AUTONOMY": "autonomy",
    "CTX_AUTHORIZATION": "contextAuthorizationOfOwner",
    "KIND": "kind",
    "STATE": "state",
}


def rows(template: Template) -> Rows:
    """Its rows by the names of the views. A template without properties has no row of them."""
    shown = details(template)
    tktid = ids.template_id(template.uid)
    own: dict[str, Comparable] = {column: shown.get(member) for column, member in MEMBERS.items()}
    own |= {column: views.TASK_TEMPL.columns[column].codes[shown[member]] for column, member in SYMBOLS.items()}
    own |= {"VALID_FROM": whole_seconds(template.valid_from), "INHERITED_AUTH": views.INHERITED["INHERITED_AUTH_NONE"]}
    described: dict[str, Comparable] = {
        "TKTID": tktid,
        "LOCALE": views.LOCALE,
        "DESCRIPTION": template.description,
        "DISPLAY_NAME": template.display_name or template.name,
    }
    properties = [
        {"TKTID": tktid, "NAME": name, "DATA_TYPE": views.PROPERTY_TYPE, "STRING_VALUE": value}
        for name, value in sorted(template.properties.items())
    ]
    return {"TASK_TEMPL": [own], "TASK_TEMPL_DESC": [described], "TASK_TEMPL_CPROP": properties}
