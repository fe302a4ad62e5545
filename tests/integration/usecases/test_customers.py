"""Contacts as customers: found by values, unique whoever writes them, services deleted in portions."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.bulk import Method
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.contact_values import Condition, values_of
from dragoman.domain.errors import Conflict
from dragoman.domain.extension import Declaration, Owner
from dragoman.store import tables
from dragoman.store.migrations import complete
from dragoman.usecases import extension_schemas as schemas
from dragoman.usecases import purge
from dragoman.usecases.contacts import edits, identification, search
from dragoman.usecases.contacts.edits import Change, Create
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

BY_MAIL = identification.Create("ByMail", None, ("EmailAddress",), ("@email",), is_unique=True)
FREE = Declaration(True, ())


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own, with ada, who administers it."""
    world = BatchWorld.beside(opened, request.node.name)
    world.add("ada", admin=True)
    return world


def person(world: BatchWorld, **fields: Any) -> Contact:
    extensions = fields.pop("extensions", {})
    command = Create(ContactKind.PERSON, fields, extensions=extensions)
    made: Contact = world.core(lambda uow: edits.create(uow, command), world.anna)
    return made


def found(world: BatchWorld, *conditions: Condition) -> list[int]:
    numbers: list[int] = world.core(lambda uow: [each.number for each in search.find(uow, conditions)])
    return numbers


def rows(world: BatchWorld) -> set[tuple[int, str, str]]:
    """What the search table holds."""
    row = tables.contact_value.c
    statement = sa.select(row.contact, row.attribute, row.value).where(row.tenant == world.tenant)
    with world.app.store.engine.raw.connect() as connection:
        return {tuple(each) for each in connection.execute(statement)}


def expected(world: BatchWorld) -> set[tuple[int, str, str]]:
    contacts: list[Contact] = world.core(lambda uow: uow.contacts.page(limit=10_000))
    return {(contact.number, *value) for contact in contacts for value in values_of(contact)}


def test_the_search_table_follows_every_write(world: BatchWorld) -> None:
    one = person(world, first_name="Ida", email="ida@example.com", extensions={"Car": '[{"plate":"B-1","size":1.50}]'})
    other = person(world, last_name="Lind")
    assert rows(world) == expected(world)
    world.core(lambda uow: edits.change(uow, Change(one.number, {"email": "IDA@example.com", "first_name": None})))
    world.core(lambda uow: edits.change(uow, Change(one.number, extensions={"Car": '[{"plate":"B-2","plate2":null}]'})))
    assert rows(world) == expected(world)
    world.core(lambda uow: edits.remove(uow, edits.Remove(other.number)))
    assert rows(world) == expected(world)
    assert found(world, Condition("plate", ("b-2",), "car")) == [one.number]


def test_the_migration_fills_the_table_for_contacts_of_before(world: BatchWorld) -> None:
    person(world, first_name="Ida", extensions={"Car": '[{"plate":"B-1"}]'})
    person(world, last_name="Lind")
    before = rows(world)
    engine = world.app.store.engine
    with engine.raw.begin() as connection:
        connection.execute(sa.delete(tables.contact_value))
        complete(connection, "0016")
    assert rows(world) == before


def test_values_of_a_deleted_schema_are_found_no_more_while_they_are_swept(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "DIRECT", 1)
    world.core(lambda uow: schemas.create(uow, schemas.Create(Owner.CONTACT, "Car", FREE)))
    numbers = [person(world, extensions={"Car": '[{"plate":"B"}]', "Cargo": '{"plate":"B"}'}).number for _ in range(3)]
    assert found(world, Condition("plate", ("B",), "car")) == numbers
    world.core(lambda uow: schemas.delete(uow, schemas.Delete(Owner.CONTACT, "Car")))
    assert found(world, Condition("plate", ("B",), "car")) == []
    assert found(world, Condition("plate", ("B",), "cargo")) == numbers
    world.core(lambda uow: edits.change(uow, Change(numbers[0], extensions={"Car": '[{"plate":"B"}]'})))
    while world.stored(lambda uow: purge.sweep(uow, purge.Sweep())):
        pass
    assert rows(world) == expected(world)


def test_a_batch_gives_no_two_contacts_a_unique_value(world: BatchWorld) -> None:
    world.core(lambda uow: identification.create(uow, BY_MAIL))
    numbers = [person(world, first_name="Ida").number for _ in range(3)]
    batch = world.done(Method.PATCH, "contact", field="id", entries=numbers, data={"email": "ida@example.com"})
    assert (batch.success, batch.failure) == (1, 2)
    assert {error["code"] for _, error in world.failures(batch).values()} == {"conflict"}
    people = [{"kind": "person", "email": mail} for mail in ("a@example.com", "A@EXAMPLE.COM", "b@example.com")]
    batch = world.done(Method.POST, "contact", data=people)
    assert (batch.success, batch.failure) == (2, 1)


