"""The event log as it is read: envelopes of stored facts, and what each user hears of them."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain import event_cursor
from dragoman.domain.access import Principal
from dragoman.domain.audience import hears
from dragoman.domain.case import Stage
from dragoman.domain.errors import NotFound
from dragoman.domain.event_filter import Filter, subject_of
from dragoman.domain.ids import new_id
from dragoman.domain.people import Group
from dragoman.domain.resource import Resource
from dragoman.domain.webhook import Webhook
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories.events import LoggedEvent
from dragoman.usecases.events import delta, event_log, tailing
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from dragoman.usecases.webhooks.hearing import Bodies, messages
from tests.support.shared_application import tenant_of
from tests.support.world import World

CREW = "00000000-0000-7000-8000-00000000bbbb"
MEMBERS = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "data"]
OF_DATA = [
    *("entity", "id", "number", "revision", "title", "actor", "on_behalf_of", "dialect", "operation", "changes"),
]


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    for login in ("anna", "sue", "rex", "bert", "carl", "dora", "gus"):
        world.add(login, admin=login == "anna")
    world.core(lambda uow: uow.groups.add(Group(uow.tenant, CREW, "Crew", number=901, roles=("reviewer",))))
    people = world.people
    people["sue"] = replace(people["sue"], is_supervisor=True)
    people["rex"] = replace(people["rex"], is_reviewer=True)
    people["gus"] = replace(people["gus"], groups=frozenset({CREW}))
    return world


def page(
    world: World, who: str, since: str = "earliest", *, limit: int = 1_000, wanted: Filter | None = None
) -> delta.Page:
    command = delta.ReadEvents(since, wanted or Filter(), limit)
    found: delta.Page = world.core(lambda uow: delta.page(uow, command), world.people[who])
    return found


def heard(world: World, who: str, wanted: Filter | None = None) -> list[dict[str, Any]]:
    return [json.loads(item.envelope) for item in page(world, who, wanted=wanted).items]


def logged(world: World) -> list[LoggedEvent]:
    found: list[LoggedEvent] = world.core(lambda uow: uow.events.page(0, 10**9, limit=1_000))
    return found


def test_an_envelope_has_its_members_in_order_and_tells_what_history_tells(world: World) -> None:
    body = {"title": "Ünder „quotes“", "priority": 3, "due_at": "2031-05-04T10:20:30.1234567Z"}
    _, task = world.native("anna", "POST", "/v1/tasks", body)
    path = f"/v1/tasks/{task['number']}"
    reply = world.ask("anna", "PUT", f"{path}/extensions/Order", '{"sum": 1.10,\n "rate":\t1e2}')
    assert reply.status < 300, reply
    world.native("bert", "POST", f"{path}/claim")
    world.native("anna", "DELETE", path)
    items = page(world, "anna", wanted=Filter(subject=subject_of(f"tasks/{task['id']}"))).items
    raw = [item.envelope.decode() for item in items]
    seen = [json.loads(text) for text in raw]
    assert [each["type"] for each in seen] == ["task.created", "task.changed", "task.assigned", "task.deleted"]
    _, history = world.native("anna", "GET", f"/v1/tasks/{task['id']}/history")
    for text, each, entry in zip(raw, seen, history["items"], strict=True):
        assert list(each) == MEMBERS
        assert list(each["data"]) == OF_DATA
        assert each["data"]["changes"] == entry["changes"]
        assert (each["data"]["revision"], each["data"]["operation"]) == (entry["revision"], entry["operation"])
        assert json.dumps(each, separators=(",", ":"), ensure_ascii=False).replace("100.0", "1e2") == text.replace(
            "1.10", "1.1"
        )
        assert (each["time"], each["source"]) == ("2026-09-21T14:13:20.000000Z", f"urn:dragoman:tenant:{world.name}")
    assert '{"sum":1.10,"rate":1e2}' in raw[1]
    assert '"due_at":{"old":null,"new":"2031-05-04T10:20:30.1234567Z"}' in raw[0]
    first = seen[0]["data"]
    assert (first["title"], first["actor"]) == (body["title"], {"id": world.people["anna"].user, "login": "anna"})
    assert [f"{int(each['sequence']):020d}" for each in seen] == [each["sequence"] for each in seen]


def test_long_fields_are_left_out_and_named(world: World) -> None:
    wide = "é" * (8 * 1024 - 1)  # with its quotes, 16 KiB as JSON
    _, task = world.native("anna", "POST", "/v1/tasks", {"title": "t", "description": wide})
    path = f"/v1/tasks/{task['number']}"
    world.native("anna", "PATCH", path, {"description": wide + "x", "priority": 1})
    world.native("anna", "PATCH", path, {"description": "short"})
    world.native("anna", "PATCH", path, {"description": "x" * 5_000})
    first, second, third, fourth = [each["data"] for each in heard(world, "anna", Filter(("task.*",)))]
    assert first["changes"]["description"] == {"old": None, "new": wide}
    assert "omitted" not in first
    assert (second["changes"], second["omitted"]) == ({"priority": {"old": None, "new": 1}}, ["description"])
    assert list(second) == [*OF_DATA, "omitted"]
    assert (third["changes"], third["omitted"]) == ({}, ["description"])
    assert len(fourth["changes"]["description"]["new"]) == 5_000


def test_an_event_without_history_has_its_own_members(world: World) -> None:
    def announce(uow: UnitOfWork) -> str:
        return uow.announce("webhook.disabled", "webhook", new_id(), "", webhook="w", reason="gone")

    uid = world.core(announce)
    event = heard(world, "anna")[-1]
    assert event["id"] == uid
    assert list(event["data"]) == [*OF_DATA, "webhook", "reason"]
    assert (event["data"]["revision"], event["data"]["changes"], event["data"]["number"]) == (None, {}, None)


def test_a_tenant_has_no_number(world: World) -> None:
    world.native("anna", "PATCH", "/v1/tenant", {"display_name": "Main & Sons"})
    event = heard(world, "anna", Filter(("tenant.*",)))[-1]
    assert (event["subject"], event["data"]["id"], event["data"]["number"]) == (
        f"tenants/{world.name}",
        world.name,
        None,
    )


def test_pages_follow_each_other_through_any_filter(world: World) -> None:
    for place in range(7):
        _, task = world.native("anna", "POST", "/v1/tasks", {"title": str(place)})
        world.native("anna", "POST", f"/v1/tasks/{task['number']}/claim")
    for wanted in (Filter(), Filter(("task.assigned",)), Filter(subject=subject_of("tasks/3")), Filter(("x.y",))):
        whole = page(world, "bert", wanted=wanted)
        assert not whole.has_more
        found: list[delta.Item] = []
        since, has_more = "earliest", True
        while has_more:
            part = page(world, "bert", since, limit=2, wanted=wanted)
            found, since, has_more = found + part.items, part.next, part.has_more
        assert found == whole.items
        assert since == whole.next == page(world, "bert", "latest").next
    assert len(page(world, "bert", wanted=Filter(subject=subject_of("tasks/3"))).items) == 2


def test_every_user_hears_what_he_may_see_and_nothing_else(world: World) -> None:
    """Of each event: what the table of the contract gives, with the history of the subject for what may be seen."""
    _furnish(world)
    kinds: set[tuple[str, str]] = set()
    events = logged(world)
    for login, principal in world.people.items():
        got = {each["id"]: each for each in heard(world, login)}
        for event in events:
            wanted = _expected(world, login, principal, event)
            envelope = got.get(event.uid)
            assert (envelope and envelope["type"]) == wanted, (login, event)
            kinds.add((event.entity, str(wanted)))
            if wanted is not None and wanted.endswith(".hidden"):
                data = {"entity": event.entity, "id": event.id, "number": event.number}
                assert envelope is not None
                assert (list(envelope), envelope["data"]) == (MEMBERS, data)
            assert _alone(world, principal, event.uid) == (None if envelope is None else event.uid)
    heard_of = {entity for entity, wanted in kinds if wanted != "None"}
    assert heard_of == {"task", "case", "stage", "contact", "resource", "user", "group", "tenant", "batch", "webhook"}
    assert {wanted for _, wanted in kinds if wanted.endswith("hidden")} == {
        *("task.hidden", "case.hidden", "contact.hidden")
    }


def test_streams_and_webhooks_tell_every_user_the_same_as_the_log(world: World) -> None:
    """Byte by byte, from what one look at the log found for all streams, and one slice of it for all webhooks."""
    _furnish(world)
    looked = world.core(lambda uow: tailing.look(uow, tailing.Look(event_log.log_id(uow), 0)))
    assert isinstance(looked, tailing.Looked)
    assert looked.until == looked.last
    for login, principal in world.people.items():
        told = {item.sequence: (item.type, item.envelope) for item in page(world, login).items}
        streamed = b"".join(
            b"id: %b\nevent: %b\ndata: %b\n\n"
            % (event_cursor.encode(looked.log, place).encode(), type_.encode(), envelope)
            for place, (type_, envelope) in told.items()
        )
        assert looked.said(principal, Filter(), 0, looked.until).blocks == streamed, login
        sent = world.core(lambda uow, owner=principal: _sent(uow, owner))
        assert sent == told, login


def _sent(uow: UnitOfWork, owner: Principal) -> dict[int, tuple[str, bytes]]:
    """What a webhook of this owner gets of the whole log."""
    hook = Webhook(uow.tenant, uow.new_id(), "https://hook.example/", str(owner.user), "")
    events = uow.events.page(0, 10**9, limit=1_000)
    return {
        each.event.sequence: (each.type, each.body.encode()) for each in messages(uow, hook, owner, events, Bodies(uow))
    }


def _alone(world: World, principal: Principal, uid: str) -> str | None:
    """The id of an event that is asked for alone, None where there is none for this user."""
    try:
        found = world.core(lambda uow: delta.one(uow, delta.ReadEvent(uid)), principal)
    except NotFound:
        return None
    return str(json.loads(found)["id"])


PLURALS = {"task": "tasks", "batch": "tasks", "case": "cases", "contact": "contacts"}


def _expected(world: World, login: str, principal: Principal, event: LoggedEvent) -> str | None:
    if hears(principal, event.entity, event.audience):
        return event.type if principal.is_admin or _may_see(world, login, event) else None
    before = event.audience_before
    if before is not None and hears(principal, event.entity, before):
        return f"{event.entity}.hidden"
    return None


def _may_see(world: World, login: str, event: LoggedEvent) -> bool:
    """Whether the history of the subject, which stays after a deletion, is shown."""
    entity, number = event.entity, event.number
    if entity == "stage":
        entity, number = "case", world.core(lambda uow: uow.stages.get(number).case)
    if entity not in PLURALS:
        return True
    status, _ = world.native(login, "GET", f"/v1/{PLURALS[entity]}/{number}/history")
    return bool(status == 200)


def _furnish(world: World) -> None:
    """Tasks, cases, stages and contacts that are open, private, shared, hidden, shown, deleted."""
    users = {login: principal.user for login, principal in world.people.items()}

    def made(who: str, path: str, **fields: Any) -> int:
        status, found = world.native(who, "POST", path, fields)
        assert status == 201, found
        return int(found["number"])

    def change(who: str, path: str, **fields: Any) -> None:
        status, found = world.native(who, "PATCH", path, fields)
        assert status == 200, found

    private = made("bert", "/v1/contacts", kind="person", first_name="P", is_private=True, shared_with=[users["carl"]])
    turned = made("bert", "/v1/contacts", kind="person", first_name="T")
    gone = made("bert", "/v1/contacts", kind="person", first_name="G", is_private=True)
    for contact in (private, turned, gone, None):
        number = made("bert", "/v1/tasks", title="t", contact=contact)
        change("bert", f"/v1/tasks/{number}", priority=2)
        if contact != private:
            change("anna", f"/v1/tasks/{number}", contact=private)  # hides it from most
        change("anna", f"/v1/tasks/{number}", contact=None)
        doomed = made("anna", "/v1/tasks", title="d", contact=contact)
        world.native("anna", "DELETE", f"/v1/tasks/{doomed}")
    change("bert", f"/v1/contacts/{turned}", is_private=True)
    change("bert", f"/v1/contacts/{private}", is_private=False)
    change("bert", f"/v1/contacts/{private}", is_private=True)
    assert world.native("anna", "DELETE", f"/v1/contacts/{gone}")[0] < 300
    for is_private in (False, True):
        case = made("bert", "/v1/cases", title="c", assignee=users["carl"], is_private=is_private)
        made("carl", "/v1/tasks", title="in it", case=case)
        change("bert", f"/v1/cases/{case}", is_private=not is_private)
        change("bert", f"/v1/cases/{case}", title="c2")
    world.core(lambda uow: uow.stages.add(Stage(uow.tenant, uow.numbers.draw("stage"), uow.new_id(), case, title="s")))
    doomed = made("bert", "/v1/cases", title="c", is_private=True)
    assert world.native("anna", "DELETE", f"/v1/cases/{doomed}")[0] < 300
    for holders in (("dora",), (f"group:{CREW}",), ("*",)):
        number = made("bert", "/v1/tasks", title="held")
        world.core(lambda uow, n=number, h=holders: _hold(uow, n, [users.get(each, each) for each in h]))
        change("anna", f"/v1/tasks/{number}", title="held again")
        world.core(lambda uow, n=number: _hold(uow, n, [users["carl"]]))
    world.core(_others)
    world.native("anna", "PATCH", "/v1/tenant", {"display_name": "M"})


def _hold(uow: UnitOfWork, number: int, holders: list[Any]) -> None:
    task = uow.tasks.get(number)
    items = tuple(WorkItem(Role.POTENTIAL_OWNER, holder) for holder in holders)
    tasks.save(uow, task, replace(task, work_items=items))


def _others(uow: UnitOfWork) -> None:
    number = uow.numbers.draw("resource")
    uow.resources.add(Resource(uow.tenant, number, uow.new_id(), "did", "n", body={"a": 1}))
    uow.announce("webhook.disabled", "webhook", uow.new_id(), str(uow.principal.user or ""), webhook="w", reason="gone")
    first = uow.tasks.find(1)
    assert first is not None
    uow.announce(
        "batch.completed", "batch", first.uid, "*", number=1, status="completed", total=1, success=1, failure=0
    )
