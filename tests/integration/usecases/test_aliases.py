"""Names that other systems have for our users: given, taken, shown by their dialect, and read by it."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.usecases.batches.types import assignees
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.shared_application import tenant_of
from tests.support.statements import counting
from tests.support.world import World

ANNA = "6d9be2a4-1111-4222-8333-44445555aaaa"
BERT, OTHER = "6d9be2a4-1111-4222-8333-44445555bbbb", "6d9be2a4-1111-4222-8333-44445555cccc"
LOST_USER = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3"
DN = "CN=Bert Moss,OU=Desk/1"


@pytest.fixture
def world(opened_on_sqlite: World) -> World:
    """On SQLite: what depends on the engine is tried with `either`."""
    return furnished(tenant_of(opened_on_sqlite, World))


@pytest.fixture
def either(opened: World) -> World:
    """On each engine."""
    return furnished(tenant_of(opened, World))


@pytest.fixture
def own(sqlite_url: str) -> Iterator[World]:
    """On a database of the test's own, where people have their logins for themselves."""
    world = furnished(World(sqlite_url))
    yield world
    world.close()


def furnished(world: World) -> World:
    world.add("anna", admin=True)
    world.add("bert")
    world.add("cara")
    return world


def ask(world: World, method: str, target: str, content: Any = None, who: str = "anna") -> tuple[int, Any]:
    status, body = world.native(who, method, target, content)
    return status, body


def put(world: World, person: str, dialect: str, name: str, query: str = "") -> tuple[int, Any]:
    return ask(world, "PUT", f"/v1/users/{person}/aliases/{dialect}/{quote(name, safe='')}{query}")


def uid(world: World, login: str) -> str:
    return str(world.people[login].user)


def crm(world: World, method: str, target: str, content: Any = None, who: str = "anna") -> Any:
    body = b"" if content is None else json.dumps(content).encode()
    reply = world.ask(who, method, f"/api/2.0/{target}", body)
    return reply.status, json.loads(reply.body)["response"] if reply.status < 300 else json.loads(reply.body)


def crm_task(world: World, responsible: str, method: str = "POST", path: str = "crm/task", title: str = "x") -> Any:
    if not world.core(lambda uow: uow.categories.find(1)):
        assert (
            crm(world, "POST", "crm/task/category", {"title": "Call", "imageName": "task_category_call.png"})[0] == 201
        )
    content = {"title": title, "deadline": "2031-04-10", "categoryId": 1, "responsibleId": responsible}
    status, task = crm(world, method, path, content)
    assert status < 300, task
    return task


def test_an_alias_is_given_listed_and_taken(either: World) -> None:
    status, made = put(either, "bert", "genesys", "0031")
    expected = {"dialect": "genesys", "name": "31", "user": uid(either, "bert"), "login": "bert", "is_first": True}
    assert (status, made) == (201, {**expected, "created_at": made["created_at"]})
    assert put(either, uid(either, "bert"), "genesys", "31") == (200, made)
    other = put(either, "bert", "genesys", "32")[1]
    assert other["is_first"] is False
    assert put(either, "me", "ibm_htm", "Boss")[0] == 201
    status, mine = ask(either, "GET", "/v1/users/bert/aliases")
    assert [(item["name"], item["is_first"]) for item in mine["items"]] == [("31", True), ("32", False)]
    assert ask(either, "GET", "/v1/users/me/aliases", who="bert")[1] == mine
    every = ask(either, "GET", "/v1/aliases")[1]["items"]
    assert [(item["dialect"], item["name"], item["login"]) for item in every] == [
        ("genesys", "31", "bert"),
        ("genesys", "32", "bert"),
        ("ibm_htm", "Boss", "anna"),
    ]
    assert [item["name"] for item in ask(either, "GET", "/v1/aliases?dialect=ibm_htm")[1]["items"]] == ["Boss"]
    assert ask(either, "DELETE", "/v1/users/bert/aliases/genesys/31") == (204, None)
    assert ask(either, "GET", "/v1/users/bert/aliases")[1]["items"] == [{**other, "is_first": True}]