def test_of_writers_at_the_same_moment_one_gets_a_unique_value(world: BatchWorld) -> None:
    world.core(lambda uow: identification.create(uow, BY_MAIL))
    results: list[str] = []
    gate = threading.Barrier(4)

    def write() -> None:
        gate.wait()
        try:
            person(world, email="ida@example.com")
            results.append("made")
        except Conflict as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["made", "unique_violation", "unique_violation", "unique_violation"]


def start(world: BatchWorld, count: int, **event: Any) -> list[int]:
    made = [world.native("ada", "POST", "/services/start", event)[1]["service_id"] for _ in range(count)]
    assert all(made)
    return made


def test_a_purge_goes_on_in_portions_past_services_that_stay(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.usecases.cases.services.PAGE", 3)
    monkeypatch.setattr("dragoman.usecases.cases.services.ROWS", 4)
    numbers = start(world, 8, contact_key="x", timestamp="2015-03-01T10:00:00.000Z")
    for number in numbers[1:3]:
        for _ in range(3):
            world.native("ada", "POST", f"/services/{number}/tasks/start", {"task_type": "x"})
    batch = world.order(Method.PATCH, "contact", field="id", entries=[1], data={"about": "x"}, review=True)
    held = world.core(lambda uow: uow.batches.get(batch).number)
    world.core(lambda uow: uow.tasks.save(replace(uow.tasks.get(held), case=numbers[4])))
    kept = start(world, 1, contact_key="x", timestamp="2016-03-01T10:00:00.000Z")
    body = {"limit": "2016-03-01T10:00:00.000Z", "operation": "purge.service.all"}
    reply = world.native("ada", "POST", "/maintenance/purge", body)
    assert reply == (200, None)
    there = [n for n in (*numbers, *kept) if world.core(lambda uow, n=n: uow.cases.find(n)) is not None]
    assert there == [numbers[4], *kept]
    for number in set(numbers) - set(there):
        last = world.core(lambda uow, n=number: uow.history.page("case", n))[-1]
        assert (last.dialect, last.operation) == ("genesys", "service.purge")


def test_a_profile_goes_with_all_services_of_its_customer(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.usecases.cases.services.PAGE", 3)
    customer = world.native("ada", "POST", "/profiles", {"FirstName": "Ida"})[1]["customer_id"]
    numbers = start(world, 7, customer_id=customer)
    others = start(world, 1, customer_id="OTHER")
    assert world.native("ada", "DELETE", f"/profiles/{customer}") == (200, None)
    there = [n for n in (*numbers, *others) if world.core(lambda uow, n=n: uow.cases.find(n)) is not None]
    assert there == others


def test_an_export_has_every_service_once_in_the_order_of_start(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.usecases.cases.services.PAGE", 3)
    second = start(world, 4, contact_key="x", timestamp="2016-03-01T10:00:00.000Z")
    first = start(world, 4, contact_key="x", timestamp="2015-03-01T10:00:00.000Z")
    status, shown = world.native("ada", "GET", "/maintenance/services/stream")
    assert status == 200
    assert [each["service_id"] for each in shown] == [*first, *second]


HEX = "ab" * 40
QUERIES = (
    *("%", "%00", "a=%ff", "=", "=x", ".=x", "a.=x", ".a=x", "a.b.c=x", "%22=1", "FirstName=%27%20OR%201=1--"),
    *(
        f"{HEX * 20}={HEX * 20}",
        "Bike.size=1e9999999999",
        "Bike.size=NaN",
        "FirstName=%F0%9F%A6%86",
        "a" + "&a=1" * 300,
    ),
    *("FirstName=x&extensions=" + "a," * 3_000, "FirstName=x&id_key=", "FirstName=x&include_profile=%C3%9F"),
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
def test_a_hostile_search_is_answered_and_finds_nobody(world: BatchWorld, query: str) -> None:
    person(world, first_name="Ida")
    reply = world.ask("ada", "GET", f"/profiles?{query}")
    assert reply.status in (200, 400, 404), reply.body
    assert reply.status != 200 or reply.body == b"[]"


def test_names_of_the_search_table_are_no_attributes(world: BatchWorld) -> None:
    contact = person(world, first_name="Ida")
    for query in (f"@key={contact.customer_key}", "@first_name=Ida", "first_name=Ida"):
        assert world.native("ada", "GET", f"/profiles?{query}") == (200, [])
