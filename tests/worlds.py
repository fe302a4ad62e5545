"""Named beginnings for cases: what there is before the first step. Each gives what the case may speak of."""

import time
from collections.abc import Callable
from typing import Any

from dragoman.dialects.ibm_htm.wire.ids import task_id
from tests.tenant import Tenant

World = Callable[[Tenant], dict[str, Any]]

DIDS, BATCHES = "/core/v2/phonenumber/dids", "/core/v2/batch/tasks"
PATIENCE_SECONDS = 10.0


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


def numbers(tenant: Tenant) -> dict[str, Any]:
    """The phone numbers 12025550101 and 12025550102: `{first.did_sid}`, `{second.did_sid}`."""
    made = [tenant.native("POST", DIDS, {"phonenumber": number}) for number in ("12025550101", "12025550102")]
    return {"first": made[0], "second": made[1]}


def batch_in_review(tenant: Tenant) -> dict[str, Any]:
    """The numbers, and a batch that would change the first of them, once it waits: `{batch.task_sid}`."""
    order = {"method": "PATCH", "type": "phonenumber", "field": "phonenumber"}
    work = {"entries": ["12025550101"], "data": {"name": "front desk"}}
    world = numbers(tenant)
    batch = tenant.native("POST", BATCHES, order | work)
    until = time.monotonic() + PATIENCE_SECONDS
    while batch["status"] != "pending_review":
        assert time.monotonic() < until, batch
        time.sleep(0.01)
        batch = tenant.native("GET", f"{BATCHES}/{batch['task_sid']}")
    return world | {"batch": batch}


WORLDS: dict[str, World] = {world.__name__: world for world in (task, claimed_task, htm_task, numbers, batch_in_review)}