def test_lists_of_aliases_have_pages(either: World) -> None:
    for number in range(5):
        put(either, "bert" if number % 2 else "anna", "genesys", str(number))
    for path in ("/v1/aliases", "/v1/users/anna/aliases"):
        whole = [item["name"] for item in ask(either, "GET", path)[1]["items"]]
        found, link = [], f"{path}?limit=2"
        while link:
            page = ask(either, "GET", link)[1]
            assert len(page["items"]) <= 2
            found += [item["name"] for item in page["items"]]
            link = page.get("next")
        assert found == whole
    assert ask(either, "GET", "/v1/aliases?limit=0")[0] == 400


def test_the_first_alias_may_be_chosen(either: World) -> None:
    for name in ("1", "2", "3"):
        put(either, "bert", "genesys", name)
    assert put(either, "bert", "genesys", "3", "?first=true")[1]["is_first"] is True
    assert put(either, "bert", "genesys", "4", "?first=true")[0] == 201
    names = [item["name"] for item in ask(either, "GET", "/v1/users/bert/aliases")[1]["items"]]
    assert names == ["4", "3", "1", "2"]
    assert put(either, "bert", "genesys", "2", "?first=true")[1]["is_first"] is True


NO_NAMES = [
    ("genesys", "x31"),
    ("genesys", "9223372036854775808"),
    ("onlyoffice_crm", "31"),
    ("onlyoffice_crm", LOST_USER),
    ("ibm_htm", "x" * 256),
    ("ibm_htm", " x"),
    ("carrierx_batch", "a\nb"),
    ("native", "bert"),
    ("nothing", "bert"),
]


def test_a_name_that_can_be_none_is_refused(world: World) -> None:
    for dialect, name in NO_NAMES:
        status, refusal = put(world, "bert", dialect, name)
        assert (status, refusal["code"]) == (400, "bad_alias"), name
        status, refusal = ask(world, "DELETE", f"/v1/users/bert/aliases/{dialect}/{quote(name, safe='')}")
        assert (status, refusal["code"]) == (400, "bad_alias"), name


def test_a_name_of_another_user_is_refused(own: World) -> None:
    put(own, "bert", "onlyoffice_crm", BERT)
    put(own, "bert", "ibm_htm", DN)
    taken = [
        ("cara", "onlyoffice_crm", BERT.upper()),
        ("cara", "ibm_htm", DN.lower()),
        ("cara", "onlyoffice_crm", uid(own, "bert")),
        ("bert", "onlyoffice_crm", uid(own, "bert")),  # an id is nobody's alias, not even its user's
        ("cara", "ibm_htm", "bert"),
        ("cara", "ibm_htm", "BERT"),
        ("cara", "carrierx_batch", "bert"),
    ]
    for person, dialect, name in taken:
        status, refusal = put(own, person, dialect, name)
        assert (status, refusal["code"]) == (409, "alias_taken"), (dialect, name)
    assert put(own, "cara", "carrierx_batch", DN)[0] == 201  # each dialect has names of its own
    assert put(own, "bert", "carrierx_batch", DN.lower())[0] == 201  # and this one's are told apart by case


def test_what_is_not_there_and_what_one_may_not(world: World) -> None:
    assert put(world, "nobody-here", "genesys", "1")[1]["code"] == "user_not_found"
    assert ask(world, "GET", "/v1/users/nobody-here/aliases")[0] == 404
    status, refusal = ask(world, "DELETE", "/v1/users/bert/aliases/genesys/1")
    assert (status, refusal["code"]) == (404, "alias_not_found")
    put(world, "cara", "genesys", "1")
    assert ask(world, "DELETE", "/v1/users/bert/aliases/genesys/1")[0] == 404
    for method, target in (
        ("PUT", "/v1/users/bert/aliases/genesys/5"),
        ("DELETE", "/v1/users/cara/aliases/genesys/1"),
        ("GET", "/v1/aliases"),
    ):
        status, refusal = ask(world, method, target, who="bert")
        assert (status, refusal["code"]) == (403, "admin_only")
    assert ask(world, "GET", "/v1/aliases?dialect=native")[1]["code"] == "bad_alias"
    assert ask(world, "PUT", "/v1/users/bert/aliases/genesys/6", {"x": 1})[0] == 400


