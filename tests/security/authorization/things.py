"""One of everything in a tenant, made when a request first speaks of it, and the ids of things that nobody has."""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.domain.ids import new_id
from tests.security.authorization.indoors import Household
from tests.support.given import BATCHES, DIDS, HTM, PATIENCE_SECONDS

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
"""
UNKNOWN_NUMBER = 900_000_001


class Things:
    """What one tenant has. Everything is named with the tenant's own word, so that it is known wherever it shows up."""

    def __init__(self, house: Household, word: str) -> None:
        self.house = house
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
        return self.house.native("POST", path, content)

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
        owner, admin = self.house.login("paul"), self.house.login("anna")
        text = TEMPLATE.format(tktid=tktid, owner=owner, admin=admin)
        self.house.command("template", "load", "-", "--tenant", self.house.name, typed=text)
        return tktid

    def htm(self, *actions: str, mode: str = "&mode=async") -> str:
        """A task of the template, made by anna, after actions of hers."""
        order = f"{HTM}/task?taskTemplateID={self['template']}{mode}"
        tkiid: str = self.post(order, {"document": self.word})["tkiid"]
        for action in actions:
            headers = {"Authorization": self.house.basic("anna")}
            answer = self.house.server.call("PUT", f"{HTM}/task/{tkiid}?action={action}", None, headers)
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
        self.house.native("PUT", base, {"a": self.word})
        return self[owner]

    def boxed(self) -> Any:
        """A task with the extension Box."""
        return self.task("id", extensions={"Box": {"a": self.word}})

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
            batch = self.house.native("GET", path)
        self._ids["partner"] = batch["partner_sid"]
        return batch["task_sid"]

    def beside(self, kind: str, found: str) -> Any:
        """What is known once a thing of this kind was made."""
        _ = self[kind]
        return self._ids[found]


def _plain(path: str, name: str, member: str) -> Callable[[Things], Any]:
    return lambda things: things.post(path, {name: things.named()})[member]


KINDS: dict[str, Callable[[Things], Any]] = {
    "task": lambda things: things.task("id"),
    "task_number": lambda things: things.task("number"),
    "claimed": lambda things: things.task("id", "claim"),
    "suspended": lambda things: things.task("id", "suspend"),
    "ended": lambda things: things.task("id", "finish"),
    "ended_number": lambda things: things.task("number", "finish"),
    "inactive": lambda things: things.task("id", state="inactive"),
    "boxed": Things.boxed,
    "case": lambda things: things.case()["id"],
    "case_number": lambda things: things.case()["number"],
    "opportunity_number": lambda things: things.case("opportunity")["number"],
    "person": lambda things: things.contact("person")["id"],
    "contact_number": lambda things: things.contact("person")["number"],
    "company": lambda things: things.contact("company")["id"],
    "company_number": lambda things: things.contact("company")["number"],
    "category": _plain("/v1/categories", "title", "number"),
    "self": lambda things: things.house.login("bert"),
    "login": lambda things: things.house.login("bert"),
    "user": lambda things: (things.house.login("bert"), things.house.uids["bert"])[1],
    "task_schema": lambda things: things.schema("task"),
    "case_schema": lambda things: things.schema("case"),
    "stage_schema": lambda things: things.schema("stage"),
    "service": lambda things: things.post(f"{GENESYS}/services/start", {"contact_key": things.word})["service_id"],
    "key": lambda things: (things["service"], things.word)[1],
    "customer": lambda things: (
        things.post(f"{GENESYS}/services/start", {"customer_id": things.word[-16:]}),
        things.word[-16:],
    )[1],
    "state": lambda things: things.within("states", {"state_type": things.word}, "state_id"),
    "gtask": lambda things: things.within("tasks", {"task_type": things.word}, "task_id"),
    "boxed_service": lambda things: things.extended("service"),
    "boxed_state": lambda things: things.extended("state"),
    "boxed_gtask": lambda things: things.extended("gtask"),
    "template": Things.template,
    "tkiid": Things.htm,
    "drafted": lambda things: things.htm(mode=""),
    "taken": lambda things: things.htm("claim"),
    "resting": lambda things: things.htm("claim", "suspend"),
    "owner": lambda things: things.house.login("anna"),
    "other": lambda things: things.house.login("paul"),
    "number": Things.number,
    "did": lambda things: things.beside("number", "did"),
    "partner": lambda things: things.beside("batch", "partner"),
    "batch": Things.batch,
    "prefix": lambda things: things.post("/core/v2/phonenumber/prefixes", {"prefix": str(1200 + next(SERIAL))})[
        "prefix_sid"
    ],
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
    if text.startswith("_TKT:"):
        return "_TKT:80ffffff.1.1.1"
    if len(text) == 36 and text.count("-") == 4:
        return new_id()
    return "12025559999" if kind == "number" else f"nobodys{next(SERIAL)}"
