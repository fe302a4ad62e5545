"""Batches of contacts and cases: what they do, what they refuse, and in whose name."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Decision, Method
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.task import State
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.unit.overlay import HistoryRow
from dragoman.usecases import purge
from dragoman.usecases.batches.execution import entries as batch_entries
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import stages
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import DIALECT, BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE
NOT_VALID = "object validation error"
TYPES = ("contact", "case")
PLAIN = {"contact": "about", "case": "description"}
"""A text of each type that a patch sets."""
NEW: dict[str, dict[str, Any]] = {"contact": {"kind": "person", "first_name": "Ilze"}, "case": {"title": "Move"}}


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own."""
    return BatchWorld.beside(opened, request.node.name)


def made(world: BatchWorld, type_: str, who: Principal | None = None, /, **fields: Any) -> int:
    """A contact or case of anna's, or of another user."""

    def run(uow: UnitOfWork) -> int:
        if type_ == "contact":
            return contacts.add(uow, ContactKind.PERSON, first_name="Ilze", **fields).number
        return cases.add(uow, CaseKind.CASE, title="Move", **fields).number

    number: int = world.core(run, who or world.anna)
    return number


def company(world: BatchWorld) -> int:
    number: int = world.core(lambda uow: contacts.add(uow, ContactKind.COMPANY, company_name="Acme").number, world.anna)
    return number


def contact(world: BatchWorld, number: int) -> Contact:
    found: Contact = world.core(lambda uow: uow.contacts.get(number))
    return found


def case(world: BatchWorld, number: int) -> Case:
    found: Case = world.core(lambda uow: uow.cases.get(number))
    return found


def entity(world: BatchWorld, type_: str, number: int) -> Any:
    return contact(world, number) if type_ == "contact" else case(world, number)


def is_there(world: BatchWorld, type_: str, number: int) -> bool:
    return world.core(lambda uow: (uow.contacts if type_ == "contact" else uow.cases).find(number)) is not None


def history(world: BatchWorld, type_: str, number: int) -> list[HistoryRow]:
    rows: list[HistoryRow] = world.core(lambda uow: uow.history.page(type_, number))
    return rows


def errors(world: BatchWorld, batch: Batch) -> dict[int, Any]:
    return {index: error for index, (_, error) in world.failures(batch).items()}


def codes(world: BatchWorld, batch: Batch) -> dict[int, str]:
    return {index: error["code"] for index, error in errors(world, batch).items()}


def admin(world: BatchWorld) -> Principal:
    return world.add("ada", admin=True)


# Made


def test_contacts_are_made_of_native_documents(world: BatchWorld) -> None:
    acme = company(world)
    data = [
        {"kind": "person", "first_name": "Ilze", "company": acme, "extensions": {"Seal": {"a": 1.50}}},
        {"kind": "person", "last_name": 3},
        {"kind": "company", "company_name": "Umbrella", "is_private": True, "shared_with": [world.anna.user]},
    ]
    batch = world.done(POST, "contact", data=data)
    assert (batch.success, batch.failure) == (2, 1)
    assert errors(world, batch)[1]["errors"] == [{"field": "last_name", "message": "must be text or null"}]
    ilze, umbrella = contact(world, acme + 1), contact(world, acme + 2)
    assert (ilze.first_name, ilze.company, ilze.creator) == ("Ilze", acme, world.anna.user)
    assert json.loads(ilze.extensions["seal"].value) == {"a": 1.5}
    assert (umbrella.is_private, umbrella.shared_with) == (True, (world.anna.user,))
    assert contact(world, acme).person_count == 1