def test_a_dry_run_of_an_alias_changes_nothing(world: World) -> None:
    assert put(world, "bert", "genesys", "31", "?dry_run=true")[0] == 200
    assert ask(world, "GET", "/v1/aliases")[1] == {"items": []}


def test_a_user_has_a_hundred_aliases_at_most(world: World) -> None:
    for number in range(100):
        assert put(world, "bert", "genesys", str(number))[0] == 201
    status, refusal = put(world, "bert", "carrierx_batch", "one more")
    assert (status, refusal["code"]) == (409, "too_many_aliases")
    assert put(world, "bert", "genesys", "99")[0] == 200
    assert len(ask(world, "GET", "/v1/users/bert/aliases?limit=1000")[1]["items"]) == 100


def test_the_crm_shows_the_first_alias_wherever_it_shows_a_user_and_reads_all(world: World) -> None:
    for name in (BERT, OTHER):
        put(world, "bert", "onlyoffice_crm", name)
    put(world, "anna", "onlyoffice_crm", ANNA)
    assert [person["id"] for person in crm(world, "GET", "people")[1]] == [ANNA, BERT, uid(world, "cara")]
    assert crm(world, "GET", "people/@self")[1]["id"] == ANNA
    for name in (BERT, OTHER, OTHER.upper(), uid(world, "bert")):
        assert crm(world, "GET", f"people/{name}")[1]["id"] == BERT
        made = crm_task(world, name)
        assert (made["responsible"]["id"], made["createBy"]["id"]) == (BERT, ANNA)
        assert world.task(made["id"]).assignee == uid(world, "bert")
        shown = crm(world, "GET", f"crm/task/filter?responsibleid={name}&count=1&fields=responsible")[1]
        assert shown[0]["responsible"]["id"] == BERT
        assert len(crm(world, "GET", f"crm/task/filter?responsibleid={name}&fields=id")[1]) == made["id"]
    before = world.task(1).revision
    crm_task(world, BERT, "PUT", "crm/task/1")
    assert world.task(1).revision == before
    ask(world, "DELETE", f"/v1/users/bert/aliases/onlyoffice_crm/{BERT}")
    assert crm(world, "GET", "crm/task/1")[1]["responsible"]["id"] == OTHER
    ask(world, "DELETE", f"/v1/users/bert/aliases/onlyoffice_crm/{OTHER}")
    assert crm(world, "GET", "crm/task/1")[1]["responsible"]["id"] == uid(world, "bert")


def genesys(world: World, content: Any = None, task: int | None = None) -> Any:
    if not world.core(lambda uow: uow.cases.find(2)):
        world.ask("anna", "POST", "/services/start", json.dumps({"contact_key": "k"}))
    if task is not None:
        return json.loads(world.ask("anna", "GET", f"/services/2/tasks/{task}").body)
    reply = world.ask("anna", "POST", "/services/2/tasks/start", json.dumps(content))
    assert reply.status == 201, reply.body
    return json.loads(reply.body)["task_id"]


def test_genesys_shows_the_first_alias_of_whoever_has_the_task(either: World) -> None:
    for name in ("31", "32"):
        put(either, "bert", "genesys", name)
    number = genesys(either, {"resource_id": 32, "media_type": "voice"})
    assert either.task(number).assignee == uid(either, "bert")
    shown = genesys(either, task=number)["started"]
    assert (shown["resource_id"], shown["media_type"]) == (31, "voice")
    ask(either, "POST", f"/v1/tasks/{number}/assign", {"assignee": "cara"})
    assert "resource_id" not in genesys(either, task=number)["started"]
    put(either, "cara", "genesys", "40")
    assert genesys(either, task=number)["started"]["resource_id"] == 40
    ask(either, "POST", f"/v1/tasks/{number}/release")
    assert "resource_id" not in genesys(either, task=number)["started"]


