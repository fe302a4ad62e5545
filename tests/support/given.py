"""Named beginnings for cases: what there is before the first step. Each gives what the case may speak of."""

import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dragoman.dialects.ibm_htm.wire.ids import escalation_id, parse_task, task_id
from tests.support.tenant import Tenant

Given = Callable[[Tenant], dict[str, Any]]

HTM = "/rest/bpm/htm/v1"
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


def htm_fixture(tenant: Tenant) -> dict[str, Any]:
    """The templates of the conformance fixture with the people that they name: `{review}`, `{archive}`, `{escalated}`;
    `{stopped}`, which is like the first but takes no new tasks, `{call}`, an invocation, `{closed}`, which only olga
    may use, `{later}`, which holds from 9000, `{dojo}` with settings of clients, `{watched}` with escalations."""
    fixture = (resources.files("dragoman.cli") / "conformance.toml").read_text()
    for person in ("paul", "petra", "ed", "rita", "adam"):
        fixture = fixture.replace(f'"{person}"', f'"{tenant.login(person)}"')
    more = HTM_TEMPLATES
    for person in ("olga", "paul", "rita", "adam", "nina"):
        more = more.replace(f"{{{person}}}", tenant.login(person))
    with TemporaryDirectory() as folder:
        for name, content in HTM_FILES.items():
            (Path(folder) / name).write_text(content)
        file = Path(folder) / "templates.toml"
        file.write_text(fixture + more)
        tenant.command("template", "load", str(file), "--tenant", tenant.name)
    of_fixture = {
        name: f"_TKT:801a0001.1.1.{number}" for number, name in enumerate(("review", "archive", "escalated"), 1)
    }
    others = ("stopped", "call", "closed", "later", "dojo", "watched")
    return of_fixture | {name: f"_TKT:801a0002.1.1.{number}" for number, name in enumerate(others, 1)}


HTM_FILES = {"review.html": "<p>Review</p>", "review.xfdl": "<XFDL/>"}
HTM_TEMPLATES = """
[[template]]
tktid = "_TKT:801a0002.1.1.1"
name = "Old"
stopped = true

[[template]]
tktid = "_TKT:801a0002.1.1.2"
name = "Call"
kind = "originating"
input = "order"

[[template]]
tktid = "_TKT:801a0002.1.1.3"
name = "Closed"
namespace = "http://example.com/tasks"
kind = "participating"
display_name = "Behind doors"
description = "For few"
type = "secret"
input = "order"
output = "answer"
faults = ["Refused", "Lost"]
valid_from = 2020-01-01T00:00:00+02:00
[template.roles]
potential_creator = ["{olga}"]
potential_starter = ["{paul}"]
[template.durations]
due = "2days 3hours"
expires = "P14D"
deleted = "1week"
deleted_after = "success"
[template.supports]
delegation = false
sub_tasks = false
[template.properties]
region = "north"

[[template]]
tktid = "_TKT:801a0002.1.1.4"
name = "Later"
valid_from = 9000-01-01

[[template]]
tktid = "_TKT:801a0002.1.1.5"
name = "Dojo"
[template.client_settings."Dojo"]
page = "review.html"
form = { file = "review.html" }
data = { file = "review.xfdl" }
[template.client_settings."Lotus Forms"]
form = { file = "review.xfdl" }

[[template]]
tktid = "_TKT:801a0002.1.1.6"
name = "Watched"
priority = 5
[template.roles]
potential_owner = ["{paul}"]
reader = ["{rita}"]
administrator = ["{adam}"]
[[template.escalation]]
name = "Late"
after = "1day"
increase_priority = "once"
receivers = ["{nina}"]
[[template.escalation]]
name = "Very late"
after = "P2D"
action = "send_email"
[[template.escalation]]
name = "Unfinished"
activation = "claimed"
expected = "ended"
after = "5days"
repeat = "1day"
action = "create_event"
increase_priority = "repeated"
chain = 2
"""


def htm_ready(tenant: Tenant) -> dict[str, Any]:
    """The same, and a task of the first template that olga made and started: `{tkiid}`."""
    known = htm_fixture(tenant)
    order = f"taskTemplateID={known['review']}&mode=async"
    made = tenant.native("POST", f"{HTM}/task?{order}", {"document": "D-1"}, person="olga")
    return known | {"tkiid": made["tkiid"]}


def htm_watched(tenant: Tenant) -> dict[str, Any]:
    """The templates, and a task with escalations that olga made and started: `{tkiid}`. Of its escalations `{late}`
    waits, `{next}` follows it, and there is `{unfinished}`."""
    known = htm_fixture(tenant)
    made = tenant.native("POST", f"{HTM}/task?taskTemplateID={known['watched']}&mode=async", {}, person="olga")
    uid = parse_task(made["tkiid"])
    return (
        known
        | {"tkiid": made["tkiid"]}
        | {name: escalation_id(uid, place) for place, name in enumerate(("late", "next", "unfinished"))}
    )


QUERY_TABLES = """
[[query_table]]
name = "CONF.NAMES"
display_name = "Names"
description = "Nothing but names"
filter = "WI.REASON=REASON_POTENTIAL_OWNER"
attributes = ["NAME"]

[[query_table]]
name = "CONF.EVERYTHING"
"""


def htm_tables(tenant: Tenant) -> dict[str, Any]:
    """The same as `htm_ready`, with its composite query table CONF.REVIEWS, and CONF.NAMES and CONF.EVERYTHING."""
    known = htm_ready(tenant)
    tenant.command("template", "load", "-", "--tenant", tenant.name, typed=QUERY_TABLES)
    return known


def htm_claimed(tenant: Tenant) -> dict[str, Any]:
    """The same, claimed by paul."""
    known = htm_ready(tenant)
    headers = {"Authorization": tenant.basic("paul")}
    claimed = tenant.server.call("PUT", f"{HTM}/task/{known['tkiid']}?action=claim", headers=headers)
    assert claimed.status == 200, claimed.text
    return known


def numbers(tenant: Tenant) -> dict[str, Any]:
    """The phone numbers 12025550101 and 12025550102: `{first.did_sid}`, `{second.did_sid}`."""
    made = [tenant.native("POST", DIDS, {"phonenumber": number}) for number in ("12025550101", "12025550102")]
    return {"first": made[0], "second": made[1]}


def batch_in_review(tenant: Tenant) -> dict[str, Any]:
    """The numbers, and a batch that would change the first of them, once it waits: `{batch.task_sid}`."""
    order = {"method": "PATCH", "type": "phonenumber", "field": "phonenumber"}
    work = {"entries": ["12025550101"], "data": {"name": "front desk"}}
    known = numbers(tenant)
    batch = tenant.native("POST", BATCHES, order | work)
    until = time.monotonic() + PATIENCE_SECONDS
    while batch["status"] != "pending_review":
        assert time.monotonic() < until, batch
        time.sleep(0.01)
        batch = tenant.native("GET", f"{BATCHES}/{batch['task_sid']}")
    return known | {"batch": batch}


def sessions(tenant: Tenant) -> dict[str, Any]:
    """Two browsers of bert's, and one of anna's: `{first.id}`, `{second.id}`, `{other.id}`."""
    first, second, other = (tenant.session(person) for person in ("bert", "bert", "anna"))
    return {"first": {"id": first}, "second": {"id": second}, "other": {"id": other}}


GIVEN: dict[str, Given] = {
    given.__name__: given
    for given in (
        task,
        claimed_task,
        htm_task,
        htm_fixture,
        htm_ready,
        htm_watched,
        htm_claimed,
        htm_tables,
        numbers,
        batch_in_review,
        sessions,
    )
}
