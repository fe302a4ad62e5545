"""A tenant with something to show on each page, all of it named by one text, and the addresses of these pages."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.web.views import PAGES
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

STATUS = {
    "/ui/": 303,
    "/ui/first-run": 404,
    "/ui/enter": 410,
    "/ui/sign-in/{name}": 404,
    "/ui/sign-in/{name}/callback": 404,
    "/ui/inbox": 303,
    "/ui/batches/{batch}/unusual": 303,
    "/ui/tasks/{n}/start": 409,
}
"""What pages reply to a reader who is signed in, where it isn't 200: they lead elsewhere, are of another server's first
or last hours, or say that the act isn't possible now."""
ENDLESS = "/ui/live"
FILES = ("/ui/batches/{batch}/preview.{form}", "/ui/batches/{batch}/results.{form}", "/ui/tasks/{n}/messages/{which}")
"""What a browser saves and doesn't show."""
NAME, LONG_NAME = 60, 100


class Filled:
    """The tenant's things. Anna, its administrator, made them all."""

    def __init__(self, tenant: Tenant, text: str) -> None:
        self.tenant, self.text = tenant, text
        self.browser = Browser(tenant.server)
        self.browser.sign_in(tenant.login("anna"), PASSWORD)
        tenant.login("bert")
        self._people()
        self._linked()
        self._tasks()
        self._batches()
        self._administration()
        self._traffic()
        self.plain: list[int] = []  # tasks without links that a test adds

    def post(self, path: str, **content: Any) -> Any:
        """Make something by the native API."""
        return self.tenant.native("POST", path, content)

    def _people(self) -> None:
        uid, name = self.tenant.uids["anna"], self.text[:LONG_NAME]
        self.tenant.native("PATCH", f"/v1/users/{uid}", {"display_name": name, "title": self.text[:NAME]})
        self.group = self.post("/v1/groups", name=name)["id"]
        self.post("/v1/tokens", name=name, scopes=["task.read"])
        self.browser.get("/ui/views/new?list=all")
        view = {"csrf": self.browser.csrf(), "list": "all", "q": "is:open", "name": self.text[:NAME]}
        assert self.browser.post("/ui/views", view).status == 303, self.browser.last.text

    def _linked(self) -> None:
        text = self.text
        self.category = self.post("/v1/categories", title=f"{text[:40]}c", description=text)["number"]
        contact = {"first_name": text, "last_name": text, "about": text, "job_title": text}
        self.contact = self.post("/v1/contacts", kind="person", **contact)["number"]
        self.case = self.post("/v1/cases", title=text, description=text, contact=self.contact)["number"]
        document = {"title": "Parcel", "type": "object", "properties": {"a": {"type": "string", "default": text}}}
        self.post("/v1/schemas/contact", **document)

    def _tasks(self) -> None:
        text, anna = self.text, self.tenant.uids["anna"]
        fields = {"title": text, "description": text, "type": text[:NAME], "category": self.category, "priority": 5}
        links = {"contact": self.contact, "case": self.case, "assignee": anna}
        values = {"properties": {text: text}, "extensions": {"Parcel": {text: text}, "Many": [{"a": text}]}}
        due = {"due_local": "2031-05-04T10:20:30", "due_zone": "Asia/Tokyo"}
        made = self.post("/v1/tasks", **fields, **links, **values, **due)
        self.task = made["number"]
        change = {"title": f"{text}2", "extensions": {"Parcel": {"b": text}}}
        self.tenant.native("PATCH", f"/v1/tasks/{self.task}", change)
        self.post("/v1/tasks", title=text, parent=self.task)
        self.post(f"/v1/tasks/{self.task}/assign", assignee=anna, note=text)
        headers = {"Authorization": self.tenant.basic("anna"), "Content-Type": "application/xml"}
        output = f"/rest/bpm/htm/v1/task/{task_id(made['id'])}/output"
        self.tenant.server.call("PUT", output, b"<output><note>1</note></output>", headers)
        self.ready, self.suspended, self.completed, self.deleted = (
            self.post("/v1/tasks", title=f"{text}{place}", assignee=None if place == 0 else anna)["number"]
            for place in range(4)
        )
        self.post(f"/v1/tasks/{self.suspended}/suspend")
        self.post(f"/v1/tasks/{self.completed}/finish", code=text[:NAME], text=text)
        self.tenant.native("DELETE", f"/v1/tasks/{self.deleted}")

    def _batches(self) -> None:
        made = {"method": "PATCH", "type": "task", "field": "id", "data": {"title": f"{self.text}3"}}
        made |= {"title": self.text, "purpose": self.text}
        self.reviewed = self.post("/v1/batches", **made, entries=[self.task, self.text], review=True)["number"]
        self.ended = self.post("/v1/batches", **made, entries=[self.task, self.text], review=False)["number"]
        later = {"review": False, "not_before": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"}
        self.waiting = self.post("/v1/batches", **made, entries=[self.task], **later)["number"]
        for number in (self.reviewed, self.ended):
            self.tenant.native("GET", f"/v1/batches/{number}?wait=30")
        self.browser.get("/ui/batches/new")
        draft = {"csrf": self.browser.csrf(), "choose": "filter", "q": "is:open"}
        location = self.browser.post("/ui/batches/new", draft).headers["location"]
        self.draft = location.split("/")[-2]
        self.browser.get(location)
        set_field = {"csrf": self.browser.csrf(), "change": "set", "field.0": "title", "value.0": self.text}
        assert self.browser.post(location, set_field).status == 303, self.browser.last.text

    def _administration(self) -> None:
        template = f"[[template]]\nname = {json.dumps(self.text[:NAME])}\ndescription = {json.dumps(self.text)}\n"
        self.tenant.command("template", "load", "-", "--tenant", self.tenant.name, typed=template)
        self.template = self._found("/ui/admin/templates", r'href="/ui/admin/templates/([^"/]+)"')
        hook = self.post("/v1/webhooks", url="https://hooks.example.com/x", description=self.text, types=["webhook.*"])
        self.webhook = hook["id"]
        address = f"/ui/admin/webhooks/{self.webhook}"
        self.browser.send(f"{address}/test", address)
        self.delivery = self._found(f"{address}?state=all", rf'href="{address}/deliveries/([^"]+)"')
        alias = {"dialect": "ibm_htm", "name": self.text[:NAME]}
        person = f"/ui/admin/people/{self.tenant.uids['anna']}"
        self.browser.send(f"{person}/aliases", person, **alias)
        self.tenant.native("POST", "/services/start", {"contact_key": "+15550100", "service_type": self.text[:NAME]})

    def _traffic(self) -> None:
        self.browser.send("/ui/traffic", record="start")
        line = " ".join(self.text.split())
        headers = {"User-Agent": line, "X-Request-Id": line, "Accept": line, "Referer": line}
        headers |= {"Authorization": self.tenant.basic("anna"), "Content-Type": "multipart/form-data; boundary=B"}
        name = line.replace('"', "'")
        part = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{line}\r\n--B--\r\n'
        self.tenant.server.call("POST", "/v1/tasks?q=%3Cscript%3Etrap()%3C/script%3E", part, headers)
        self.request = self._found("/ui/traffic?q=status:>=400", r'href="/ui/traffic/([^"?]+)"')

    def _found(self, address: str, pattern: str) -> str:
        """What a link on a page has in place of the group."""
        found = re.search(pattern, self.browser.get(address).text)
        assert found is not None, (address, self.browser.last.text)
        return found[1]

    @property
    def addresses(self) -> dict[str, str]:
        """The path of each page, and its address."""
        values = {
            "list": "all", "dialect": "genesys", "which": "output", "person": self.tenant.uids["anna"],
            "group": self.group, "kind": "contact", "template": self.template, "webhook": self.webhook,
            "delivery": self.delivery, "request": self.request, "draft": self.draft, "step": "check",
            "batch": str(self.reviewed), "form": "csv", "number": str(self.task), "n": str(self.task), "name": "Parcel",
        }  # fmt: skip
        within = {
            "/ui/views/": {"number": "1"},
            "/ui/contacts/": {"n": str(self.contact)},
            "/ui/cases/": {"n": str(self.case)},
            "/ui/admin/categories/": {"number": str(self.category)},
            "/ui/tasks/{n}/claim": {"n": str(self.ready)},
            "/ui/tasks/{n}/resume": {"n": str(self.suspended)},
            "/ui/tasks/{n}/reopen": {"n": str(self.completed)},
            "/ui/tasks/{n}/amend": {"n": str(self.completed)},
            **{f"/ui/batches/{{batch}}/{act}": {"batch": str(self.ended)} for act in ("retry", "undo", "results")},
            **{f"/ui/batches/{{batch}}/{act}": {"batch": str(self.waiting)} for act in ("stop", "pause", "resume")},
        }
        queries = {"/ui/rows": f"?n={self.task}&list=all", "/ui/complete": "?key=state&text=cl"}
        queries |= {"/ui/batches/count": "?q=is:open"}
        found = {}
        for page in PAGES:
            if page.show is None or page.path == ENDLESS:
                continue
            own = {k: v for start, each in within.items() if page.path.startswith(start) for k, v in each.items()}
            known = {**values, **own}
            path = re.sub(r"\{(\w+)[^}]*\}", lambda name, known=known: known[name[1]], page.path)  # type: ignore[misc]
            found[page.path] = path + queries.get(page.path, "")
        return found