def test_ibm_shows_the_first_alias_and_reads_all(world: World) -> None:
    for name in (DN, "moss"):
        put(world, "bert", "ibm_htm", name)
    number = world.core(lambda uow: tasks.add(uow, title="x", assignee=uid(world, "anna"), creator=uid(world, "bert")))
    path = f"/rest/bpm/htm/v1/task/{task_id(number.uid)}"
    for name, owner in (("MOSS", DN), ("cara", "cara"), (DN.upper(), DN), ("cara", "cara"), ("bert", DN)):
        reply = world.ask("anna", "PUT", f"{path}/role/REASON_OWNER?action=transfer&toUser={quote(name, safe='')}")
        assert reply.status == 200, reply.body
        shown = json.loads(world.ask("anna", "GET", path).body)
        assert (shown["owner"], shown["originator"]) == (owner, DN)
    holders = json.loads(world.ask("anna", "GET", f"{path}/role/REASON_OWNER").body)
    assert holders["staffResultSet"]["userIDs"] == [DN]
    world.ask("bert", "PUT", f"{path}?action=cancelClaim")
    world.native("bert", "PATCH", "/v1/tasks/1", {"title": "y"})
    log = json.loads(world.ask("anna", "GET", f"{path}/history").body)["items"]
    assert log[-1]["principal"] == DN
    assert {entry.get("toID") for entry in log} == {None, DN, "cara"}
    found = world.ask("anna", "GET", "/rest/bpm/htm/v1/tasks/query?queryTableName=TASK&admin=true&onBehalfUser=MOSS")
    assert found.status == 200, found.body
    assert world.ask("anna", "PUT", f"{path}/role/REASON_OWNER?action=transfer&toUser=stranger").status == 400


def test_a_batch_reads_names_of_its_dialect(world: World) -> None:
    put(world, "bert", "carrierx_batch", "Agent 7")
    assert world.core(lambda uow: assignees.known(uow, "Agent 7"), dialect="carrierx_batch") == uid(world, "bert")
    assert world.core(lambda uow: assignees.assignable(uow, "Agent 7"), dialect="carrierx_batch") == uid(world, "bert")
    assert world.core(lambda uow: assignees.known(uow, "cara"), dialect="carrierx_batch") == uid(world, "cara")


def test_a_page_of_tasks_reads_no_alias_row_by_row(either: World) -> None:
    put(either, "bert", "onlyoffice_crm", BERT)
    for login in ("anna", "bert", "cara"):
        crm_task(either, uid(either, login))
    counts = []
    for _ in range(2):
        with counting(either.app.store.engine.raw) as statements:
            crm(either, "GET", "crm/task/filter")
        counts.append(len(statements))
        assert not [statement for statement in statements if "FROM alias" in statement]
        for login in ("anna", "bert", "cara"):
            crm_task(either, uid(either, login))
    assert counts[0]
    assert counts[0] == counts[1]


def test_a_deleted_user_has_no_names_and_keeps_none_from_others(world: World) -> None:
    put(world, "bert", "onlyoffice_crm", BERT)
    put(world, "bert", "ibm_htm", DN)
    task = crm_task(world, BERT)["id"]
    world.native("anna", "POST", f"/v1/tasks/{task}/finish")
    bert = uid(world, "bert")
    assert ask(world, "DELETE", "/v1/users/bert?hand_over_to=nobody")[0] == 204
    assert ask(world, "GET", "/v1/aliases")[1] == {"items": []}
    assert crm(world, "GET", f"crm/task/{task}")[1]["responsible"]["id"] == LOST_USER
    assert world.core(lambda uow: uow.users.get(bert)).extras == {}
    assert put(world, bert, "genesys", "1")[0] == 404
    assert put(world, "cara", "onlyoffice_crm", BERT)[0] == 201
    assert put(world, "cara", "ibm_htm", "bert")[0] == 201  # the login is free
    assert crm_task(world, BERT)["responsible"]["id"] == BERT
    assert put(world, "cara", "onlyoffice_crm", bert)[1]["code"] == "alias_taken"
