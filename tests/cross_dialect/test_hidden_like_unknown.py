"""What a user may not see is answered like what doesn't exist, byte by byte but for the id: named in a path, in a body,
as a filter or as the edge of a page. Only where a vendor's page names another status (IBM 401, CRM 403 on a task) does
the access matrix say so instead. Every operation that names such an object in its path has its rows here."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from dragoman.dialects import discover
from dragoman.domain.bulk import Status
from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.domain.category import Category
from dragoman.domain.contact import Contact, ContactKind, key_from
from dragoman.domain.note import Note, NoteKind
from dragoman.domain.task import new_task
from dragoman.domain.template_set import AppliesTo
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.usecases import template_sets
from dragoman.usecases.batches.types import case_resources, contact_resources, task_resources
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.batches import batch_in
from tests.cross_dialect.names import tkiid
from tests.support.databases import Databases
from tests.support.world import NOON, World

NOUNS = ("contact", "company", "case", "opportunity", "service", "stage", "task", "held", "batch", "event", "note")
HIDDEN = {noun: 710_001 + place for place, noun in enumerate(NOUNS)}
UNKNOWN = {noun: 810_001 + place for place, noun in enumerate(NOUNS)}
DEAL = {"title": "O", "responsibleid": "{bert}", "stageid": 1, "bidCurrencyAbbr": "EUR"}
NOTE = {"content": "x", "categoryId": 1_000_001}
TASK = {"title": "T", "deadline": "2031-05-04", "categoryid": 1}


class Row(NamedTuple):
    """A request that names something. `{noun}` is a number, `{noun_uid}` an id."""

    name: str
    target: str
    body: Any = None


ROWS = (
    *(
        Row(f"native {name}", f"/v1/{nouns}/{{{noun}{form}}}{rest}", body)
        for form in ("", "_uid")
        for nouns, noun, operations in (
            (
                "tasks",
                "task",
                (
                    ("read_task", "", None),
                    ("read_task_history", "/history", None),
                    ("patch_task", "", {"title": "Anew"}),
                    ("patch_task", "", {"assignee": "nobody-of-this-name"}),
                    ("delete_task", "", None),
                    ("start_task", "/start", None),
                    ("claim_task", "/claim", None),
                    ("release_task", "/release", None),
                    ("assign_task", "/assign", {"assignee": "nobody-of-this-name"}),
                    ("suspend_task", "/suspend", None),
                    ("resume_task", "/resume", None),
                    ("finish_task", "/finish", None),
                    ("complete_task", "/complete", None),
                    ("fail_task", "/fail", None),
                    ("terminate_task", "/terminate", None),
                    ("expire_task", "/expire", None),
                    ("reopen_task", "/reopen", None),
                    ("amend_outcome_task", "/amend_outcome", {"code": "7"}),
                    ("read_task_extension", "/extensions/Mine", None),
                    ("put_task_extension", "/extensions/Mine", {"a": 1}),
                    ("delete_task_extension", "/extensions/Mine", None),
                    ("restore_task", "/restore", None),
                    ("undo_task_change", "/history/1/undo", None),
                ),
            ),
            (
                "cases",
                "case",
                (
                    ("read_case", "", None),
                    ("read_case_history", "/history", None),
                    ("patch_case", "", {"title": "Anew"}),
                    ("delete_case", "", None),
                    ("delete_case", "?with_tasks=true", None),
                    ("list_stages", "/stages", None),
                ),
            ),
            (
                "contacts",
                "contact",
                (
                    ("read_contact", "", None),
                    ("read_contact_history", "/history", None),
                    ("read_contact_journey", "/journey", None),
                    ("patch_contact", "", {"about": "Anew"}),
                    ("delete_contact", "", None),
                    ("delete_contact", "?with_tasks=true", None),
                ),
            ),
        )
        for name, rest, body in operations
    ),
    Row("genesys service.show", "/services/{service}"),
    Row("genesys service.delete", "/services/{service}"),
    Row("genesys service.complete", "/services/{service}/end", {"disposition": "x"}),
    Row("genesys service.expire_at", "/services/{service}", {"ttl": 60}),
    Row("genesys service.associate", "/customers/c/services/{service}", {}),
    Row("genesys service.extension.show", "/services/{service}/extensions/Mine"),
    Row("genesys service.extension.put", "/services/{service}/extensions/Mine", {"a": 1}),
    Row("genesys service.extension.merge", "/services/{service}/extensions/Mine/merge", {"a": 1}),
    Row("genesys service.extension.delete", "/services/{service}/extensions/Mine"),
    Row("genesys state.start", "/services/{service}/states/start", {}),
    Row("genesys state.transition", "/services/{service}/states/transition", {"from": {"state_id": 1}, "to": {}}),
    Row("genesys state.transition", "/services/2/states/transition", {"from": {"state_id": "{stage}"}, "to": {}}),
    Row("genesys state.list", "/services/{service}/states"),
    Row("genesys state.list_active", "/services/{service}/states/active"),
    Row("genesys state.list_completed", "/services/{service}/states/completed"),
    *(
        Row(f"genesys state.{name}", f"/services/{place}/states/{{stage}}{rest}", body)
        for place in ("2", "{service}")
        for name, rest, body in (
            ("show", "", None),
            ("complete", "/end", {}),
            ("extension.show", "/extensions/Mine", None),
            ("extension.put", "/extensions/Mine", {"a": 1}),
            ("extension.merge", "/extensions/Mine/merge", {"a": 1}),
            ("extension.delete", "/extensions/Mine", None),
        )
    ),
    Row("genesys task.start", "/services/{service}/tasks/start", {}),
    Row("genesys task.start", "/services/2/tasks/start", {"state_id": "{stage}"}),
    Row("genesys task.list", "/services/{service}/tasks"),
    Row("genesys task.list_active", "/services/{service}/tasks/active"),
    Row("genesys task.list_completed", "/services/{service}/tasks/completed"),
    *(
        Row(f"genesys task.{name}", f"/services/{place}/tasks/{{{noun}}}{rest}", body)
        for place, noun in (("2", "task"), ("{service}", "held"))
        for name, rest, body in (
            ("show", "", None),
            ("complete", "/end", {}),
            ("extension.show", "/extensions/Mine", None),
            ("extension.put", "/extensions/Mine", {"a": 1}),
            ("extension.post", "/extensions/Mine", {"a": 1}),
            ("extension.merge", "/extensions/Mine/merge", {"a": 1}),
            ("extension.delete", "/extensions/Mine", None),
        )
    ),
    *(
        Row(f"genesys profile.{name}", f"/profiles/{{contact_customer}}{rest}", body)
        for name, rest, body in (
            ("show", "?extensions=*", None),
            ("update", "", {"FirstName": "x"}),
            ("delete", "", None),
            ("extension.insert", "/extensions", {"Mine": {"a": 1}}),
            ("record.update", "/extensions/Mine/by/unique", {"a": 1}),
            ("record.delete", "/extensions/Mine/delete/by/unique", {"a": 1}),
        )
    ),
    Row("onlyoffice_crm task.set_created", "/api/2.0/crm/task/{task}/creationdate", {"creationdate": "2020-01-01"}),
    Row(
        "onlyoffice_crm task.set_modified",
        "/api/2.0/crm/task/{task}/lastmodifeddate",
        {"lastmodifeddate": "2020-01-01"},
    ),
    Row("onlyoffice_crm contact.get", "/api/2.0/crm/contact/{contact}"),
    Row("onlyoffice_crm contact.delete", "/api/2.0/crm/contact/{contact}"),
    Row("onlyoffice_crm case.get", "/api/2.0/crm/case/{case}"),
    Row("onlyoffice_crm case.delete", "/api/2.0/crm/case/{case}"),
    Row("onlyoffice_crm opportunity.get", "/api/2.0/crm/opportunity/{opportunity}"),
    Row("onlyoffice_crm opportunity.delete", "/api/2.0/crm/opportunity/{opportunity}"),
    Row("onlyoffice_crm opportunity.update", "/api/2.0/crm/opportunity/{opportunity}", DEAL),
    Row("onlyoffice_crm opportunity.members", "/api/2.0/crm/opportunity/{opportunity}/contact"),
    Row("onlyoffice_crm opportunity.add_member", "/api/2.0/crm/opportunity/{opportunity}/contact/{my_contact}"),
    Row("onlyoffice_crm opportunity.remove_member", "/api/2.0/crm/opportunity/{opportunity}/contact/{my_contact}"),
    Row("onlyoffice_crm case.update", "/api/2.0/crm/case/{case}", {"title": "x"}),
    Row("onlyoffice_crm case.close", "/api/2.0/crm/case/{case}/close"),
    Row("onlyoffice_crm case.reopen", "/api/2.0/crm/case/{case}/reopen"),
    *(
        Row(f"onlyoffice_crm {name}_{noun}", f"/api/2.0/crm/{noun}/{path}".replace("ID", f"{{{noun}}}"), body)
        for noun in ("contact", "case", "opportunity")
        for name, path, body in (
            ("tag.get", "tag/ID", None),
            ("tag.add", "ID/tag", {"tagName": "x"}),
            ("tag.remove", "ID/tag?tagName=x", None),
            ("field.get", "ID/customfield", None),
        )
    ),
    Row("onlyoffice_crm field.get_person", "/api/2.0/crm/person/{contact}/customfield"),
    Row("onlyoffice_crm field.get_company", "/api/2.0/crm/company/{company}/customfield"),
    Row("onlyoffice_crm history.delete", "/api/2.0/crm/history/{note}"),
    Row("carrierx_batch batch.get", "/core/v2/batch/tasks/{batch_uid}"),
    Row("carrierx_batch batch.errors", "/core/v2/batch/tasks/{batch_uid}/errors"),
    Row("carrierx_batch batch.update", "/core/v2/batch/tasks/{batch_uid}", {"status": "approved"}),
    Row("carrierx_batch batch.update", "/core/v2/batch/tasks/{batch_uid}", {"status": "running"}),
    Row("carrierx_batch batch.replace", "/core/v2/batch/tasks/{batch_uid}", {"status": "approved"}),
    Row("carrierx_batch batch.delete", "/core/v2/batch/tasks/{batch_uid}"),
    *(
        Row(f"carrierx_batch batch.{name}", f"/core/v2/batch/tasks/{{batch_uid}}/{rest}", body)
        for name, rest, body in (
            ("preview", "preview", None),
            ("preview_anew", "preview", {}),
            ("control", "control", None),
            ("control_change", "control", {"action": "pause"}),
            ("control_change", "control", {"priority": 7}),
            ("results", "results", None),
            ("retry", "retry", {}),
            ("undo", "undo", {}),
            ("events", "events", None),
        )
    ),
    *(
        Row(f"native {name}", f"/v1/batches/{{batch_uid}}{rest}", body)
        for name, rest, body in (
            ("read_batch", "", None),
            ("watch_batch", "/events", None),
            ("read_batch_entries", "/entries", None),
            ("read_batch_preview", "/preview", None),
            ("preview_batch", "/preview", None),
            ("patch_batch", "", {"priority": 7}),
            ("delete_batch", "", None),
            ("approve_batch", "/approve", {"reason": "Fine"}),
            ("refuse_batch", "/refuse", None),
            ("pause_batch", "/pause", None),
            ("resume_batch", "/resume", None),
            ("stop_batch", "/stop", None),
            ("read_batch_results", "/results", None),
            ("read_batch_failures", "/failures", None),
            ("retry_batch", "/retry", {}),
            ("undo_batch", "/undo", {}),
        )
    ),
    *(
        Row(f"native {name}", f"/v1/tasks/{{batch_uid}}{rest}", body)
        for name, rest, body in (
            ("read_task", "", None),
            ("read_task_history", "/history", None),
            ("patch_task", "", {"title": "Anew"}),
            ("delete_task", "", None),
            ("claim_task", "/claim", None),
            ("finish_task", "/finish", {"code": "approved"}),
            ("complete_task", "/complete", None),
        )
    ),
    Row("native read_event", "/v1/events/{event_uid}"),
)
"""By path; a hidden service is asked for itself, and for what it holds."""

REFERENCES = (
    Row("genesys task.list", "/services/2/tasks?state_id={stage}"),
    *(
        Row("native create_task", "/v1/tasks", {"title": "T", field: f"{{{noun}{form}}}"})
        for field, noun in (("contact", "contact"), ("case", "case"), ("stage", "stage"), ("parent", "task"))
        for form in ("", "_uid")
    ),
    Row("native create_task", "/v1/tasks", {"title": "T", "case": 2, "stage": "{stage}"}),
    *(
        Row("native patch_task", "/v1/tasks/{mine}", {field: f"{{{noun}}}"})
        for field, noun in (("contact", "contact"), ("case", "case"), ("stage", "stage"), ("parent", "task"))
    ),
    *(
        Row("native list_tasks", f"/v1/tasks?{field}={{{noun}{form}}}")
        for field, noun in (("contact", "contact"), ("case", "service"), ("stage", "stage"), ("parent", "task"))
        for form in ("", "_uid")
    ),
    Row("native create_case", "/v1/cases", {"kind": "case", "title": "C", "contact": "{contact}"}),
    Row("native patch_case", "/v1/cases/{my_case}", {"contact": "{contact}"}),
    Row("native create_contact", "/v1/contacts", {"kind": "person", "first_name": "P", "company": "{company}"}),
    Row("native patch_contact", "/v1/contacts/{my_contact}", {"company": "{company}"}),
    Row("onlyoffice_crm task.create", "/api/2.0/crm/task", {**TASK, "contactid": "{contact}"}),
    Row("onlyoffice_crm task.create", "/api/2.0/crm/task", {**TASK, "entityType": "case", "entityid": "{case}"}),
    Row(
        "onlyoffice_crm task.create",
        "/api/2.0/crm/task",
        {**TASK, "entityType": "opportunity", "entityid": "{opportunity}"},
    ),
    Row("onlyoffice_crm task.update", "/api/2.0/crm/task/{mine}", {**TASK, "contactid": "{contact}"}),
    Row("onlyoffice_crm task.update", "/api/2.0/crm/task/{mine}", {**TASK, "entityType": "case", "entityid": "{case}"}),
    Row("onlyoffice_crm task.create_group", "/api/2.0/crm/contact/task/group", {**TASK, "contactid": ["{contact}"]}),
    Row("onlyoffice_crm task.filter", "/api/2.0/crm/task/filter?entityType=contact&entityid={contact}"),
    Row("onlyoffice_crm task.filter", "/api/2.0/crm/task/filter?entityType=contact&entityid={company}"),
    Row("onlyoffice_crm task.filter", "/api/2.0/crm/task/filter?entityType=case&entityid={case}"),
    Row("onlyoffice_crm task.filter", "/api/2.0/crm/task/filter?entityType=opportunity&entityid={opportunity}"),
    Row(
        "onlyoffice_crm contact.create_person",
        "/api/2.0/crm/contact/person",
        {"firstName": "P", "companyId": "{company}"},
    ),
    Row(
        "onlyoffice_crm contact.create_company",
        "/api/2.0/crm/contact/company",
        {"companyName": "C", "personList": ["{contact}"]},
    ),
    Row(
        "onlyoffice_crm opportunity.create",
        "/api/2.0/crm/opportunity",
        {"title": "O", "responsibleid": "{bert}", "stageid": 1, "bidCurrencyAbbr": "EUR", "contactid": "{contact}"},
    ),
    Row("onlyoffice_crm opportunity.create", "/api/2.0/crm/opportunity", {**DEAL, "members": ["{contact}"]}),
    Row("onlyoffice_crm opportunity.filter", "/api/2.0/crm/opportunity/filter?contactid={contact}"),
    Row(
        "onlyoffice_crm opportunity.filter",
        "/api/2.0/crm/opportunity/filter?contactid={contact}&contactAlsoIsParticipant=true",
    ),
    Row("onlyoffice_crm case.filter", "/api/2.0/crm/case/filter?contactid={contact}"),
    Row("onlyoffice_crm task.near", "/api/2.0/crm/contact/task/near", {"contactid": ["{contact}", "{company}"]}),
    Row("onlyoffice_crm history.filter", "/api/2.0/crm/history/filter?entityType=contact&entityId={company}"),
    Row("onlyoffice_crm history.filter", "/api/2.0/crm/history/filter?entityType=case&entityId={case}"),
    Row("onlyoffice_crm history.create", "/api/2.0/crm/history", {**NOTE, "contactId": "{contact}"}),
    Row("onlyoffice_crm history.create", "/api/2.0/crm/history", {**NOTE, "entityType": "case", "entityId": "{case}"}),
    Row("native apply_template_set", "/v1/template-sets/1/apply", {"case": "{case}"}),
    Row("native apply_template_set", "/v1/template-sets/1/apply", {"contact": "{contact}"}),
    Row("ibm_htm task.update", "/rest/bpm/htm/v1/task/{mine_tkiid}?action=update", {"parentContextID": "{task_tkiid}"}),
    Row("carrierx_batch batch.list", "/core/v2/batch/tasks?after={batch_uid}"),
    Row("carrierx_batch batch.list", "/core/v2/batch/tasks?before={batch_uid}"),
)
"""By a reference in a body or a query."""

OF_THE_PAGES = re.compile(r"^(?:ibm_htm |onlyoffice_crm task\.(?:get|update|delete|close|reopen)$)")
"""Their pages name a status for missing access: `test_access_matrix.py`."""
NAMES_ONE = re.compile(r"\{(?:id|key|sid|stid|tid|taskid|contactid|task_sid)\}|^/profiles/\{cid\}")
OTHERS = re.compile(r" category\.|^native end_session$| (?:container|template)\.|_template_set$")
"""What everybody may see, task templates too; sessions, which no task knows of: `cases/sessions.toml`."""


class Scene(NamedTuple):
    """A world, and what stands for each name in it: of what is hidden (True), and of what doesn't exist."""

    world: World
    names: dict[bool, dict[str, str]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Scene]:
    with databases.lent(request.param) as url:
        world = World(url)
        for who in ("anna", "bert"):
            world.add(who, admin=who == "anna")
        world.core(lambda uow: furnish(uow, world.people["anna"].user or "", world.people["bert"].user or ""))
        batch = batch_in(world, Status.IN_REVIEW, work_items=(WorkItem(Role.READER, "x"),), creator=None)
        yield Scene(world, names_of(world, {"batch": batch.uid, "event": event_of_hidden_task(world)}))
        world.close()


