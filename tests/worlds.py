"""Named beginnings for cases: what there is before the first step. Each gives what the case may speak of."""

from collections.abc import Callable
from typing import Any

from dragoman.dialects.ibm_htm.wire.ids import task_id
from tests.tenant import Tenant

World = Callable[[Tenant], dict[str, Any]]


def task(tenant: Tenant) -> dict[str, Any]:
    """An open task: `{task.id}`, `{task.number}`, `{task.title}`."""
    return {"task": tenant.native("POST", "/v1/tasks", {"title": "Call the printer", "priority": 3})}


def claimed_task(tenant: Tenant) -> dict[str, Any]:
    """The same, claimed by anna."""
    made = task(tenant)["task"]
    return {"task": tenant.native("POST", f"/v1/tasks/{made['id']}/claim")}


def htm_task(tenant: Tenant) -> dict[str, Any]:
    """The same task as IBM clients name it, too: `{task.tkiid}`, and `{task.escaped}` with its colon escaped."""
    made = task(tenant)["task"]
    tkiid = task_id(made["id"])
    return {"task": made | {"tkiid": tkiid, "escaped": tkiid.replace(":", "%3A")}}


WORLDS: dict[str, World] = {world.__name__: world for world in (task, claimed_task, htm_task)}
