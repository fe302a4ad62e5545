"""Users who leave: what becomes of their work, what shows them afterwards, and when a job does the rest."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.domain import logins
from dragoman.domain.case import CaseKind
from dragoman.domain.errors import Conflict
from dragoman.domain.job import JobKind, JobState
from dragoman.domain.people import DIRECTORY_TENANT, Alias
from dragoman.domain.task import Verb
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store import tables
from dragoman.store.maintenance import verification
from dragoman.usecases.admin import leaving
from dragoman.usecases.background import handing_over
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.identity import user_lists, users
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld
from tests.support.shared_application import tenant_of
from tests.support.world import World

LOST_USER = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3"
READER, OWNER = Role.READER, Role.POTENTIAL_OWNER


@pytest.fixture
def world(opened: World) -> BatchWorld:
    """Root administers; bert leaves, and cara stays."""
    world = tenant_of(opened, BatchWorld)
    settle(world)
    return world


@pytest.fixture
def own(database_url: str) -> Iterator[BatchWorld]:
    """The same on a database of the test's own, where logins are taken by these people alone."""
    world = BatchWorld(database_url)
    settle(world)
    yield world
    world.close()


def settle(world: BatchWorld) -> None:
    for login in ("root", "bert", "cara"):
        world.add(login, admin=login == "root")


def uid(world: BatchWorld, login: str) -> str:
    return str(world.people[login].user)


def furnish(world: BatchWorld) -> None:
    """1: bert's. 2: bert's, ended. 3: cara's, on which both have roles. 4: nobody's. Two cases of bert's, one ended."""
    bert, cara = uid(world, "bert"), uid(world, "cara")

    def make(uow: UnitOfWork) -> None:
        tasks.add(uow, title="open", assignee=bert, creator=bert)
        ended = tasks.add(uow, title="ended", assignee=bert, creator=bert)
        shared = tasks.add(uow, title="shared", assignee=cara)
        items = (WorkItem(READER, bert), WorkItem(READER, cara), WorkItem(OWNER, bert))
        uow.tasks.save(replace(shared, work_items=items))
        tasks.add(uow, title="free")
        tasks.perform(uow, ended, Verb.FINISH)
        cases.add(uow, CaseKind.CASE, title="his", assignee=bert)
        cases.add(uow, CaseKind.CASE, title="over", assignee=bert, completed_at=uow.now)

    world.core(make)


def cases_of(world: BatchWorld) -> list[str | None]:
    found: list[str | None] = world.core(lambda uow: [uow.cases.get(number).assignee for number in (2, 3)])
    return found


def test_work_goes_to_another_and_what_has_ended_stays(world: BatchWorld) -> None:
    furnish(world)
    bert, cara = uid(world, "bert"), uid(world, "cara")
    assert world.native("root", "DELETE", "/v1/users/bert?hand_over_to=cara") == (204, None)
    assert [world.task(number).assignee for number in (1, 2, 3, 4)] == [cara, bert, cara, None]
    assert (world.task(1).creator, world.task(1).revision) == (bert, 2)
    assert set(world.task(3).work_items) == {WorkItem(READER, cara), WorkItem(OWNER, cara)}
    assert cases_of(world) == [cara, bert]
    assert verification.verify(world.app.store.engine).broken is None


def test_work_that_goes_to_nobody_is_released_and_roles_stay(world: BatchWorld) -> None:
    furnish(world)
    bert = uid(world, "bert")
    held = {"tasks": 1, "cases": 1, "work_items": 2, "feeds": 0, "webhooks": 0}
    status, refusal = world.native("root", "DELETE", "/v1/users/bert")
    assert (status, refusal["code"], {name: refusal[name] for name in held}) == (409, "has_open_work", held)
    assert world.native("root", "DELETE", "/v1/users/bert?hand_over_to=nobody")[0] == 204
    assert (world.task(1).state, world.task(1).assignee, cases_of(world)) == ("ready", None, [None, bert])
    assert WorkItem(OWNER, bert) in world.task(3).work_items  # or the task would be everybody's