def furnish(uow: UnitOfWork, anna: str, bert: str) -> None:
    """All that bert may not see, what is his, and tasks of his that link what he may not see."""
    own: dict[str, Any] = {"tenant": uow.tenant, "is_private": True, "creator": anna}
    moments: dict[str, Any] = {"created_at": NOON, "modified_at": NOON}
    contact = Contact(number=HIDDEN["contact"], uid=uow.new_id(), kind=ContactKind.PERSON, first_name="Secret", **own)
    uow.contacts.add(replace(contact, company=HIDDEN["company"]))
    uow.contacts.add(
        Contact(number=HIDDEN["company"], uid=uow.new_id(), kind=ContactKind.COMPANY, company_name="Hush", **own)
    )
    uow.cases.add(
        Case(
            uow.tenant, uow.numbers.draw("case"), uow.new_id(), CaseKind.SERVICE, title="Open", creator=bert, **moments
        )
    )
    uow.cases.add(
        Case(uow.tenant, uow.numbers.draw("case"), uow.new_id(), CaseKind.CASE, title="Mine", creator=bert, **moments)
    )
    uow.contacts.add(
        Contact(
            uow.tenant, uow.numbers.draw("contact"), uow.new_id(), ContactKind.PERSON, first_name="Mine", creator=bert
        )
    )
    for noun in ("case", "opportunity", "service"):
        uow.cases.add(Case(number=HIDDEN[noun], uid=uow.new_id(), kind=CaseKind(noun), title="Secret", **own))
    uow.stages.add(Stage(uow.tenant, HIDDEN["stage"], uow.new_id(), HIDDEN["service"], title="Secret", creator=anna))
    for kind in (CaseKind.CASE, CaseKind.OPPORTUNITY):
        about = {"contact": HIDDEN["contact"], "members": (HIDDEN["contact"],), "creator": bert, **moments}
        uow.cases.add(Case(uow.tenant, uow.numbers.draw("case"), uow.new_id(), kind, title="About", **about))
    uow.notes.add(Note(uow.tenant, HIDDEN["note"], uow.new_id(), NoteKind.NOTE, "Secret", contact=HIDDEN["contact"]))
    found = template_sets.add_set(uow, AppliesTo.CASE, "Sets")
    template_sets.add_blueprint(uow, found, title="T")
    uow.categories.add(
        Category(uow.tenant, uow.numbers.draw("category"), title="Call", icon="call.png", created_at=NOON)
    )
    private: dict[str, Any] = {"contact": HIDDEN["contact"]}
    for number, fields in (
        (HIDDEN["task"], {"case": 2, "creator": anna, **private}),
        (HIDDEN["held"], {"case": HIDDEN["service"], "stage": HIDDEN["stage"], "creator": anna}),
        (600030, {"case": uow.home.inbox_case, "creator": bert}),
        (600031, {"case": 2, "creator": bert, "parent": HIDDEN["task"], **private}),
        (600032, {"case": HIDDEN["service"], "stage": HIDDEN["stage"], "creator": bert}),
        (600033, {"case": HIDDEN["case"], "creator": bert}),
        (600034, {"case": HIDDEN["opportunity"], "creator": bert}),
    ):
        uow.tasks.add(new_task(tenant=uow.tenant, number=number, uid=uow.new_id(), at=NOON, title="T", **fields))


