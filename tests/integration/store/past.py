"""A database with a past: two tenants, tasks that were changed and deleted, hours that were sealed."""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal
from dragoman.domain.clock import TICKS_PER_SECOND, FixedClock, Moment
from dragoman.domain.digest import Digest, due
from dragoman.domain.task import Task
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.background import digests
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

HOUR = 3_600
NOON = Moment((497_222 * HOUR + 1) * TICKS_PER_SECOND)  # a second past a full hour


class Doing(msgspec.Struct, frozen=True):
    """Any use case as a command that goes alone."""

    what: Any

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Past:
    """An application on a fixed clock, and what was done with it."""

    def __init__(self, url: str) -> None:
        self.clock = FixedClock(NOON)
        self.app = Application(load(overrides={"database": url}), self.clock).open()
        self.main = self.app.ensure_tenant("main")
        self.north = self.app.ensure_tenant("north")

    def do(self, what: Any, tenant: int | None = None, login: str = "anna") -> Any:
        """Run `what(uow)` for a user, in a transaction of its own."""
        tenant = tenant or self.main
        who = Principal(tenant=tenant, user=login, login=login, is_admin=True)
        return self.app.executor.call(
            lambda uow, command: command.what(uow), Doing(what), tenant, principal=who, dialect="test", operation="do"
        )

    def make(self, tenant: int | None = None, login: str = "anna") -> int:
        """A new task's number."""
        task: Task = self.do(lambda uow: tasks.add(uow, title="Call the printer"), tenant, login)
        return task.number

    def change(self, number: int, priority: int, tenant: int | None = None, login: str = "anna") -> None:
        """One more revision."""

        def prioritise(uow: UnitOfWork) -> Task:
            task = uow.tasks.get(number)
            return tasks.save(uow, task, replace(task, priority=priority))

        self.do(prioritise, tenant, login)

    def delete(self, number: int, tenant: int | None = None) -> None:
        """Lawfully, with a tombstone."""
        self.do(lambda uow: tasks.remove(uow, uow.tasks.get(number)), tenant)

    def seal(self, tenant: int | None = None) -> Digest | None:
        """What the hourly loop does for a tenant."""
        tenant = tenant or self.main
        digest = self.app.executor.call(digests.collect, digests.Collect(due(self.clock.now())), tenant)
        return None if digest is None else self.app.executor.call(digests.keep, digests.Keep(digest), tenant)

    def an_hour_later(self) -> None:
        """To just when the last hour is settled."""
        self.clock.advance(HOUR + 61 - (self.clock.at // TICKS_PER_SECOND) % HOUR)

    def live(self) -> None:
        """Two sealed hours, and one that isn't over."""
        for priority in range(3):
            for tenant in (self.main, self.north):
                first, second = self.make(tenant), self.make(tenant, "bert")
                self.change(first, priority, tenant)
                self.change(second, priority + 1, tenant, "bert")
                self.change(first, priority + 2, tenant, "bert")
            self.delete(first, self.north)
            if priority < 2:
                self.an_hour_later()
                self.seal(self.main)
                self.seal(self.north)