def test_a_deleted_user_is_shown_as_each_vendor_shows_one(world: BatchWorld) -> None:
    furnish(world)
    world.core(lambda uow: uow.aliases.add(Alias(uow.tenant, "genesys", "31", uid(world, "bert"))))
    world.native("root", "DELETE", "/v1/users/bert?hand_over_to=cara")
    task = json.loads(world.ask("root", "GET", "/api/2.0/crm/task/2").body)["response"]
    assert (task["responsible"]["id"], task["createBy"]["id"]) == (LOST_USER, LOST_USER)
    people = json.loads(world.ask("root", "GET", "/api/2.0/people").body)["response"]
    assert "bert" not in [person["userName"] for person in people]
    assert world.ask("root", "GET", f"/api/2.0/people/{uid(world, 'bert')}").status == 404
    sent = {"title": "ended", "deadline": "2031-04-10", "categoryId": 1, "responsibleId": LOST_USER}
    assert world.ask("root", "PUT", "/api/2.0/crm/task/2", json.dumps(sent)).status == 200
    assert world.task(2).assignee == uid(world, "bert")  # what is shown, sent back, is no change
    assert world.core(lambda uow: uow.aliases.find(("genesys", "31"))) is None
    status, stub = world.native("cara", "GET", f"/v1/users/{uid(world, 'bert')}")
    assert (status, stub["login"], stub["display_name"], stub["email"]) == (200, "bert", "bert", None)
    path = f"/rest/bpm/htm/v1/task/{task_id(world.task(1).uid)}/role/REASON_OWNER?action=transfer&toUser=bert"
    assert world.ask("root", "PUT", path).status == 400


def test_a_login_and_an_address_are_free_again_behind_a_stub(own: BatchWorld) -> None:
    assert own.native("root", "PATCH", "/v1/users/bert", {"email": "bert@example.com"})[0] == 200
    assert own.native("root", "PATCH", "/v1/users/bert", {"login": "bmoss"})[0] == 200
    for login in ("bert", "BMoss"):
        assert own.native("root", "POST", "/v1/users", {"login": login})[1]["code"] == "login_taken"
    own.native("root", "DELETE", "/v1/users/bmoss")
    for login, email in (("bert", "bert@example.com"), ("bmoss", None)):
        assert own.native("root", "POST", "/v1/users", {"login": login, "email": email})[0] == 201
    assert own.native("root", "GET", "/v1/users/bmoss")[1]["deleted_at"] is None


def test_a_long_hand_over_is_finished_by_a_job_once(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over.hand_over, "__kwdefaults__", {"direct": 3})
    bert, cara = uid(world, "bert"), uid(world, "cara")
    world.core(lambda uow: [tasks.add(uow, title=str(at), assignee=bert) for at in range(50)])
    status, body = world.native("root", "DELETE", "/v1/users/bert?hand_over_to=cara")
    assert status == 202
    assert world.native("root", "GET", "/v1/users?q=bert")[1]["items"] == []  # he is out already
    assert {world.task(number).assignee for number in range(1, 51)} == {bert}
    world.run_jobs()
    job = world.core(lambda uow: uow.jobs.get(body["job"]))
    assert (job.kind, job.state) == (JobKind.USER_HAND_OVER, JobState.COMPLETED)
    assert {(world.task(number).assignee, world.task(number).revision) for number in range(1, 51)} == {(cara, 2)}
    row = world.core(lambda uow: uow.history.page("task", 50, limit=10)[-1])
    assert (row.principal, row.operation, row.dialect) == ("root", "user.hand_over", "native")


def test_who_is_disabled_keeps_his_work_unless_it_is_handed_over(world: BatchWorld) -> None:
    furnish(world)
    assert world.native("root", "POST", "/v1/users/bert/disable")[0] == 200
    assert world.task(1).assignee == uid(world, "bert")
    for heir, why in (("bert", "is a disabled user"), ("none", "does not match a user")):
        status, body = world.native("root", "POST", "/v1/users/bert/disable", {"hand_over_to": heir})
        assert (status, body["errors"][0]["detail"]) == (409, why)
    assert world.native("root", "POST", "/v1/users/bert/disable", {"hand_over_to": "cara"})[0] == 200
    assert world.task(1).assignee == uid(world, "cara")