def event_of_hidden_task(world: World) -> str:
    """The id of an event that bert doesn't hear."""
    status, task = world.native("anna", "PATCH", f"/v1/tasks/{HIDDEN['task']}", {"title": "Secret"})
    assert status == 200, task
    status, page = world.native("anna", "GET", f"/v1/events?since=earliest&subject=tasks/{task['id']}")
    assert status == 200, page
    return str(page["items"][-1]["id"])


def names_of(world: World, others: dict[str, str]) -> dict[bool, dict[str, str]]:
    """What stands for each name: of what is hidden, and of what doesn't exist."""

    def uids(uow: UnitOfWork) -> dict[str, str]:
        repositories: dict[str, Any] = {"contact": uow.contacts, "company": uow.contacts, "stage": uow.stages}
        repositories |= {"task": uow.tasks, "held": uow.tasks, "note": uow.notes}
        found = {noun: repositories.get(noun, uow.cases).get(HIDDEN[noun]).uid for noun in NOUNS if noun not in others}
        return {**found, "mine": uow.tasks.get(600030).uid}

    known = world.core(uids)
    mine = {"mine": "600030", "mine_tkiid": tkiid(known.pop("mine")), "my_case": "3", "my_contact": "1"}
    mine["bert"] = world.people["bert"].user or ""
    hidden, unknown = dict(mine), dict(mine)
    for place, noun in enumerate(NOUNS):
        uid = others.get(noun) or known[noun]
        none = f"0e0e0e0e-0000-7000-8000-{place:012x}"
        if noun == "contact":
            hidden["contact_customer"], unknown["contact_customer"] = key_from(uid), key_from(none)
        hidden |= {noun: str(HIDDEN[noun]), f"{noun}_uid": uid, f"{noun}_tkiid": tkiid(uid)}
        unknown |= {noun: str(UNKNOWN[noun]), f"{noun}_uid": none, f"{noun}_tkiid": tkiid(none)}
    return {True: hidden, False: unknown}


