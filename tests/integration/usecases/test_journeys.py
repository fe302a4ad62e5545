"""The journey of a contact: what concerns it over all dialects, once each, and nothing that the reader may not see."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.engine import driver
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.databases import Databases
from tests.support.world import World


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        world = World(url)
        for who in ("anna", "bert", "cara"):
            world.add(who, admin=who == "anna")
        yield world
        world.close()


def post(world: World, path: str, content: Any, who: str = "bert") -> Any:
    status, made = world.native(who, "POST", path, content)
    assert status in (200, 201), made
    return made


def contact(world: World, **fields: Any) -> int:
    return int(post(world, "/v1/contacts", {"kind": "person", "last_name": "Ozola", **fields})["number"])


def journey(world: World, number: int, query: str = "", who: str = "bert") -> Any:
    status, found = world.native(who, "GET", f"/v1/contacts/{number}/journey{query}")
    assert status == 200, found
    return found


def kinds(found: Any) -> list[tuple[str, str | None]]:
    return [(item["kind"], item["title"]) for item in found["items"]]


def test_services_of_the_customer_with_states_and_tasks_belong_to_it(world: World) -> None:
    number = contact(world)
    customer = world.native("bert", "GET", f"/v1/contacts/{number}")[1]["customer_id"]

    def genesys(path: str, body: str) -> None:
        assert world.ask("bert", "POST", f"/genesys/1/cs{path}", body).status == 201

    genesys("/services/start", f'{{"customer_id": "{customer}", "service_type": "Repair"}}')
    case = world.sql('SELECT max(number) FROM "case"')[0][0]
    world.clock.advance(1)
    genesys(f"/services/{case}/states/start", '{"state_type": "Diagnosis"}')
    world.clock.advance(1)
    genesys(f"/services/{case}/tasks/start", '{"task_type": "call"}')
    found = journey(world, number)
    assert [item["kind"] for item in found["items"] if item["revision"] == 1] == ["task", "stage", "case"]
    assert {item["dialect"] for item in found["items"]} == {"genesys"}
    assert {item["case"] for item in found["items"]} == {case}
    assert found["open_tasks"] == 1


def test_every_step_comes_once_though_all_are_of_one_moment(world: World) -> None:
    number = contact(world)
    for place in range(6):
        task = post(world, "/v1/tasks", {"title": f"T{place}", "contact": number})["number"]
        assert world.native("bert", "PATCH", f"/v1/tasks/{task}", {"priority": place + 1})[0] == 200
    everything = journey(world, number)["items"]
    assert len(everything) == 12
    found, address = [], f"/v1/contacts/{number}/journey?limit=5"
    while address:
        page = world.native("bert", "GET", address)[1]
        found += page["items"]
        post(world, "/v1/tasks", {"title": "New", "contact": contact(world)})
        address = page.get("next")
    assert found == everything


def test_what_the_reader_may_not_see_is_neither_shown_nor_counted(world: World) -> None:
    number, secret = contact(world), contact(world, is_private=True)
    post(world, "/v1/tasks", {"title": "Open", "contact": number})
    case = post(world, "/v1/cases", {"kind": "case", "title": "Secret", "contact": number, "is_private": True})[
        "number"
    ]
    post(world, "/v1/tasks", {"title": "In secret", "case": case})
    held = (WorkItem(Role.POTENTIAL_OWNER, world.people["bert"].user or ""),)
    world.core(lambda uow: tasks.add(uow, title="For bert", contact=number, work_items=held))
    assert len(journey(world, number)["items"]) == 4
    assert journey(world, number)["open_tasks"] == 3
    strange = journey(world, number, who="cara")
    assert (kinds(strange), strange["open_tasks"]) == ([("task", "Open")], 1)
    assert world.native("cara", "GET", f"/v1/contacts/{secret}/journey")[0] == 404
    assert len(journey(world, number, who="anna")["items"]) == 4


def test_open_and_ended_are_told_apart_by_what_timers_left(world: World) -> None:
    number = contact(world)
    task = post(world, "/v1/tasks", {"title": "Late", "contact": number, "expires_at": "2031-01-01T00:00:00Z"})
    assert kinds(journey(world, number, "?open=true")) == [("task", "Late")]
    status, _ = world.native("bert", "PATCH", f"/v1/tasks/{task['number']}", {"expires_at": "2000-01-01T00:00:00Z"})
    assert status == 200
    found = journey(world, number, "?open=false&kind=task")
    assert [(item["title"], item["state"]) for item in found["items"]] == [("Late", "expired")]
    assert (journey(world, number, "?open=true")["items"], found["open_tasks"]) == ([], 0)


def test_a_long_journey_takes_as_many_statements_as_a_short_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def statements(number: int) -> int:
        seen: list[str] = []
        plain, engine = driver.fetch, world.app.store.engine.raw

        def fetch(connection: sa.Connection, text: str, values: tuple[Any, ...]) -> Any:
            seen.append(text)
            return plain(connection, text, values)

        def note(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
            seen.append(text)

        sa.event.listen(engine, "before_cursor_execute", note)
        with monkeypatch.context() as patch:
            patch.setattr(driver, "fetch", fetch)
            journey(world, number)
        sa.event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    def furnished(count: int) -> int:
        number = contact(world)
        for place in range(count):
            case = post(world, "/v1/cases", {"kind": "case", "title": f"C{place}", "contact": number})["number"]
            post(world, "/v1/tasks", {"title": f"T{place}", "contact": number, "case": case})
        return number

    short, long = statements(furnished(2)), statements(furnished(20))
    assert 0 < long == short <= 10
