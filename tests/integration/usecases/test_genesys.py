"""What Genesys clients and others do to each other's tasks, run without a server: aliases, numbers, rights."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.genesys.handlers import extensions, services, tasks
from dragoman.dialects.genesys.options import DEFAULTS
from dragoman.dialects.genesys.wire import events, queries
from dragoman.dialects.genesys.wire.paths import ServiceId
from dragoman.domain.access import Principal
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, NotFound
from dragoman.domain.extension import Owner
from dragoman.domain.task import Kind, State
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.identity import aliases
from dragoman.usecases.tasks import lifecycle as core
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

MARCH = Moment(14_252_112_000_000_000)  # 2015-03-01T12:00:00Z
SERVICE = ServiceId("2", 2)
EVERYTHING = queries.Wanted(everything=frozenset({"task"}))


class GenesysWorld(World):
    """A world with one service, number 2."""

    def __init__(self, url: str) -> None:
        super().__init__(url, FixedClock(MARCH))
        self.do(services.start, services.Start(events.Event({"contact_key": "x"}), DEFAULTS))

    def do(self, run: Any, command: Any, principal: Principal | None = None) -> Any:
        return self.app.executor.call(run, command, self.tenant, principal=principal, dialect="genesys")

    def start(self, body: bytes = b"{}", principal: Principal | None = None) -> int:
        event = events.parse_task_start(body)
        number: int = self.do(tasks.start, tasks.Start(SERVICE, event, False), principal)["task_id"]
        return number

    def show(self, number: int, service: ServiceId = SERVICE) -> Any:
        return self.do(tasks.show, tasks.Show(service, str(number), EVERYTHING, "integer"))

    def alias(self, alias: str, user: str) -> None:
        self.core(lambda uow: aliases.put(uow, aliases.Put(user, "genesys", alias)))


@pytest.fixture
def world(sqlite_url: str) -> Iterator[GenesysWorld]:
    world = GenesysWorld(sqlite_url)
    yield world
    world.close()


def person(world: GenesysWorld, uid: str) -> Principal:
    return Principal(world.tenant, uid, uid)


# Who


def test_a_resource_id_assigns_through_an_alias_alone(world: GenesysWorld) -> None:
    berta = str(world.add("berta").user)
    world.alias("31", "berta")
    assigned, unknown = world.start(b'{"resource_id":31}'), world.start(b'{"resource_id":32}')
    assert (world.task(assigned).assignee, world.task(assigned).state) == (berta, State.CLAIMED)
    assert (world.task(unknown).assignee, world.task(unknown).state) == (None, State.READY)


def test_an_assignee_of_another_dialect_shows_as_his_alias(world: GenesysWorld) -> None:
    berta = str(world.add("berta").user)
    world.alias("31", "berta")
    for user in (berta, "user-8"):
        world.core(lambda uow, user=user: core.add(uow, title="Call", case=2, assignee=user))
    assert [world.show(number)["started"].get("resource_id") for number in (1, 2)] == [31, None]


def test_a_plain_user_changes_what_is_his_and_sees_what_is_not(world: GenesysWorld) -> None:
    anna, bert = person(world, "anna"), person(world, "bert")
    number = world.start(principal=anna)
    put = extensions.Put(Owner.TASK, SERVICE, str(number), "Bay", "4", False)
    with pytest.raises(Forbidden):
        world.do(extensions.put, put, bert)
    world.do(extensions.put, put, anna)
    assert world.do(extensions.show, extensions.Place(Owner.TASK, SERVICE, str(number), "bay"), bert) == "4"


def test_what_may_not_be_seen_is_in_no_list(world: GenesysWorld) -> None:
    def make(uow: UnitOfWork) -> None:
        secret = Contact(uow.tenant, 5, "c5", ContactKind.PERSON, is_private=True, creator="anna")
        uow.contacts.add(secret)
        core.add(uow, title="private", case=2, contact=5, creator="anna")
        core.add(uow, title="held", case=2, creator="anna", work_items=(WorkItem(Role.READER, "carla"),))
        core.add(uow, title="open", case=2, creator="anna")

    world.core(make)
    listing = tasks.List(SERVICE, tasks.Filter(), "integer")
    titles = {
        uid: [shown["task_type"] for shown in world.do(tasks.list_all, listing, person(world, uid))]
        for uid in ("anna", "bert", "carla")
    }
    assert titles == {"anna": ["private", "held", "open"], "bert": ["open"], "carla": ["held", "open"]}
    with pytest.raises(NotFound):
        world.do(tasks.show, tasks.Show(SERVICE, "1", EVERYTHING, "integer"), person(world, "bert"))


# What stays


def test_a_start_that_is_refused_costs_no_number(world: GenesysWorld) -> None:
    event = events.Event({}, {"Bay": "1", "BAY": "2"})
    for _ in range(2):
        with pytest.raises(Invalid):
            world.do(tasks.start, tasks.Start(SERVICE, event, False))
    assert world.start() == 1


def test_the_same_value_again_is_no_change(world: GenesysWorld) -> None:
    number = world.start(b'{"Bay":4}')
    before = world.task(number)
    world.do(extensions.put, extensions.Put(Owner.TASK, SERVICE, str(number), "BAY", "4", False))
    assert world.task(number).revision == before.revision


def test_an_extension_touches_nothing_else(world: GenesysWorld) -> None:
    number = world.start(b'{"task_type":"Inspect","est_duration":60}')
    before = world.task(number)
    world.do(extensions.put, extensions.Put(Owner.TASK, SERVICE, str(number), "Bay", "4", False))
    after = world.task(number)
    assert (
        replace(
            after,
            extensions=before.extensions,
            extension_count=before.extension_count,
            revision=before.revision,
            row_version=before.row_version,
            modified_at=before.modified_at,
            head_hash=before.head_hash,
        )
        == before
    )
    assert after.revision == before.revision + 1


def test_an_end_keeps_what_other_dialects_know(world: GenesysWorld) -> None:
    number = world.start(b'{"task_type":3}')

    def enrich(uow: UnitOfWork) -> None:
        task = uow.tasks.get(number)
        changed = replace(task, priority=9, description="long", properties={"a": "b"}).with_extra("acme", {"x": 1})
        core.save(uow, task, changed)

    world.core(enrich)
    event = events.parse_end(b'{"disposition":"done","timestamp":"2015-03-01T11:00:00.000Z"}')
    world.do(tasks.end, tasks.End(SERVICE, str(number), event, False))
    ended = world.task(number)
    assert (ended.state, ended.outcome_code, ended.priority, ended.description) == (State.COMPLETED, "done", 9, "long")
    assert ended.extras["acme"] == {"x": 1}
    assert ended.properties == {"a": "b"}
    assert ended.completed_at == MARCH - 36_000_000_000


def test_a_suspended_task_is_resumed_by_its_end(world: GenesysWorld) -> None:
    number = world.start()
    world.core(lambda uow: core.save(uow, uow.tasks.get(number), replace(uow.tasks.get(number), suspended=True)))
    world.do(tasks.end, tasks.End(SERVICE, str(number), events.Event(), False))
    assert (world.task(number).suspended, world.task(number).state) == (False, State.COMPLETED)


def test_closing_a_batch_here_is_no_approval_of_it(world: GenesysWorld) -> None:
    world.core(lambda uow: core.add(uow, title="Batch", case=2, kind=Kind.BATCH))
    with pytest.raises(Conflict):
        world.do(tasks.end, tasks.End(SERVICE, "1", events.Event(), False))
    with pytest.raises(Expected):
        world.do(services.delete, services.Delete(SERVICE))
    assert world.task(1).state is State.READY


def test_history_names_the_dialect_and_the_extension(world: GenesysWorld) -> None:
    number = world.start()
    world.do(extensions.put, extensions.Put(Owner.TASK, SERVICE, str(number), "Bay", '{"a": 1.50}', False))
    row = world.core(lambda uow: uow.history.page("task", number)[-1])
    assert (row.dialect, row.changes) == ("genesys", '{"extensions.Bay":[null,{"a": 1.50}]}')