def answer(scene: Scene, row: Row, *, is_hidden: bool) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, body and headers without the ids that were named, and without those that were given out."""
    names = scene.names[is_hidden]
    dialect, _, name = row.name.partition(" ")
    [operation] = [each for one in discover() if one.name == dialect for each in one.operations if each.name == name]
    body = b"" if row.body is None else filled(json.dumps(row.body), names).encode()
    reply = scene.world.ask("bert", operation.method, filled(row.target, names), body)
    assert reply.status < 500, reply.body
    shown = reply.body.decode()
    for key in sorted(names, key=lambda key: -len(names[key])):
        if key.partition("_")[0] in NOUNS:
            shown = shown.replace(names[key], f"<{key}>")
    shown = re.sub(r'("(?:id|number|task_id|relativeItemsCount)": ?)(?:\d+|"[^"]*")', r"\1_", shown)
    return reply.status, shown, [header for header in reply.headers if header[0].lower() not in ("etag", "location")]


def filled(text: str, names: dict[str, str]) -> str:
    """The text with its names filled in; a number that stands alone in a body loses its quotes."""
    for key, value in names.items():
        if value.isdigit():
            text = text.replace(f'"{{{key}}}"', value)
        text = text.replace(f"{{{key}}}", value)
    return text


def label(row: Row) -> str:
    return f"{row.name} {row.target} {json.dumps(row.body) if row.body else ''}"


@pytest.mark.parametrize("row", [*ROWS, *REFERENCES], ids=label)
def test_hidden_and_unknown_are_answered_alike(scene: Scene, row: Row) -> None:
    before = hidden_things(scene.world)
    hidden = answer(scene, row, is_hidden=True)
    assert hidden == answer(scene, row, is_hidden=False)
    assert hidden_things(scene.world) == before
    assert "Secret" not in hidden[1]
    if row in ROWS:
        assert hidden[0] in (400, 404), hidden


def hidden_things(world: World) -> Any:
    """What is stored of all that is hidden: a request that names it changes nothing, no count of it either."""

    def look(uow: UnitOfWork) -> Any:
        contacts = [uow.contacts.get(HIDDEN[noun]) for noun in ("contact", "company")]
        cases = [uow.cases.get(HIDDEN[noun]) for noun in ("case", "opportunity", "service")]
        return contacts, cases, uow.stages.get(HIDDEN["stage"]), [uow.tasks.get(HIDDEN[n]) for n in ("task", "held")]

    return world.core(look)


def test_every_operation_that_names_such_an_object_has_its_row() -> None:
    named = {
        f"{dialect.name} {operation.name}"
        for dialect in discover()
        for operation in dialect.operations
        if NAMES_ONE.search(operation.path)
    }
    named = {name for name in named if not OF_THE_PAGES.search(name) and not OTHERS.search(name)}
    assert named == {row.name for row in ROWS}


@pytest.mark.parametrize("field", task_resources.KEYS)
def test_a_batch_finds_and_counts_what_its_creator_may_see(scene: Scene, field: str) -> None:
    values = {
        "id": [str(HIDDEN["task"]), str(UNKNOWN["task"]), "600030"],
        "contact": [str(HIDDEN["contact"]), str(UNKNOWN["contact"])],
        "case": [str(HIDDEN["service"]), str(HIDDEN["case"]), str(UNKNOWN["case"])],
        "parent": [str(HIDDEN["task"]), str(UNKNOWN["task"])],
        "category": ["77"],
        "assignee": [str(scene.world.people["anna"].user)],
    }[field]

    def find(uow: UnitOfWork) -> Any:
        return [found.objects for found in task_resources.find(uow, field, values)]

    found = scene.world.core(find, scene.world.people["bert"])
    assert found == [1 if value == "600030" else 0 for value in values]


@pytest.mark.parametrize(
    ("resources", "field", "values", "expected"),
    [
        (contact_resources, "id", ["contact", "company", "mine"], [0, 0, 1]),
        (case_resources, "id", ["case", "opportunity", "service", "mine"], [0, 0, 0, 1]),
        (case_resources, "contact", ["contact", "company", "mine"], [0, 0, 0]),
    ],
)
def test_a_batch_finds_no_hidden_contact_or_case(
    scene: Scene, resources: Any, field: str, values: list[str], expected: list[int]
) -> None:
    mine = "1" if resources is contact_resources else "3"
    names = [mine if value == "mine" else str(HIDDEN[value]) for value in values]

    def find(uow: UnitOfWork) -> Any:
        return [found.objects for found in resources.find(uow, field, names)]

    assert scene.world.core(find, scene.world.people["bert"]) == expected


def test_what_links_something_hidden_is_still_the_user_s(scene: Scene) -> None:
    def mine(uow: UnitOfWork) -> list[int]:
        found = uow.tasks.page(TaskFilter(visible_to=scene.world.people["bert"]), (), limit=1_000)
        return [task.number for task in found if 600_000 < task.number < HIDDEN["contact"]]

    assert set(range(600_030, 600_035)) <= set(scene.world.read(mine))


def test_stages_of_opportunities_count_what_is_seen(scene: Scene) -> None:
    counts = json.loads(scene.world.ask("bert", "GET", "/api/2.0/crm/opportunity/stage").body)["response"]
    assert not any(stage.get("relativeItemsCount") for stage in counts)
