"""A tenant with something of each kind in it, and the ids that each dialect has for it: what a generator of requests
must know to get beyond "not found"."""

from collections.abc import Mapping
from typing import Any

from tests.dialects.exchange import at_pointer
from tests.support.given import BATCHES, DIDS, HTM, batch_in_review, claimed_task, htm_ready
from tests.support.tenant import PASSWORD, Tenant

FOLDERS = {"file_sid": "/core/v2/storage/files"}
CRM, GENESYS = "/api/2.0/crm", "/genesys/1/cs"

Ids = dict[str, list[object]]
"""Name of a path's variable, or of a case's placeholder -> values that mean something here."""


def stock(tenant: Tenant, dialect: str) -> Ids:
    """Fill the tenant; the ids as this dialect spells them. A dialect of which nothing stands here has one task."""
    return _STOCKS.get(dialect, _one_task)(tenant)


def known(tenant: Tenant, ids: Mapping[str, list[object]], name: str) -> object:
    """What stands for a placeholder: somebody of the tenant, or something in it."""
    kind, _, argument = name.partition(":")
    if kind == "login":
        return tenant.login(argument)
    if kind in ("password", "token", "basic"):
        return PASSWORD
    if kind in ("uid", "number") and argument:
        return tenant.native("GET", "/v1/users/me", person=argument)["id" if kind == "uid" else "number"]
    return ids.get(name.partition(".")[0], ids.get("", [1]))[0]


def _one_task(tenant: Tenant) -> Ids:
    number = tenant.native("POST", "/v1/tasks", {"title": "One"})["number"]
    return {"id": [number], "": [number]}


def _carrierx(tenant: Tenant) -> Ids:
    world = batch_in_review(tenant)
    order = {"method": "PATCH", "type": "phonenumber", "field": "phonenumber"}
    work = {"entries": ["12025550102"], "data": {"name": "back door"}}
    other = tenant.native("POST", BATCHES, order | work)
    folder = {kind: tenant.native("POST", path, {"name": "one"}) for kind, path in FOLDERS.items()}
    third = tenant.native("POST", DIDS, {"phonenumber": "12025550103"})
    dids: list[object] = [world["first"]["did_sid"], world["second"]["did_sid"], third["did_sid"]]
    tasks: list[object] = [world["batch"]["task_sid"], other["task_sid"]]
    own: list[object] = [tenant.native("POST", "/v1/tasks", {"title": "Mine"})["id"]]
    files = {kind: [made[kind]] for kind, made in folder.items()}
    return {"did_sid": dids, "first": dids, "second": dids[1:], "task_sid": tasks, "batch": tasks, "": own, **files}


def _genesys(tenant: Tenant) -> Ids:
    declared = {
        "name": "Notes",
        "type": "single-valued",
        "attributes": [{"name": "note", "type": "string", "mandatory": "false"}],
    }
    for kind in ("services", "states", "tasks"):
        tenant.native("POST", f"{GENESYS}/metadata/{kind}/extensions", declared)
    service = tenant.native("POST", f"{GENESYS}/services/start", {"contact_key": "key", "service_type": "Repair"})
    sid = service["service_id"]
    state = tenant.native("POST", f"{GENESYS}/services/{sid}/states/start", {"state_type": "Workshop"})
    task = tenant.native("POST", f"{GENESYS}/services/{sid}/tasks/start", {"task_type": "Inspect"})
    states, tasks = [state["state_id"]], [task["task_id"]]
    names: list[object] = ["Notes", "Free"]
    return {
        "sid": [sid], "stid": states, "state": states, "tid": tasks, "": tasks, "ext": names, "contact_key": ["key"],
        "cid": ["1"],
    }  # fmt: skip


def _htm(tenant: Tenant) -> Ids:
    world = htm_ready(tenant)
    headers = {"Authorization": tenant.basic("paul")}
    claimed = tenant.native("POST", f"{HTM}/task?taskTemplateID={world['review']}&mode=async", {}, person="olga")
    assert tenant.server.call("PUT", f"{HTM}/task/{claimed['tkiid']}?action=claim", headers=headers).status == 200
    tasks: list[object] = [world["tkiid"], claimed["tkiid"]]
    templates = {name: [world[name]] for name in ("review", "archive", "stopped", "call", "closed", "later")}
    roles: list[object] = ["owner", "potentialOwner", "reader", "editor", "administrator", "starter", "originator"]
    return {
        "tkiid": tasks, "": tasks, "tktid": [world["review"], world["archive"]], "query": ["TASK"], "role": roles,
        **templates,
    }  # fmt: skip


def _crm(tenant: Tenant) -> Ids:
    task = claimed_task(tenant)["task"]
    category = tenant.native("POST", "/v1/categories", {"title": "Repair"})["number"]
    made: dict[str, Any] = {
        "contact": {"firstName": "Ada", "lastName": "Byron"},
        "case": {"title": "The case"},
        "opportunity": {"title": "The fair", "stageid": 1, "responsibleid": task["assignee"], "bidCurrencyAbbr": "EUR"},
    }
    paths = {"contact": "/contact/person", "case": "/case", "opportunity": "/opportunity"}
    numbers = {kind: at_pointer(tenant.native("POST", CRM + paths[kind], made[kind]), "/response/id") for kind in made}
    everything = sorted({task["number"], category, *numbers.values()})
    return {
        "taskid": [task["number"]], "categoryid": [category], "contactid": [numbers["contact"]], "id": everything,
        "userid": [task["assignee"]], "": [task["number"]],
    }  # fmt: skip


_STOCKS = {"carrierx_batch": _carrierx, "genesys": _genesys, "ibm_htm": _htm, "onlyoffice_crm": _crm}
