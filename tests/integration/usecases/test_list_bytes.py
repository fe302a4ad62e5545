"""Lists of vendors' dialects hold a bounded number of bytes: a page ends early where clients go on behind it, and is
refused where they would take it for the last one."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.extension import Extension
from dragoman.store.unit import child_rows
from dragoman.usecases.batches import lists as batch_lists
from dragoman.usecases.batches.types import resource_lists
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.contacts import edits as contact_edits
from dragoman.usecases.events import history
from dragoman.usecases.tasks import lists
from dragoman.usecases.uow import UnitOfWork
from tests.support.shared_application import tenant_of
from tests.support.world import World

TASKS = 6
TEXT = "x" * 1_000
QUERY = "/rest/bpm/htm/v1/tasks/query/TASK?selectedAttributes=NAME"
FILTER = "/api/2.0/crm/task/filter"
BATCHES = "/core/v2/batch/tasks"
DIDS = "/core/v2/phonenumber/dids"
LARGE = json.dumps("x" * 10_000)


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    world.add("anna", admin=True)
    for number in range(TASKS):
        body = {"title": f"Task {number}", "description": TEXT}
        _, task = world.native("anna", "POST", "/v1/tasks", body)
        assert world.ask("anna", "PUT", f"/v1/tasks/{task['id']}/extensions/e", LARGE).status == 200
    return world


def extend(world: World, kind: str, number: int) -> None:
    """Give a case or contact an extension of 10,000 characters."""

    def run(uow: UnitOfWork) -> None:
        repository: Any = uow.cases if kind == "case" else uow.contacts
        entity = repository.get(number)
        repository.save(replace(entity, extensions={"note": Extension("Note", LARGE)}))

    world.core(run)


def get(world: World, target: str) -> tuple[int, Any]:
    reply = world.ask("anna", "GET", target)
    return reply.status, json.loads(reply.body)


def test_a_page_of_the_crm_ends_early_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE_BYTES", 4_500)
    found: list[str] = []
    start = 0
    while start < TASKS:
        status, page = get(world, f"{FILTER}?count=100&sortBy=title&startIndex={start}")
        assert status == 200
        assert 1 <= page["count"] <= 4
        found += [task["title"] for task in page["response"]]
        start += page["count"]
    assert found == [f"Task {number}" for number in range(TASKS)]


def test_a_page_of_ibm_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE_BYTES", 4_500)
    status, problem = get(world, QUERY)
    assert (status, problem["errorNumber"]) == (413, "CWTKA0005E")
    assert get(world, f"{QUERY}&size=3")[1]["size"] == 3


@pytest.mark.parametrize("order", ["", "&order=phonenumber", "&filter=name%20ne%20y"])
def test_a_page_of_carrierx_ends_early_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    monkeypatch.setattr(resource_lists, "PAGE_BYTES", 2_500)
    for number in range(TASKS):
        body = json.dumps({"phonenumber": f"1202555010{number}", "name": TEXT})
        assert world.ask("anna", "POST", DIDS, body).status == 200
    found: list[str] = []
    target = f"{DIDS}?limit=100{order}"
    while target:
        status, page = get(world, target)
        assert status == 200
        assert 1 <= page["count"] <= 2
        found += [item["phonenumber"] for item in page["items"]]
        target = page["pagination"].get("next", "").partition("8080")[2]
    assert len(found) == len(set(found)) == TASKS
    _, edge = get(world, f"{DIDS}?limit=1&order=phonenumber&offset=5")
    _, last = get(world, f"{DIDS}?limit=100&order=phonenumber&before={edge['items'][0]['did_sid']}")
    assert [item["phonenumber"] for item in last["items"]] == ["12025550103", "12025550104"]


@pytest.mark.parametrize("order", ["", "&order=task_sid", "&filter=data.title%20ne%20y"])
def test_a_page_of_batches_ends_early_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    monkeypatch.setattr(batch_lists, "PAGE_BYTES", 2_500)
    for _ in range(TASKS):
        body = json.dumps({"method": "POST", "type": "task", "data": [{"title": TEXT}]})
        assert world.ask("anna", "POST", BATCHES, body).status == 200
    found: list[str] = []
    target = f"{BATCHES}?limit=100{order}"
    while target:
        status, page = get(world, target)
        assert status == 200
        assert 1 <= page["count"] <= 2
        found += [item["task_sid"] for item in page["items"]]
        target = page["pagination"].get("next", "").partition("8080")[2]
    assert len(found) == len(set(found)) == TASKS
    _, before = get(world, f"{BATCHES}?limit=100&order=task_sid&before={max(found)}")
    assert [item["task_sid"] for item in before["items"]] == sorted(found)[-3:-1]
    assert get(world, f"{BATCHES}?limit=100&exclude_fields=data,entries")[1]["count"] == TASKS


def test_a_page_of_history_ends_early_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_BYTES", 25_000)
    for number in range(TASKS):
        world.ask("anna", "PUT", "/v1/tasks/1/extensions/e", json.dumps("x" * 10_000 + str(number)))
    found: list[int] = []
    target = "/v1/tasks/1/history?limit=1000"
    while target:
        _, page = world.native("anna", "GET", target)
        assert 1 <= len(page["items"]) <= 3
        found += [row["revision"] for row in page["items"]]
        target = page.get("next", "")
    assert found == list(range(1, TASKS + 3))


@pytest.mark.parametrize("target", [QUERY, FILTER, f"{QUERY}&size=1000", f"{FILTER}?count=1000"])
def test_lists_without_extensions_do_not_load_them(world: World, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    original = child_rows.with_extensions

    def none_of_tasks(connection: Any, tenant: int, mapping: Any, entities: list[Any]) -> list[Any]:
        assert mapping.name != "task"
        return original(connection, tenant, mapping, entities)

    monkeypatch.setattr(child_rows, "with_extensions", none_of_tasks)
    status, page = get(world, target)
    assert status == 200
    assert len(page.get("items") or page["response"]) == TASKS


def test_a_long_page_has_the_order_of_a_short_one(world: World) -> None:
    short, long = (get(world, f"{QUERY}&sortAttributes=NAME%20DESC&size={size}")[1]["items"] for size in (10, 1_000))
    assert short == long
    assert len(long) == TASKS


def test_a_list_of_genesys_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "LIST_BYTES", 2_500)
    reply = world.ask("anna", "POST", "/services/start", '{"customer_id": "C1"}')
    service = json.loads(reply.body)["service_id"]
    for _ in range(2):
        world.ask("anna", "POST", f"/services/{service}/tasks/start", f'{{"Note": "{TEXT}"}}')
    assert get(world, f"/services/{service}/tasks")[0] == 200
    world.ask("anna", "POST", f"/services/{service}/tasks/start", f'{{"Note": "{TEXT}"}}')
    status, problem = get(world, f"/services/{service}/tasks")
    assert (status, problem["exception"]) == (413, "TooLarge")


@pytest.mark.parametrize(
    ("noun", "edits", "new"),
    [("cases", case_edits, {"title": "Move"}), ("contacts", contact_edits, {"kind": "person", "first_name": "Ida"})],
)
def test_pages_of_cases_and_contacts_end_early(
    world: World, monkeypatch: pytest.MonkeyPatch, noun: str, edits: Any, new: dict[str, Any]
) -> None:
    monkeypatch.setattr(edits, "PAGE_BYTES", 25_000)
    kind = "case" if noun == "cases" else "contact"
    made = [world.native("anna", "POST", f"/v1/{noun}", new)[1]["number"] for _ in range(5)]
    for number in made:
        extend(world, kind, number)
    found: list[int] = []
    target = f"/v1/{noun}?limit=1000"
    while target:
        _, page = world.native("anna", "GET", target)
        assert len(page["items"]) <= 4  # the inbox, too
        found += [each["number"] for each in page["items"]]
        target = page.get("next", "")
    assert [number for number in found if number in made] == made


def test_a_list_of_services_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_lookup, "LIST_BYTES", 2_500)
    start = f'{{"customer_id": "C2", "Note": "{TEXT}"}}'
    for _ in range(2):
        world.ask("anna", "POST", "/services/start", start)
    assert get(world, "/customers/C2/services")[0] == 200
    world.ask("anna", "POST", "/services/start", start)
    status, problem = get(world, "/customers/C2/services")
    assert (status, problem["exception"]) == (413, "TooLarge")
