"""A template as this vendor shows it (page, 10): what a task takes from it, and when tasks can be made."""

from typing import Any

from dragoman.dialects.ibm_htm.wire import ids, times
from dragoman.dialects.ibm_htm.wire.facts import BEGINNINGS, FLAGS
from dragoman.dialects.ibm_htm.wire.tasks import AUTO_DELETION, message_type
from dragoman.dialects.ibm_htm.wire.words import KINDS
from dragoman.domain import timing
from dragoman.domain.template import Template

AUTONOMY = {
    "human": "AUTONOMY_NOT_APPLICABLE",
    "originating": "AUTONOMY_PEER",
    "participating": "AUTONOMY_PEER",
    "administrative": "AUTONOMY_NOT_APPLICABLE",
}
"""Of a process that starts the task; ours all stand alone."""


def details(template: Template) -> dict[str, Any]:
    """All that is known of a version. What is absent is left out."""
    shown = ids.template_id(template.uid)
    found: dict[str, Any] = {
        "tktid": shown,
        "taskTemplateID": shown,
        "name": template.name,
        "namespace": template.namespace,
        "definitionName": template.name,
        "displayName": template.display_name or template.name,
        "description": template.description,
        "type": template.type,
        "kind": KINDS[template.kind],
        "state": "STATE_STOPPED" if template.is_stopped else "STATE_STARTED",
        "priority": template.priority or 0,
        "autonomy": AUTONOMY[template.kind],
        "validFromTime": times.render(template.valid_from),
        "durationUntilDue": template.timing.get(timing.DUE),
        "durationUntilExpires": template.timing.get(timing.EXPIRES),
        "durationUntilDeleted": template.timing.get(timing.DELETED),
        "autoDeletionMode": AUTO_DELETION[template.timing.get(timing.KEPT) == timing.UNLESS_COMPLETED],
        "isAdHoc": False,
        "isInline": False,
        "contextAuthorizationOfOwner": BEGINNINGS["contextAuthorizationOfOwner"],
        "assignmentType": "ASSIGNMENT_TYPE_SINGLE",
        "inputMessageTypeName": message_type(template, template.input_name),
        "outputMessageTypeName": None if template.is_one_way else message_type(template, template.output_name),
        "customProperties": template.properties,
        "clientTypes": sorted(template.client_settings) or None,
    }
    found |= {name: template.flags.get(name, value) for name, value in FLAGS.items()}
    return {name: value for name, value in found.items() if value is not None}
