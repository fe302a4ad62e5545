"""Timers and kill -9: whatever moment the server is killed at, each fires once, also those that came due meanwhile."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment, later
from dragoman.domain.escalation import Escalation
from dragoman.domain.task import Verb
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.server import Server, command
from tests.support.sizes import sized

ROUNDS = sized(3, 6)
EACH = 25
"""So many of each kind come due in a round."""
PATIENCE_SECONDS = 60.0

Due = list[tuple[str, int, str]]
"""Of what kind it is, its number, and what history calls what the timer did."""


class Lone:
    """An exclusive command."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Watch:
    """The database, looked at beside the server that is killed."""

    def __init__(self, url: str) -> None:
        self.app = Application(load(overrides={"database": url})).open()
        self.tenant = self.app.ensure_tenant("main")

    def do(self, run: Callable[[UnitOfWork], Any]) -> Any:
        return self.app.executor.call(lambda uow, _: run(uow), Lone(), self.tenant, operation="test")

    def wind_up(self, chance: random.Random) -> Due:
        """Timers of every kind that come due within the next second or two."""

        def soon(uow: UnitOfWork) -> Moment:
            return later(uow.now, seconds=0.2 + chance.random() * 1.5)

        def run(uow: UnitOfWork) -> Due:
            due: Due = []
            for _ in range(EACH):
                due.append(("task", tasks.add(uow, expires_at=soon(uow)).number, "timer.expire"))
                late = Escalation("Late", after=f"{chance.randint(1, 2)}seconds")
                due.append(("task", tasks.add(uow, escalations=(late,)).number, "timer.escalate"))
                asleep = tasks.perform(uow, tasks.add(uow), Verb.SUSPEND, until=soon(uow))
                ended = tasks.perform(uow, tasks.add(uow, delete_at=soon(uow)), Verb.FINISH)
                done = cases.add(uow, CaseKind.SERVICE, auto_complete_at=soon(uow))
                over = cases.add(uow, CaseKind.SERVICE, expires_at=soon(uow))
                due += [("task", asleep.number, "timer.wake"), ("task", ended.number, "timer.delete")]
                due += [("case", done.number, "timer.complete"), ("case", over.number, "timer.end")]
            return due

        wound: Due = self.do(run)
        return wound

    def fired(self, due: Due) -> Counter[tuple[str, int, str]]:
        """How often each is in the history."""

        def run(uow: UnitOfWork) -> Counter[tuple[str, int, str]]:
            found: Counter[tuple[str, int, str]] = Counter()
            for entity, number, _ in due:
                rows = uow.history.page(entity, number)
                found.update((entity, number, row.operation) for row in rows if row.operation.startswith("timer."))
            return found

        counted: Counter[tuple[str, int, str]] = self.do(run)
        return counted

    def wait_for(self, due: Due) -> None:
        """Until all of them fired."""
        pause = threading.Event()
        for _ in range(int(PATIENCE_SECONDS / 0.2)):
            if len(self.fired(due)) == len(due):
                return
            pause.wait(0.2)
        raise AssertionError(f"not all fired: {set(due) - set(self.fired(due))}")


@pytest.mark.parametrize("seed", sized([1], range(1, 11)))
def test_a_killed_server_loses_no_timer_and_fires_none_twice(database_url: str, seed: int) -> None:
    chance, pause = random.Random(seed), threading.Event()
    watch, due = Watch(database_url), Due()
    server = Server(database_url)
    with server:
        for _ in range(ROUNDS):
            due += watch.wind_up(chance)
            pause.wait(chance.random() * 2.0)  # before the first moment, amid them, or behind the last
            server.kill()
            pause.wait(chance.random())  # some moments pass while nobody is there
            server.start()
        watch.wait_for(due)
    assert watch.fired(due) == Counter(due)
    watch.app.close()
    command(database_url, "verify")
