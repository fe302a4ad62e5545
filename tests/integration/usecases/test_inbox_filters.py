"""Filters as people type them find the tasks that they describe, on both engines."""

import json
from typing import Any

import pytest

from dragoman.usecases.inbox import filters, search
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks.lists import Sort
from dragoman.usecases.uow import UnitOfWork
from tests.support.shared_application import tenant_of
from tests.support.world import World

DIALECTS = ("native", "genesys")
DAY = 864_000_000_000
ATTRIBUTES = {
    "carrier": {"type": "string"},
    "weight": {"type": "number"},
    "sent": {"type": "string", "format": "date"},
    "count": {"type": "integer"},
    "fragile": {"type": "boolean"},
}
NOON_IS = "2026-09-21"  # the day of the world's clock, in UTC


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    for login in ("anna", "bert"):
        world.add(login, admin=login == "anna")
    world.native("anna", "POST", "/v1/categories", {"title": "Returns"})
    schema = {"title": "Parcel", "type": "array", "items": {"type": "object", "properties": ATTRIBUTES}}
    assert world.native("anna", "POST", "/v1/schemas/task", schema)[0] == 201
    world.core(lambda uow: furnish(uow, world), dialect="web")
    records = [{"carrier": "DHL", "weight": 1.5, "sent": NOON_IS, "count": 2**62 + 1, "fragile": True}, {"weight": 20}]
    assert world.ask("anna", "PUT", "/v1/tasks/2/extensions/Parcel", json.dumps(records)).status in (200, 201)
    assert world.ask("anna", "PUT", "/v1/tasks/3/extensions/Parcel", '[{"carrier": "UPS"}]').status in (200, 201)
    assert world.ask("anna", "PUT", "/v1/tasks/3/extensions/note", '{"text": "a b", "n": 1.50}').status in (200, 201)
    assert world.native("anna", "POST", "/v1/tasks", {"title": "made natively", "parent": 1})[0] == 201
    return world


def furnish(uow: UnitOfWork, world: World) -> None:
    anna, bert = world.people["anna"].user, world.people["bert"].user
    category = next(each for each in uow.categories.all() if each.title == "Returns")
    now = uow.now
    tasks.add(uow, title="Fold the leaflets", creator=anna, due_at=now - DAY, priority=1, read=True, type="mail")
    tasks.add(
        uow, title="Book, the hall", creator=bert, assignee=bert, category=category.number, due_at=now, priority=5
    )
    third = tasks.add(uow, name="offer", title="Print", creator=None, due_at=now + DAY, properties={"color": "Red"})
    ended = tasks.add(uow, title="done", creator=anna, assignee=anna, escalated=True, due_at=now - 9 * DAY)
    tasks.save(uow, ended, ended.finish(at=now))
    tasks.save(uow, third, third.suspend(at=now))


def read(world: World, text: str, who: str = "anna") -> Any:
    def run(uow: UnitOfWork) -> Any:
        found = filters.read(uow, text, DIALECTS)
        if found.faults:
            return [(fault.code, fault.at, fault.suggestion) for fault in found.faults]
        page = search.page(uow, found.wanted, found.tests, found.sorts or (Sort("number"),), limit=10)
        [count] = search.counts(uow, [(found.wanted, found.tests)])
        assert count == len(page.tasks), text
        return [task.number for task in page.tasks]

    return world.read(run, world.people[who])