def test_many_contacts_are_made_and_many_cases_deleted_in_one_transaction(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices: list[int] = []
    run = batch_entries.outcomes

    def counted(*arguments: Any) -> Any:
        done = run(*arguments)
        slices.append(len(done))
        return done

    monkeypatch.setattr(batch_entries, "outcomes", counted)
    batch = world.done(POST, "contact", data=[NEW["contact"]] * 40)
    assert batch.success == 40
    assert max(slices) > 1
    numbers = [made(world, "case") for _ in range(20)]
    slices.clear()
    assert world.done(DELETE, "case", field="id", entries=numbers).success == 20
    assert max(slices) > 1


def test_a_contact_counts_the_tasks_that_named_its_number_before(world: BatchWorld) -> None:
    first = made(world, "contact")
    world.core(lambda uow: tasks.add(uow, title="Call", contact=first + 2))
    world.done(POST, "contact", data=[NEW["contact"]] * 3)
    assert [contact(world, first + n).task_count for n in (1, 2, 3)] == [0, 1, 0]


def test_cases_are_made_of_native_documents(world: BatchWorld) -> None:
    ilze = made(world, "contact")
    data = [
        {"title": "Move", "contact": ilze, "assignee": "anna", "extensions": {"Seal": [1]}},
        {"title": "Move", "contact": 999},
        {"title": "Move", "assignee": "nobody"},
        {"kind": "inbox"},
        {"kind": "service", "description": "…", "is_private": True},
    ]
    batch = world.done(POST, "case", data=data)
    assert codes(world, batch) == {1: "invalid", 2: "invalid", 3: "invalid"}
    numbers = [row.number for row in world.core(lambda uow: uow.cases.page(limit=10)) if row.kind is not CaseKind.INBOX]
    move, service = (case(world, number) for number in numbers)
    assert (move.contact, move.assignee, move.creator) == (ilze, world.anna.user, world.anna.user)
    assert move.extensions["seal"].value == "[1]"
    assert (service.kind, service.is_private) == (CaseKind.SERVICE, True)


@pytest.mark.parametrize("type_", TYPES)
def test_an_entry_with_a_bad_extension_makes_nothing(world: BatchWorld, type_: str) -> None:
    before = made(world, type_)
    batch = world.done(POST, type_, data=[{**NEW[type_], "extensions": {"a": 1, "A": 2}}, NEW[type_]])
    assert errors(world, batch)[0]["errors"][0]["field"] == "extensions/A"
    assert entity(world, type_, before + 1).extensions == {}
    assert not is_there(world, type_, before + 2)


# Changed


@pytest.mark.parametrize("type_", TYPES)
def test_a_number_its_text_and_the_id_pick_the_same_object(world: BatchWorld, type_: str) -> None:
    numbers = [made(world, type_) for _ in range(4)]
    uids = [entity(world, type_, number).uid for number in numbers]
    entries = [numbers[0], str(numbers[1]), uids[2], uids[3].upper()]
    batch = world.done(PATCH, type_, field="id", entries=entries, data={PLAIN[type_]: "seen"})
    assert batch.success == 4
    assert [getattr(entity(world, type_, number), PLAIN[type_]) for number in numbers] == ["seen"] * 4


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("entry", ["", "0", "07", "-1", "x", 0, 10**19, "00000000-0000-7000-8000-00000000ffff", 999])
def test_an_entry_that_is_no_objects_id_is_not_found(world: BatchWorld, type_: str, entry: Any) -> None:
    batch = world.done(PATCH, type_, field="id", entries=[entry], data={PLAIN[type_]: "x"})
    assert errors(world, batch)[0] == {
        "code": "not_found",
        "message": "Cannot find item by id",
        "errors": [{"field": "id", "message": f"no {type_} matches"}],
    }


@pytest.mark.parametrize("type_", TYPES)
def test_history_names_the_creator_of_the_batch(world: BatchWorld, type_: str) -> None:
    number = made(world, type_)
    order = world.order(PATCH, type_, field="id", entries=[number], data={PLAIN[type_]: "seen"}, review=True)
    world.run_jobs()
    assert getattr(entity(world, type_, number), PLAIN[type_]) is None
    world.decide(order, Decision.APPROVE)
    world.run_jobs()
    change = history(world, type_, number)[-1]
    assert (change.principal, change.dialect, change.operation) == ("anna", DIALECT, "batch.run")
    assert json.loads(change.changes) == {PLAIN[type_]: [None, "seen"]}


@pytest.mark.parametrize("type_", TYPES)
def test_extensions_are_merged_and_removed(world: BatchWorld, type_: str) -> None:
    number = made(world, type_)
    for patch in ({"Seal": {"a": 1, "b": 2}, "Gone": 1}, {"seal": {"b": None, "c": 3}, "Gone": None, "Unknown": None}):
        batch = world.done(PATCH, type_, field="id", entries=[number], data={"extensions": patch})
        assert batch.success == 1, errors(world, batch)
    extensions = entity(world, type_, number).extensions
    assert {name: json.loads(value.value) for name, value in extensions.items()} == {"seal": {"a": 1, "c": 3}}
    assert len(history(world, type_, number)) == 3


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_so_already_counts_as_done_and_leaves_no_trace(world: BatchWorld, type_: str) -> None:
    fields: dict[str, Any] = {PLAIN[type_]: "seen"}
    number = made(world, type_, **fields)
    batch = world.done(PATCH, type_, field="id", entries=[number, number], data={PLAIN[type_]: "seen"})
    assert (batch.success, batch.failure) == (2, 0)
    assert entity(world, type_, number).revision == 1


@pytest.mark.parametrize(
    ("type_", "data", "field"),
    [
        ("contact", {"kind": "company"}, "kind"),
        ("contact", {"task_count": 3}, "task_count"),
        ("contact", {"company": 999}, "company"),
        ("contact", {"shared_with": ["00000000-0000-7000-8000-00000000ffff"]}, "shared_with"),
        ("contact", {"title": "x"}, "title"),
        ("contact", {"extensions": {"": 1}}, "extensions/"),
        ("case", {"kind": "service"}, "kind"),
        ("case", {"completed_at": "2031-01-01T00:00:00Z"}, "completed_at"),
        ("case", {"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ("case", {"contact": 999}, "contact"),
        ("case", {"assignee": "nobody"}, "assignee"),
        ("case", {"priority": 1}, "priority"),
        ("case", {"extensions": 3}, "extensions"),
    ],
)
def test_what_the_native_document_refuses_is_invalid(
    world: BatchWorld, type_: str, data: dict[str, Any], field: str
) -> None:
    number = made(world, type_)
    batch = world.done(PATCH, type_, field="id", entries=[number], data=data)
    [error] = errors(world, batch).values()
    assert (error["code"], error["message"]) == ("invalid", NOT_VALID)
    assert [fault.get("field") for fault in error["errors"]] == [field]
    assert entity(world, type_, number).revision == 1


def test_persons_move_from_company_to_company(world: BatchWorld) -> None:
    one, two = company(world), company(world)
    persons = [made(world, "contact") for _ in range(3)]
    world.done(PATCH, "contact", field="id", entries=persons, data={"company": one})
    assert contact(world, one).person_count == 3
    uid = contact(world, two).uid
    world.done(PATCH, "contact", field="id", entries=persons[:2], data={"company": uid.upper()})
    assert (contact(world, one).person_count, contact(world, two).person_count) == (1, 2)


# Cases by contact


def test_cases_are_found_by_their_contact(world: BatchWorld) -> None:
    one, two, none = (made(world, "contact") for _ in range(3))
    single = made(world, "case", contact=one)
    for _ in range(2):
        made(world, "case", contact=two)
    entries = [str(one), one, two, none, 999, "x", contact(world, one).display_name]
    batch = world.done(PATCH, "case", field="contact", entries=entries, data={"title": "Called"})
    assert codes(world, batch) == {2: "ambiguous", **dict.fromkeys((3, 4, 5, 6), "not_found")}
    assert errors(world, batch)[2]["errors"] == [{"field": "contact", "message": "matches 2 objects"}]
    assert case(world, single).title == "Called"


def test_an_entry_finds_what_the_one_before_it_left(world: BatchWorld) -> None:
    one, two = (made(world, "contact") for _ in range(2))
    number = made(world, "case", contact=one)
    batch = world.done(PATCH, "case", field="contact", entries=[one, one, two], data={"contact": two, "title": "x"})
    assert list(codes(world, batch)) == [1]
    assert case(world, number).contact == two


def test_only_cases_that_the_creator_may_see_are_counted(world: BatchWorld) -> None:
    bert = world.add("bert")
    ilze = made(world, "contact")
    mine = made(world, "case", contact=ilze)
    hidden = made(world, "case", bert, contact=ilze, is_private=True)
    batch = world.done(PATCH, "case", field="contact", entries=[ilze], data={"title": "Called"})
    assert (batch.success, case(world, mine).title, case(world, hidden).revision) == (1, "Called", 1)
    batch = world.done(PATCH, "case", field="contact", entries=[ilze], data={"title": "Called"}, who=bert)
    assert codes(world, batch) == {0: "ambiguous"}
    secret = made(world, "contact", bert, is_private=True)
    linked = made(world, "case", contact=secret)
    batch = world.done(PATCH, "case", field="contact", entries=[secret], data={"title": "Called"})
    assert (codes(world, batch), case(world, linked).revision) == ({0: "not_found"}, 1)


def test_a_case_whose_time_is_over_is_not_found(world: BatchWorld) -> None:
    ilze = made(world, "contact")
    over = made(world, "case", contact=ilze, expires_at=world.clock.now() + 1)
    left = made(world, "case", contact=ilze)
    world.clock.advance(60)
    batch = world.done(PATCH, "case", field="id", entries=[over], data={"title": "x"})
    assert codes(world, batch) == {0: "not_found"}
    batch = world.done(PATCH, "case", field="contact", entries=[ilze], data={"title": "x"})
    assert (batch.success, case(world, left).title) == (1, "x")


# Deleted


@pytest.mark.parametrize("type_", TYPES)
def test_objects_are_deleted(world: BatchWorld, type_: str) -> None:
    one, two = made(world, type_), made(world, type_)
    batch = world.done(DELETE, type_, field="id", entries=[one, two, one])
    assert codes(world, batch) == {2: "not_found"}
    assert not is_there(world, type_, one)
    assert not is_there(world, type_, two)
    assert history(world, type_, one)[-1].principal == "anna"


def test_what_is_in_use_is_kept(world: BatchWorld) -> None:
    acme, ilze = company(world), made(world, "contact")
    made(world, "contact", company=acme)
    held = made(world, "case", contact=ilze)
    world.core(lambda uow: tasks.add(uow, title="Call", contact=ilze, case=held))
    batch = world.done(DELETE, "contact", field="id", entries=[acme, ilze])
    assert codes(world, batch) == {0: "conflict", 1: "conflict"}
    batch = world.done(DELETE, "case", field="id", entries=[held])
    assert codes(world, batch) == {0: "conflict"}
    assert is_there(world, "case", held)


def test_a_person_leaves_the_company_by_being_deleted(world: BatchWorld) -> None:
    acme = company(world)
    person = made(world, "contact", company=acme)
    batch = world.done(DELETE, "contact", field="id", entries=[person, acme])
    assert (batch.success, is_there(world, "contact", acme)) == (2, False)


def test_a_case_goes_with_its_stages(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = made(world, "case"), made(world, "case")
    monkeypatch.setattr(purge.remove_case, "__kwdefaults__", {"direct": 2})

    def with_stages(uow: UnitOfWork) -> None:
        for number, count in ((few, 2), (many, 3)):
            for _ in range(count):
                stages.add(uow, uow.cases.get(number), title="Step")

    world.core(with_stages)
    assert world.done(DELETE, "case", field="id", entries=[few, many]).success == 2
    assert [world.core(lambda uow, number=number: uow.stages.of_case(number)) for number in (few, many)] == [[], []]
    while world.core(lambda uow: purge.sweep(uow, purge.Sweep())):
        pass
    assert not world.core(lambda uow: uow.purge_marks.is_waiting())


@pytest.mark.parametrize(
    "change",
    [{"expires_at": "2041-01-01T00:00:00Z"}, {"assignee": "anna"}, {"is_private": True}, None],
    ids=str,
)
def test_the_inbox_stays(world: BatchWorld, change: dict[str, Any] | None) -> None:
    inbox, ada = world.core(lambda uow: uow.home.inbox_case), admin(world)
    before = case(world, inbox)
    method = DELETE if change is None else PATCH
    batch = world.done(method, "case", field="id", entries=[inbox], data=change, who=ada)
    assert codes(world, batch) == {0: "conflict"}
    assert case(world, inbox) == before


# Rights


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(("method", "verb"), [(POST, "create"), (PATCH, "update"), (DELETE, "delete")])
def test_the_creators_token_must_allow_it(world: BatchWorld, type_: str, method: Method, verb: str) -> None:
    def done(*scopes: str) -> Batch:
        number = made(world, type_)
        who = structs.replace(world.anna, scopes=frozenset({"batch.manage", *scopes}))
        if method is POST:
            return world.done(POST, type_, data=[NEW[type_]], who=who)
        data = {PLAIN[type_]: "x"} if method is PATCH else None
        return world.done(method, type_, field="id", entries=[number], data=data, who=who)

    others = {"create", "update", "delete", "read"} - {verb}
    refused = done(*(f"{type_}.{other}" for other in others), "task.manage", "task.write")
    assert errors(world, refused)[0] == {
        "code": "forbidden",
        "message": "Forbidden",
        "errors": [{"message": f"scope {type_}.{verb} is missing"}],
    }
    for scope in (verb, "write", "manage"):
        assert done(f"{type_}.{scope}").success == 1


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("method", [PATCH, DELETE])
def test_a_hidden_object_is_not_found_and_anothers_is_forbidden(world: BatchWorld, type_: str, method: Method) -> None:
    bert = world.add("bert")
    hidden, open_ = made(world, type_, bert, is_private=True), made(world, type_, bert)
    data = {PLAIN[type_]: "x"} if method is PATCH else None
    batch = world.done(method, type_, field="id", entries=[hidden, open_], data=data)
    assert codes(world, batch) == {0: "not_found", 1: "forbidden"}
    assert [entity(world, type_, number).revision for number in (hidden, open_)] == [1, 1]
    assert world.done(method, type_, field="id", entries=[hidden, open_], data=data, who=bert).success == 2


def test_a_batch_that_hides_its_object_from_its_creator_stops_there(world: BatchWorld) -> None:
    bert = world.add("bert")
    number = made(world, "case", bert, assignee=world.anna.user, is_private=True)
    data = [{"assignee": None}, {"title": "x"}]
    batch = world.done(PATCH, "case", field="id", entries=[number, number], data=data)
    assert codes(world, batch) == {1: "not_found"}


# Tasks


def test_a_state_asks_for_the_permission_of_its_verb(world: BatchWorld) -> None:
    """Potential starters may start a task that isn't started, and end none."""
    bert = world.add("bert")
    items = (WorkItem(Role.POTENTIAL_STARTER, str(bert.user)), WorkItem(Role.READER, str(bert.user)))

    def run(uow: UnitOfWork) -> list[int]:
        return [tasks.add(uow, title="x", state=State.INACTIVE, work_items=items).number for _ in range(2)]

    started, ended = world.core(run, world.anna)
    batch = world.done(PATCH, "task", field="id", entries=[started], data={"state": "ready", "title": "y"}, who=bert)
    assert errors(world, batch) == {}
    assert world.task(started).state is State.READY
    batch = world.done(PATCH, "task", field="id", entries=[started, ended], data={"state": "completed"}, who=bert)
    assert codes(world, batch) == {0: "forbidden", 1: "forbidden"}


def test_properties_and_extensions_of_tasks_are_merged(world: BatchWorld) -> None:
    number = world.core(lambda uow: tasks.add(uow, title="x", properties={"a": "1", "b": "2"}).number, world.anna)
    data = {"properties": {"a": None, "c": "3"}, "extensions": {"Seal": {"n": 1.0}}, "state": "completed"}
    assert world.done(PATCH, "task", field="id", entries=[number], data=data).success == 1
    task = world.task(number)
    assert (task.properties, task.state) == ({"b": "2", "c": "3"}, "completed")
    assert task.extensions["seal"].value == '{"n":1.0}'


@pytest.mark.parametrize("key", ["assignee", "case", "category", "contact", "parent"])
def test_every_key_of_tasks_finds_the_only_one_and_reports_several(world: BatchWorld, key: str) -> None:
    def referred(uow: UnitOfWork) -> Any:
        match key:
            case "assignee":
                return world.anna.user
            case "case":
                return cases.add(uow, CaseKind.CASE).number
            case "category":
                return uow.categories.all()[0].number
            case "contact":
                return contacts.add(uow, ContactKind.PERSON).number
        return tasks.add(uow, title="whole").number

    value = world.core(referred, world.anna)

    def add() -> int:
        number: int = world.core(lambda uow: tasks.add(uow, title="x", **{key: value}).number, world.anna)
        return number

    number = add()
    entries = [value, str(value)]
    assert world.done(PATCH, "task", field=key, entries=entries, data={"priority": 1}).success == 2
    assert world.task(number).priority == 1
    add()
    batch = world.done(PATCH, "task", field=key, entries=entries, data={"priority": 2})
    assert codes(world, batch) == {0: "ambiguous", 1: "ambiguous"}
