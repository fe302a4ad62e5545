"""A hand-over and kill -9: at whatever moments the server is killed, each task is handed over, and once."""

import json
import time
from typing import Any

import sqlalchemy as sa

from dragoman.store import tables
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.conftest import PASSWORD, add_user
from tests.resilience.kit.test_batches import PATIENCE_SECONDS, Watch
from tests.support.server import Server, basic, command
from tests.support.sizes import sized

TASKS = sized(1_200, 5_000)
ANNA = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
KILLS = sized(2, 5)


def test_every_task_is_handed_over_once_however_often_the_server_is_killed(database_url: str) -> None:
    for login in ("anna", "bert", "cara"):
        add_user(database_url, login, admin=login == "anna")
    watch = Watch(database_url)
    bert, cara = (watch.do(lambda uow, login=login: uow.users.by_login(login).uid) for login in ("bert", "cara"))
    watch.do(lambda uow: make(uow, bert))
    server = Server(database_url)
    server.start()
    reply = server.call("DELETE", "/v1/users/bert?hand_over_to=cara", None, ANNA)
    server.kill()
    assert (reply.status, list(json.loads(reply.body))) == (202, ["job"])
    for kill in range(KILLS):
        watch.let_leases_run_out()
        server = Server(database_url)
        server.start()
        wait_until(lambda left=TASKS * (KILLS - kill) // (KILLS + 1): tasks_of(watch, bert) <= left)
        server.kill()
    watch.let_leases_run_out()
    with Server(database_url):
        wait_until(lambda: states(watch) == {"completed"})
    assert (tasks_of(watch, bert), tasks_of(watch, cara)) == (0, TASKS)
    assert set(watch.rows(sa.select(tables.task.c.revision))) == {2}
    watch.app.close()
    command(database_url, "verify")


def make(uow: UnitOfWork, user: str) -> None:
    for _ in range(TASKS):
        tasks.add(uow, title="Call", assignee=user)


def tasks_of(watch: Watch, user: str) -> int:
    count = sa.select(sa.func.count()).select_from(tables.task).where(tables.task.c.assignee == user)
    return int(watch.rows(count)[0])


def states(watch: Watch) -> set[str]:
    return set(watch.rows(sa.select(tables.job.c.state).where(tables.job.c.kind == "user.hand_over")))


def wait_until(holds: Any) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)