FOUND: dict[str, list[int]] = {
    "": [1, 2, 3, 4, 5],
    "is:open": [1, 2, 3, 5],
    "-is:open": [4],
    "is:ended,suspended": [3, 4],
    "is:overdue": [1],
    "-is:overdue is:open": [2, 3, 5],
    "is:unassigned -is:suspended": [1, 5],
    "is:unread is:escalated": [4],
    "is:batch": [],
    "state:claimed,completed": [2, 4],
    "-state:claimed,completed": [1, 3, 5],
    "state:ready is:suspended": [3],
    "state:pending_review": [],
    "assignee:me": [4],
    "assignee:bert,none": [1, 2, 3, 5],
    "-assignee:bert": [1, 3, 4, 5],
    "creator:none": [3],
    "creator:me,bert": [1, 2, 4, 5],
    "category:returns": [2],
    "category:none": [1, 3, 4, 5],
    "-category:Returns is:open": [1, 3, 5],
    "dialect:native": [5],
    "dialect:native,web": [1, 2, 3, 4, 5],
    "-dialect:native": [1, 2, 3, 4],
    "due:today": [2],
    "due:<today": [1, 4],
    "due:<=today is:open": [1, 2],
    "due:>today": [3],
    "due:-1d..+1d": [1, 2, 3],
    "due:none": [5],
    "-due:none": [1, 2, 3, 4],
    f"due:<{NOON_IS},>{NOON_IS}": [1, 3, 4],
    "due:-9d": [4],
    "created:today": [1, 2, 3, 4, 5],
    "changed:<today": [],
    "ended:>=today": [4],
    "ended:none": [1, 2, 3, 5],
    "priority:1": [1],
    "priority:<5": [1, 3, 4, 5],
    "priority:2..9,1": [1, 2],
    "type:mail": [1],
    "name:offer": [3],
    "parent:1": [5],
    "parent:none is:open": [1, 2, 3],
    "case:none": [1, 2, 3, 4, 5],
    "contact:7": [],
    "batch:3": [],
    "leaf": [1],
    '"book hall"': [2],
    "leaf book": [],
    "prop.color:red,blue": [3],
    "-prop.color:red": [1, 2, 4, 5],
    "prop.color:none is:open": [1, 2, 5],
    "ext.parcel:any": [2, 3],
    "ext.Parcel:none": [1, 4, 5],
    "ext.Parcel.carrier:dhl": [2],
    "ext.Parcel.carrier:DHL,UPS": [2, 3],
    "-ext.Parcel.carrier:DHL": [1, 3, 4, 5],
    "ext.Parcel.weight:>1.5": [2],
    "ext.Parcel.weight:2..19.9": [],
    "ext.Parcel.weight:none": [1, 3, 4, 5],
    "ext.Parcel.count:4611686018427387905": [2],
    "ext.Parcel.count:>4611686018427387905": [],
    "ext.Parcel.sent:today": [2],
    "ext.Parcel.sent:<today": [],
    "ext.Parcel.fragile:true": [2],
    "ext.Parcel.fragile:false": [],
    'ext.note.text:"a b"': [3],
    "ext.note.n:1.50": [3],
    "sort:-number is:open": [5, 3, 2, 1],
    "sort:-priority,due": [2, 1, 4, 3, 5],
    "sort:assignee,-changed,-number ext.Parcel:any,none": [5, 3, 1, 4, 2],
}
FAULTS: dict[str, list[tuple[str, int, str | None]]] = {
    "assignee:bret": [("unknown_value", 1, "bert")],
    "is:open category:Return": [("unknown_value", 9, "Returns")],
    "ext.Parcl.carrier:x": [("unknown_key", 1, "ext.Parcel.carrier")],
    "ext.Parcel.carier:x": [("unknown_key", 1, "ext.Parcel.carrier")],
    "ext.Parcel:x": [("unknown_value", 1, None)],
    "ext.Parcel.weight:heavy ext.Parcel.sent:soon": [("not_a_number", 1, None), ("not_a_moment", 25, None)],
    "batch:none stat:x": [("unknown_value", 1, None), ("unknown_key", 12, "state")],
}


def test_each_filter_finds_what_it_describes(world: World) -> None:
    assert {text: read(world, text) for text in FOUND} == FOUND


def test_names_that_match_nothing_are_faults_with_their_places(world: World) -> None:
    assert {text: read(world, text) for text in FAULTS} == FAULTS


def test_a_search_without_an_index_says_where_it_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_LOOKED_AT", 2)

    def run(uow: UnitOfWork) -> Any:
        found = filters.read(uow, "prop.color:red", DIALECTS)
        page = search.page(uow, found.wanted, found.tests, (Sort("number"),), limit=10)
        return [task.number for task in page.tasks], page.is_cut, search.counts(uow, [(found.wanted, found.tests)])

    found = world.read(run, world.people["anna"])
    assert found == ([], True, [search.COUNTED])
