"""A world with a history: two tenants, tasks that were changed and deleted, hours that were sealed."""

from typing import Any

from msgspec.structs import replace

from dragoman.domain.access import Principal
from dragoman.domain.clock import TICKS_PER_SECOND, FixedClock, Moment
from dragoman.domain.digest import Digest, due
from dragoman.domain.task import Task
from dragoman.usecases.background import digests
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

HOUR = 3_600
PAST_NOON = Moment((497_222 * HOUR + 1) * TICKS_PER_SECOND)  # a second past a full hour


class HistoryWorld(World):
    """A world with the tenants main and north, whose clock begins a second past a full hour."""

    def __init__(self, url: str) -> None:
        super().__init__(url, FixedClock(PAST_NOON))
        self.main = self.tenant
        self.north = self.app.ensure_tenant("north")

    def do(self, run: Any, tenant: int | None = None, login: str = "anna") -> Any:
        """Run a function of the unit of work as an administrator of this login."""
        tenant = tenant or self.main
        return self.core(run, Principal(tenant=tenant, user=login, login=login, is_admin=True), tenant)

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
        return None if digest is None else self.app.executor.call(digests.store, digests.Store(digest), tenant)

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