def test_a_dry_run_deletes_nobody(own: BatchWorld) -> None:
    furnish(own)
    assert own.native("root", "DELETE", "/v1/users/bert?hand_over_to=cara&dry_run=true")[0] == 204
    assert own.native("root", "GET", "/v1/users/bert")[1]["deleted_at"] is None
    assert own.task(1).assignee == uid(own, "bert")
    assert own.native("root", "POST", "/v1/users?dry_run=true", {"login": "new"})[0] == 200
    assert own.native("root", "POST", "/v1/users", {"login": "new"})[0] == 201


def test_a_former_login_finds_its_user_and_lets_nobody_in(own: BatchWorld) -> None:
    own.native("root", "PATCH", "/v1/users/bert", {"login": "bmoss"})
    entry = own.app.executor.call(users.find_login, users.FindLogin("BERT"), DIRECTORY_TENANT)
    assert entry is not None
    assert entry.user == uid(own, "bert")
    user: Any = own.core(lambda uow: uow.users.get(uid(own, "bert")))
    assert (logins.is_known_as(user, "bert"), logins.is_known_as(user, "BMOSS")) == (False, True)


def test_twins_of_earlier_versions_are_told_until_one_is_renamed(own: BatchWorld) -> None:
    north = own.app.ensure_tenant("north")
    with own.app.store.engine.raw.begin() as connection:
        row = {"tenant": 0, "login": "Bert", "folded": "bert", "user_tenant": north, "user": "u", "row_version": 1}
        connection.execute(tables.login_name.insert().values(row))
        connection.execute(
            tables.user.insert().values(tenant=north, uid="u", number=1, login="Bert", display_name="Bert")
        )

    def twins(uow: UnitOfWork) -> list[list[str]]:
        return user_lists.twins(uow, user_lists.Twins())

    assert own.core(twins) == [["Bert", "bert"]]
    assert own.native("root", "POST", "/v1/users", {"login": "BERT"})[1]["code"] == "login_taken"
    assert own.native("root", "PATCH", "/v1/users/bert", {"title": "Dr"})[0] == 200  # today's stay
    assert own.native("root", "PATCH", "/v1/users/bert", {"login": "bmoss"})[0] == 200
    assert own.core(twins) == []


def test_a_tenant_has_only_so_many_users(own: BatchWorld) -> None:
    def limit(uow: UnitOfWork) -> None:
        tenant = uow.tenants.find((), Lock.CHANGE)
        assert tenant is not None
        uow.tenants.save(replace(tenant, limits={"users": uow.users.count() + 1}))

    own.core(limit)
    assert own.native("root", "POST", "/v1/users", {"login": "one"})[0] == 201
    assert own.native("root", "POST", "/v1/users", {"login": "two"})[1]["code"] == "tenant_full"
    own.core(lambda uow: leaving.delete_user(uow, leaving.DeleteUser("one")))
    assert own.native("root", "POST", "/v1/users", {"login": "two"})[0] == 201


def test_the_system_itself_deletes_no_last_administrator(world: BatchWorld) -> None:
    with pytest.raises(Conflict) as refused:
        world.core(lambda uow: leaving.delete_user(uow, leaving.DeleteUser("root")))
    assert refused.value.code == "last_administrator"


def test_tokens_are_noted_in_the_history_of_a_user_who_is_deleted(world: BatchWorld) -> None:
    made = {"name": "script", "scopes": ["task.read"], "user": "bert"}
    assert world.native("root", "POST", "/v1/tokens", made)[0] == 201
    assert world.native("root", "POST", "/v1/users/bert/password-link", {})[0] == 201
    bert = uid(world, "bert")
    assert world.native("root", "DELETE", "/v1/users/bert") == (204, None)
    entries = world.native("root", "GET", f"/v1/users/{bert}/history")[1]["items"]
    assert "token.revoked" in [entry["operation"] for entry in entries]
    assert [entry["revision"] for entry in entries] == list(range(1, len(entries) + 1))
    assert verification.verify(world.app.store.engine).broken is None
