"""What the CRM dialect shows of a task can be sent back to it, and changes nothing: not for itself, not for others.

DESIGN 3, rule 1: a PUT that replaces "the whole task" replaces this dialect's view of it and nothing else.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.dialects.kit import json, times
from dragoman.dialects.onlyoffice_crm.handlers import tasks as handlers
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.dialects.onlyoffice_crm.wire.tasks import render_task
from dragoman.domain.access import Principal
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.contact import ContactKind
from dragoman.domain.extension import Extension
from dragoman.domain.people import User
from dragoman.domain.task import State, Task, Verb
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import Databases
from tests.support.world import World
from tests.unit.onlyoffice_crm.asking import ask

ANNA = "a7c1f3d2-0d5e-4a55-9c1b-2f6f0f1f8e01"
NOBODY_KNOWN = "a7c1f3d2-0d5e-4a55-9c1b-2f6f0f1f8e99"
NOON = Moment(19_329_876_123_456_789)


class Portal(World):
    """One tenant with a user, a contact, and a case of each kind."""

    def __init__(self, url: str) -> None:
        super().__init__(url, FixedClock(NOON))
        self.anna = Principal(tenant=self.tenant, user=ANNA, login="anna")
        self.cases = self.do(self._furnish)

    def do(self, run: Any) -> Any:
        """Run a function of the unit of work as anna, and commit."""
        return self.core(run, self.anna)

    def crm(self, run: Any, command: Any) -> Any:
        """Run a command of the dialect as anna."""
        return self.app.executor.call(run, command, self.tenant, principal=self.anna, dialect="onlyoffice_crm")

    @staticmethod
    def _furnish(uow: UnitOfWork) -> dict[str, int]:
        uow.users.add(User(tenant=uow.tenant, number=1, uid=ANNA, login="anna", display_name="Anna"))
        contacts.add(uow, ContactKind.PERSON, first_name="Ida")
        made = {str(kind): crm_cases.add(uow, kind, "Fair").number for kind in CaseKind if kind is not CaseKind.INBOX}
        return made | {"inbox": uow.home.inbox_case}


@pytest.fixture(scope="module")
def portal(databases: Databases) -> Iterator[Portal]:
    made = Portal(databases.new("sqlite"))
    yield made
    made.close()


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300)
LINKS = st.one_of(
    st.just({}),
    st.builds(lambda kind, number: {"entity_kind": kind, "entity": number}, st.sampled_from(["case", "opportunity"]),
              st.integers(1, 9)),
)  # fmt: skip
FIELDS = st.fixed_dictionaries(
    {
        "title": st.none() | TEXTS.filter(bool),
        "description": st.none() | TEXTS,
        "category": st.none() | st.integers(1, 12),
        "contact": st.none() | st.sampled_from([1, 99]),
        "assignee": st.none() | st.sampled_from([ANNA, NOBODY_KNOWN]),
        "due_at": st.integers(times.EARLIEST - 10**15, times.LATEST + 10**15),
        "due_local": st.none() | st.just("2031-04-10T06:30:00"),
        "due_zone": st.none() | st.just("Europe/Berlin"),
        "remind_before_minutes": st.none() | st.integers(0, 10_000),
        "priority": st.none() | st.integers(0, 9),
        "properties": st.just({"colour": "red"}),
        "extensions": st.just({"facts": Extension("Facts", '{"a": 1}')}),
        "extras": st.sampled_from([{}, {"genesys": {"task_type": "Call"}}]),
        "state": st.sampled_from([State.READY, State.INACTIVE]),
    }
)


def sent_back(shown: dict[str, Any]) -> bytes:
    """A task as a client sends back what it read."""
    body = {
        "title": shown["title"],
        "description": shown["description"],
        "deadline": shown["deadLine"],
        "responsibleid": shown["responsible"]["id"],
        "categoryid": shown["category"]["id"],
        "contactid": shown.get("contact", {}).get("id", 0),
        "alertValue": shown.get("alertValue", 0),
    }
    if "entity" in shown:
        body |= {"entityType": shown["entity"]["entityType"], "entityid": shown["entity"]["entityId"]}
    return json.encode(body)


def stored(portal: Portal, number: int) -> Task:
    found: Task = portal.do(lambda uow: uow.tasks.get(number))
    return found


def put(portal: Portal, number: int, body: bytes) -> Any:
    request = ask("PUT", body=body, content_type="application/json", taskid=str(number))
    return portal.crm(handlers.put, handlers.parse_put(Options(), request))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=FIELDS, link=LINKS, holder=st.sampled_from(["service", "case", "opportunity", "inbox"]), ends=st.booleans()
)
def test_what_was_read_can_be_sent_back(
    portal: Portal, fields: dict[str, Any], link: dict[str, Any], holder: str, ends: bool
) -> None:
    def make(uow: UnitOfWork) -> int:
        held = {"case": portal.cases[holder]} | (link if holder == "service" else {})
        task = tasks.add(uow, **fields, **held)
        return tasks.perform(uow, task, Verb.FINISH).number if ends else task.number

    number = portal.do(make)
    before = stored(portal, number)
    read = partial(handlers.parse_one, Options(), Lock.NONE)
    seen = portal.crm(handlers.get, read(ask("GET", taskid=str(number))))
    shown = render_task(seen, Persons("http://portal.example"))

    after = put(portal, number, sent_back(shown))

    present = stored(portal, number)
    # Of a link that names what isn't there nothing is shown, so it isn't kept either: only CRM clients make them.
    dangling = before.entity is not None and seen.entity is None
    if not dangling:
        assert present == before
    assert present.case == before.case
    assert {**render_task(after, Persons("http://portal.example")), "description": shown["description"]} == shown


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=FIELDS, holder=st.sampled_from(["service", "inbox"]))
def test_a_replacement_leaves_alone_what_it_does_not_speak_of(
    portal: Portal, fields: dict[str, Any], holder: str
) -> None:
    number = portal.do(lambda uow: tasks.add(uow, **fields, case=portal.cases[holder]).number)
    before = stored(portal, number)

    put(
        portal,
        number,
        b'{"title":"New","deadline":"2031-04-10","categoryid":3,"responsibleid":"' + ANNA.encode() + b'"}',
    )

    after = stored(portal, number)
    assert (after.title, after.category, after.assignee) == ("New", 3, ANNA)
    for field in (
        "case",
        "stage",
        "extensions",
        "properties",
        "extras",
        "priority",
        "creator",
        "created_at",
        "uid",
        "number",
    ):
        assert getattr(after, field) == getattr(before, field), field


def test_dates_are_meant_and_shown_in_the_portals_zone(portal: Portal) -> None:
    def move(uow: UnitOfWork) -> None:
        uow.tenants.save(replace(uow.home, zone="Europe/Berlin"))

    def move_back(uow: UnitOfWork) -> None:
        uow.tenants.save(replace(uow.home, zone="UTC"))

    portal.do(move)
    try:
        seen = put(portal, 0, b'{"title":"New","deadline":"2031-07-10T06:30:00","categoryid":3}')
        task = stored(portal, seen.task.number)
        shown = render_task(seen, Persons(""))
        assert (task.due_local, task.due_zone) == ("2031-07-10T06:30:00", "Europe/Berlin")
        assert shown["deadLine"] == "2031-07-10T06:30:00.0000000+02:00"
        assert shown["created"].endswith("+02:00")
        sent = put(portal, task.number, sent_back(shown | {"description": ""}))
        assert stored(portal, task.number) == task
        assert render_task(sent, Persons(""))["deadLine"] == shown["deadLine"]
    finally:
        portal.do(move_back)
