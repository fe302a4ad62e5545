"""One of everything in a tenant, made when a request first speaks of it, and the ids that match nothing."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from dragoman.dialects.ibm_htm.wire.ids import escalation_id, parse_task, task_id, work_basket_id
from dragoman.domain.ids import new_id
from tests.support.given import BATCHES, DIDS, HTM, PATIENCE_SECONDS
from tests.support.tenant import Tenant

CRM, GENESYS = "/api/2.0/crm", "/genesys/1/cs"
SERIAL = count(1)
TEMPLATE = """
[[template]]
tktid = "{tktid}"
name = "Review"
kind = "human"
faults = ["ReviewFault"]
roles.potential_owner = ["{owner}", "{admin}"]
roles.administrator = ["{admin}"]
supports.sub_tasks = true
supports.delegation = true
client_settings.Dojo.form = "form"
escalation = [{{ name = "Late", after = "1day" }}]
"""
UNKNOWN_NUMBER = 900_000_001


class Samples:
    """What one tenant has. Everything is named with the tenant's own word, so that it is known wherever it shows up."""

    def __init__(self, tenant: Tenant, word: str) -> None:
        self.tenant = tenant
        self.word = word
        self.plain = "".join(letter for letter in word if letter.isalpha())[:12]
        self._ids: dict[str, Any] = {}

    def __getitem__(self, kind: str) -> Any:
        """The id of the thing of this kind."""
        if kind not in self._ids:
            self._ids[kind] = KINDS[kind](self)
        return self._ids[kind]

    def named(self, what: str = "") -> str:
        """A name that nothing else has."""
        return f"{self.word}{what}{next(SERIAL)}"

    def post(self, path: str, content: object = None) -> Any:
        """Make something, as the administrator."""
        return self.tenant.native("POST", path, content)

    def task(self, member: str, verb: str = "", **content: object) -> Any:
        """A task, after a verb."""
        made = self.post("/v1/tasks", {"title": self.named(), **content})
        for each in verb.split():
            made = self.post(f"/v1/tasks/{made['id']}/{each}", {})
        return made[member]

    def case(self, kind: str = "case") -> Any:
        """A case of a kind."""
        return self.post("/v1/cases", {"kind": kind, "title": self.named()})

    def contact(self, kind: str) -> Any:
        """A person or a company."""
        name = "company_name" if kind == "company" else "last_name"
        return self.post("/v1/contacts", {"kind": kind, name: self.named()})

    def within(self, path: str, content: object, member: str) -> Any:
        """Something within the service of this tenant."""
        return self.post(f"{GENESYS}/services/{self['service']}/{path}/start", content)[member]

    def template(self) -> str:
        """A template of IBM's dialect; its id is nobody else's."""
        tktid = f"_TKT:{2**31 + next(SERIAL):x}.1.1.1"
        owner, admin = self.tenant.login("paul"), self.tenant.login("anna")
        text = TEMPLATE.format(tktid=tktid, owner=owner, admin=admin)
        self.tenant.command("template", "load", "-", "--tenant", self.tenant.name, typed=text)
        return tktid

    def htm(self, *actions: str, mode: str = "&mode=async") -> str:
        """A task of the template, made by anna, after actions of hers."""
        order = f"{HTM}/task?taskTemplateID={self['template']}{mode}"
        tkiid: str = self.post(order, {"document": self.word})["tkiid"]
        for action in actions:
            headers = {"Authorization": self.tenant.basic("anna")}
            answer = self.tenant.server.call("PUT", f"{HTM}/task/{tkiid}?action={action}", None, headers)
            assert answer.status == 200, answer.text
        return tkiid

    def scanned(self) -> str:
        """A task with a binary property."""
        tkiid = self.htm()
        headers = {"Authorization": self.tenant.basic("anna"), "Content-Type": "image/png"}
        target = f"{HTM}/task/{tkiid}/binaryCustomProperty/scan"
        answer = self.tenant.server.call("POST", target, self.word.encode(), headers)
        assert answer.status == 200, answer.text
        return tkiid

    def event_number(self) -> Any:
        """An event in the history of a case, in the CRM's words."""
        about = {"content": self.named(), "categoryId": 1_000_001, "entityType": "case"}
        return self.post(f"{CRM}/history", about | {"entityId": self["case_number"]})["response"]["id"]

    def container(self) -> Any:
        """A container of task templates for cases."""
        return self.post(f"{CRM}/case/tasktemplatecontainer", {"title": self.named()})["response"]["id"]

    def blueprint(self, container: str) -> Any:
        """A template in a container."""
        path = f"{CRM}/tasktemplatecontainer/{self[container]}/tasktemplate"
        return self.post(path, {"title": self.named(), "categoryid": 1})["response"]["id"]

    def basket(self, **members: object) -> str:
        """A work basket, by its id."""
        made = self.post(f"{HTM}/workBasket", {"name": self.named("B"), **members})
        return str(made["wbid"])

    def distributable(self) -> str:
        """A task in a work basket, from which it can go to that of this tenant."""
        tkiid, source = self.htm(), self.basket(distributionTargets=[self["basket"]])
        target = f"{HTM}/workBasket/{source}?action=transferToWorkBasket&taskID={tkiid}"
        answer = self.tenant.server.call("PUT", target, None, {"Authorization": self.tenant.basic("anna")})
        assert answer.status == 200, answer.text
        return tkiid

    def schema(self, kind: str) -> str:
        """A schema of a kind of owners, by its name."""
        name = f"{self.plain}S{next(SERIAL)}"
        self.post(f"/v1/schemas/{kind}", {"title": name, "type": "object", "properties": {"a": {"type": "string"}}})
        return name

    def extended(self, owner: str) -> Any:
        """The id of something of Genesys' that has the extension Box."""
        path = {"service": "", "state": f"/states/{self['state']}", "gtask": f"/tasks/{self['gtask']}"}[owner]
        base = f"{GENESYS}/services/{self['service']}{path}/extensions/Box"
        self.tenant.native("PUT", base, {"a": self.word})
        return self[owner]

    def boxed(self) -> Any:
        """A task with the extension Box."""
        return self.task("id", extensions={"Box": {"a": self.word}})

    def deleted(self) -> Any:
        """A task that was deleted."""
        uid = self.task("id")
        headers = {"Authorization": self.tenant.basic("anna")}
        answer = self.tenant.server.call("DELETE", f"/v1/tasks/{uid}", None, headers)
        assert answer.status == 204, answer.text
        return uid

    def number(self) -> str:
        """A telephone number, kept."""
        number = f"1202555{next(SERIAL) + 1000:04d}"
        self._ids["did"] = self.post(DIDS, {"phonenumber": number, "name": self.word})["did_sid"]
        return number

    def prefix(self) -> Any:
        """A prefix of telephone numbers."""
        return self.post("/core/v2/phonenumber/prefixes", {"prefix": str(2000 + next(SERIAL))})["prefix_sid"]

    def batch(self) -> Any:
        """A batch that waits for its review."""
        order = {"method": "PATCH", "type": "phonenumber", "field": "phonenumber", "data": {"name": self.word}}
        batch = self.post(BATCHES, order | {"entries": [self["number"]]})
        path, until = f"{BATCHES}/{batch['task_sid']}", time.monotonic() + PATIENCE_SECONDS
        while batch["status"] != "pending_review":
            assert time.monotonic() < until, batch
            time.sleep(0.01)
            batch = self.tenant.native("GET", path)
        self._ids["partner"] = batch["partner_sid"]
        return batch["task_sid"]

    def ended_batch(self) -> Any:
        """A batch that was refused."""
        sid = self.batch()
        headers = {"Authorization": self.tenant.basic("anna"), "Content-Type": "application/json"}
        answer = self.tenant.server.call("PATCH", f"{BATCHES}/{sid}", b'{"status": "cancelled"}', headers)
        assert answer.status == 200, answer.text
        return sid

    def done_batch(self) -> Any:
        """A batch that has run: one entry changed a task, one failed."""
        order = {"method": "PATCH", "type": "task", "field": "id", "data": {"title": self.word}, "review": False}
        made = self.post("/v1/batches", order | {"entries": [self.task("id"), "x"]})
        path, until = f"/v1/batches/{made['id']}?wait=5", time.monotonic() + PATIENCE_SECONDS
        while made["status"] != "completed":
            assert time.monotonic() < until, made
            made = self.tenant.native("GET", path)
        return made["id"]

    def waiting_batch(self) -> Any:
        """A batch that waits for its moment, a month ahead."""
        moment = datetime.fromtimestamp(time.time() + 30 * 86_400, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        order = {"method": "PATCH", "type": "phonenumber", "field": "phonenumber", "data": {"name": self.word}}
        made = self.post("/v1/batches", order | {"entries": [self.number()], "review": False, "not_before": moment})
        path, until = f"/v1/batches/{made['id']}", time.monotonic() + PATIENCE_SECONDS
        while made["status"] != "queued":
            assert time.monotonic() < until, made
            time.sleep(0.01)
            made = self.tenant.native("GET", path)
        return made["id"]

    def paused_batch(self) -> Any:
        """The same, paused."""
        return self.post(f"/v1/batches/{self.waiting_batch()}/pause")["id"]

    def recorded(self) -> Any:
        """A customer with a record that its frame selects."""
        frame = [{"name": "frame", "type": "string"}, {"name": "size", "type": "integer"}]
        bike = {"name": "Bike", "type": "multi-valued", "unique": ["frame"], "attributes": frame}
        headers = {"Authorization": self.tenant.basic("anna"), "Content-Type": "application/json"}
        path = f"{GENESYS}/metadata/profiles/extensions"
        made = self.tenant.server.call("POST", path, json.dumps(bike).encode(), headers)
        assert made.status in (201, 409), made.body
        return self.post(f"{GENESYS}/profiles", {"Bike": [{"frame": "F", "size": 1}]})["customer_id"]

    def identification_key(self) -> Any:
        """An identification key of attributes that nobody has."""
        name = f"Key{next(SERIAL)}"
        return self.post(f"{GENESYS}/metadata/identification-keys", {"name": name, "attributes": ["Pin"]})["name"]

    def alias(self) -> int:
        """A name that Genesys has for bert."""
        name = next(SERIAL)
        self.tenant.native("PUT", f"/v1/users/{self['user']}/aliases/genesys/{name}")
        return name

    def unclaimed(self) -> int:
        """A name that was sent for a task and matches no user."""
        name = next(SERIAL)
        self.within("tasks", {"task_type": self.word, "resource_id": name}, "task_id")
        return name

    def webhook(self) -> Any:
        """A webhook that is paused; each case needs its own, since some delete it."""
        order = {"url": "https://hook.example/", "description": self.word, "state": "paused"}
        return self.post("/v1/webhooks", order)["id"]

    def event(self) -> Any:
        """The event of a new task."""
        task = self.post("/v1/tasks", {"title": self.named()})["id"]
        answer = self.tenant.server.call(
            "GET", f"/v1/events?subject=tasks/{task}", headers={"Authorization": self.tenant.basic("anna")}
        )
        return answer.json()["items"][0]["id"]

    def tested(self) -> Any:
        """A webhook with a delivery."""
        made = self.webhook()
        self._ids["delivery"] = self.post(f"/v1/webhooks/{made}/test")["delivery"]
        return made

    def beside(self, kind: str, found: str) -> Any:
        """What is known once a thing of this kind was made."""
        _ = self[kind]
        return self._ids[found]


def _plain(path: str, name: str, member: str) -> Callable[[Samples], Any]:
    return lambda samples: samples.post(path, {name: samples.named()})[member]


KINDS: dict[str, Callable[[Samples], Any]] = {
    "task": lambda samples: samples.task("id"),
    "task_number": lambda samples: samples.task("number"),
    "claimed": lambda samples: samples.task("id", "claim"),
    "suspended": lambda samples: samples.task("id", "suspend"),
    "ended": lambda samples: samples.task("id", "finish"),
    "ended_number": lambda samples: samples.task("number", "finish"),
    "inactive": lambda samples: samples.task("id", state="inactive"),
    "boxed": Samples.boxed,
    "deleted": Samples.deleted,
    "case": lambda samples: samples.case()["id"],
    "case_number": lambda samples: samples.case()["number"],
    "opportunity_number": lambda samples: samples.case("opportunity")["number"],
    "person": lambda samples: samples.contact("person")["id"],
    "contact_number": lambda samples: samples.contact("person")["number"],
    "company": lambda samples: samples.contact("company")["id"],
    "company_number": lambda samples: samples.contact("company")["number"],
    "container": Samples.container,
    "event_number": Samples.event_number,
    "blueprint": lambda samples: samples.blueprint("container"),
    "empty_container": Samples.container,
    "full_container": lambda samples: (samples.blueprint("empty_container"), samples["empty_container"])[1],
    "token": lambda samples: samples.post("/v1/tokens", {"scopes": ["task.read"], "name": samples.named()})["id"],
    "category": _plain("/v1/categories", "title", "number"),
    "group": _plain("/v1/groups", "name", "name"),
    "lone_group": _plain("/v1/groups", "name", "id"),
    "self": lambda samples: samples.tenant.login("bert"),
    "login": lambda samples: samples.tenant.login("bert"),
    "user": lambda samples: (samples.tenant.login("bert"), samples.tenant.uids["bert"])[1],
    "session": lambda samples: samples.tenant.session("bert"),
    "link": lambda samples: samples.post(f"/v1/users/{samples['leaver']}/password-link")["token"],
    "leaver": lambda samples: samples.post("/v1/users", {"login": f"{samples.plain}{next(SERIAL)}"})["id"],
    "task_schema": lambda samples: samples.schema("task"),
    "case_schema": lambda samples: samples.schema("case"),
    "stage_schema": lambda samples: samples.schema("stage"),
    "service": lambda samples: samples.post(f"{GENESYS}/services/start", {"contact_key": samples.word})["service_id"],
    "key": lambda samples: (samples["service"], samples.word)[1],
    "customer": lambda samples: (
        samples.post(f"{GENESYS}/services/start", {"customer_id": samples.word[-16:]}),
        samples.word[-16:],
    )[1],
    "profile": lambda samples: samples.post(f"{GENESYS}/profiles", {"FirstName": samples.word})["customer_id"],
    "recorded": Samples.recorded,
    "contact_schema": lambda samples: samples.schema("contact"),
    "identification_key": Samples.identification_key,
    "state": lambda samples: samples.within("states", {"state_type": samples.word}, "state_id"),
    "gtask": lambda samples: samples.within("tasks", {"task_type": samples.word}, "task_id"),
    "boxed_service": lambda samples: samples.extended("service"),
    "boxed_state": lambda samples: samples.extended("state"),
    "boxed_gtask": lambda samples: samples.extended("gtask"),
    "template": Samples.template,
    "tkiid": Samples.htm,
    "drafted": lambda samples: samples.htm(mode=""),
    "taken": lambda samples: samples.htm("claim"),
    "scanned": Samples.scanned,
    "watched": Samples.htm,
    "basket": Samples.basket,
    "distributable": Samples.distributable,
    "escalation": lambda samples: escalation_id(parse_task(samples["watched"]), 0),
    "resting": lambda samples: samples.htm("claim", "suspend"),
    "alias": Samples.alias,
    "unclaimed": Samples.unclaimed,
    "owner": lambda samples: samples.tenant.login("anna"),
    "other": lambda samples: samples.tenant.login("paul"),
    "number": Samples.number,
    "did": lambda samples: samples.beside("number", "did"),
    "partner": lambda samples: samples.beside("batch", "partner"),
    "batch": Samples.batch,
    "ended_batch": Samples.ended_batch,
    "done_batch": Samples.done_batch,
    "waiting_batch": Samples.waiting_batch,
    "paused_batch": Samples.paused_batch,
    "prefix": lambda samples: samples.post("/core/v2/phonenumber/prefixes", {"prefix": str(1200 + next(SERIAL))})[
        "prefix_sid"
    ],
    "event": Samples.event,
    "webhook": Samples.webhook,
    "tested": Samples.tested,
    "delivery": lambda samples: samples.beside("tested", "delivery"),
    "file": _plain("/core/v2/storage/files", "name", "file_sid"),
}
"""Kind -> how one of it is made."""


def unknown(kind: str, like: object) -> object:
    """An id of the same shape that nobody has."""
    text = str(like)
    if isinstance(like, int):
        return UNKNOWN_NUMBER
    if text.startswith("_TKI:"):
        return task_id(new_id())
    if text.startswith("_WB:"):
        return work_basket_id(new_id())
    if text.startswith("_ESI:"):
        return escalation_id(new_id(), 0)
    if text.startswith("_TKT:"):
        return "_TKT:80ffffff.1.1.1"
    if len(text) == 36 and text.count("-") == 4:
        return new_id()
    if kind == "token":
        return f"{next(SERIAL):016x}"
    return "12025559999" if kind == "number" else f"nobodys{next(SERIAL)}"
