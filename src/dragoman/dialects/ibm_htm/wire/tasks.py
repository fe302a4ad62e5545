"""A task as this vendor shows it (page, 3). What is absent is left out, never null; times are whole seconds."""

from typing import Any

from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.dialects.ibm_htm.wire import custom, durations, ids, times
from dragoman.dialects.ibm_htm.wire.facts import FLAGS, fact, kind_of
from dragoman.dialects.ibm_htm.wire.words import KINDS, STATES
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain import timing
from dragoman.domain.task import State, Task
from dragoman.domain.template import Template

JSON = "application/json"
Shown = dict[str, Any]


def render_task(seen: TaskView, request: Request) -> Reply:
    """The details of a task, bare."""
    return Reply(200, json.encode(details(seen)), JSON)


def details(seen: TaskView) -> Shown:
    """All that is known of a task."""
    task = seen.task
    shown: Shown = {"tkiid": ids.task_id(task.uid), **_of_template(seen.template)}
    shown |= {
        "name": name(task),
        "namespace": fact(task, "namespace"),
        "type": seen.type,
        "displayName": display_name(task),
        "description": task.description,
        "kind": KINDS[kind_of(task)],
        "state": STATES[task.state],
        "priority": task.priority or 0,
        "owner": seen.owner,
        "originator": seen.originator,
        "starter": seen.starter,
    }
    shown |= _times(task) | _marks(task) | _hierarchy(seen) | _capabilities(task)
    shown["customProperties"] = custom.shown(task)
    if task.binaries:
        shown["binaryCustomPropertiesMetadata"] = {name: head.type for name, head in task.binaries.items()}
    return {member: value for member, value in shown.items() if value is not None}


def name(task: Task) -> str | None:
    """The name; of a task that another dialect made, its title (page, 17)."""
    return task.title if task.name is None else task.name


def display_name(task: Task) -> str | None:
    """The title, falling back to the name (page, 17)."""
    return task.name if task.title is None else task.title


def _of_template(template: Template | None) -> Shown:
    if template is None:
        return {"isAdHoc": True}
    shown = ids.template_id(template.uid)
    return {
        "taskTemplateID": shown,
        "tktid": shown,
        "taskTemplateName": template.name,
        "isAdHoc": False,
        "clientTypes": sorted(template.client_settings) or None,
        "autoDeletionMode": AUTO_DELETION[template.timing.get(timing.KEPT) == timing.UNLESS_COMPLETED],
        "inputMessageTypeName": message_type(template, template.input_name),
        "outputMessageTypeName": None if template.is_one_way else message_type(template, template.output_name),
    }


AUTO_DELETION = {False: "AUTO_DELETE_ON_COMPLETION", True: "AUTO_DELETE_ON_SUCCESSFUL_COMPLETION"}


def message_type(template: Template, element: str | None) -> str | None:
    """The QName of a message's element, `{namespace}name`."""
    return None if element is None else f"{{{template.namespace or ''}}}{element}"


def _times(task: Task) -> Shown:
    running = task.state is State.RUNNING or kind_of(task) == "originating"
    found = {
        "activationTime": task.activated_at,
        "firstActivationTime": task.first_activated_at,
        "startTime": task.activated_at if running else task.claimed_at,
        "completionTime": task.completed_at,
        "lastModificationTime": task.modified_at,
        "lastStateChangeTime": task.created_at if task.state_changed_at is None else task.state_changed_at,
        "dueTime": task.due_at,
        "expirationTime": task.expires_at,
        "deletionTime": task.delete_at,
        "resumptionTime": task.resume_at if task.suspended else None,
    }
    shown: Shown = {member: times.render(moment) for member, moment in found.items() if moment is not None}
    shown["durationUntilDue"] = durations.until_due(task)
    shown["durationUntilExpires"] = durations.until_expires(task)
    shown["durationUntilDeleted"] = durations.until_deleted(task)
    return shown


def _marks(task: Task) -> Shown:
    return {
        "isSuspended": task.suspended,
        "isEscalated": task.escalated,
        "isWaitingForSubTask": task.is_waiting,
        "isRead": task.read,
        "isInline": False,
        "isChild": False,
        "isTransferredToWorkBasket": fact(task, "isTransferredToWorkBasket"),
    }


def _capabilities(task: Task) -> Shown:
    shown: Shown = {flag: fact(task, flag) for flag in FLAGS}
    shown["isBusinessRelevant"] = shown["businessRelevance"]
    for member in ("contextAuthorizationOfOwner", "eventHandlerName"):
        shown[member] = fact(task, member)
    shown["workBasketName"] = task.work_list
    shown["assignmentType"] = "ASSIGNMENT_TYPE_SINGLE"
    return shown


def _hierarchy(seen: TaskView) -> Shown:
    is_part = seen.task.parent is not None
    return {
        "positionInHierarchy": "HIERARCHY_POSITION_SUB_TASK" if is_part else "HIERARCHY_POSITION_TOP_TASK",
        "parentContextID": seen.parent_context,
        "topLevelTaskID": seen.top,
    }
