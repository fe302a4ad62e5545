"""Batches without a server: made, decided, and run by the worker in the test's own thread."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self

import sqlalchemy as sa

from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Decision, Method, Outcome
from dragoman.domain.clock import Clock, FixedClock
from dragoman.jobs.worker import Worker
from dragoman.runtime.application import Application
from dragoman.store import tables
from dragoman.store.unit.lane import Pressure
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.identity import users as people
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

NO_OPTIONS = batches.Options()
DIALECT = "carrierx_batch"
Watch = Callable[[str], None]
"""Called with the name of each use case before its transaction; what it raises is a crash there."""


class Immediate:
    """What workers and timers need of an application; every command is run in the calling thread."""

    def __init__(self, app: Application, watch: Watch = lambda name: None) -> None:
        self._app = app
        self._watch = watch
        self.clock: Clock = app.clock
        self.outside = app.executor.outside

    async def read(self, run: Callable[..., Any], command: Any, principal: Principal) -> Any:
        return self._app.executor.call(run, command, principal.tenant, principal=principal)

    async def write(
        self,
        run: Callable[..., Any],
        command: Any,
        principal: Principal,
        dialect: str,
        *,
        operation: str | None = None,
        bulk: bool = False,
    ) -> Any:
        self._watch(run.__name__)
        tenant = principal.tenant
        return self._app.executor.call(run, command, tenant, principal=principal, dialect=dialect, operation=operation)

    def pressure(self) -> Pressure:
        return Pressure(False, 0.0, 0.0)


class BatchWorld(World):
    """A world with anna, who makes batches. Tenants of other names share the application of one that is open."""

    def __init__(self, url: str, clock: FixedClock | None = None, settings: Mapping[str, object] | None = None) -> None:
        super().__init__(url, clock, settings)
        self.anna = self.add("anna")

    @classmethod
    def beside(cls, other: World, tenant: str) -> Self:
        """Another tenant of the same application, which stays that of the first to close. It has anna."""
        world = super().beside(other, tenant)
        world.anna = world.add("anna")
        return world

    @classmethod
    def again(cls, url: str) -> "BatchWorld":
        """A world that was made before, on its database."""
        world = cls.__new__(cls)
        World.__init__(world, url)
        user = world.core(lambda uow: uow.users.by_login("anna"))
        world.anna = world.people["anna"] = people.principal_of(user)
        return world

    def __enter__(self) -> "BatchWorld":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def core(
        self,
        run: Any,
        who: Principal | None = None,
        tenant: int | None = None,
        *,
        dialect: str = DIALECT,
    ) -> Any:
        return super().core(run, who, tenant, dialect=dialect)

    def order(
        self,
        method: Method,
        type_: str,
        *,
        field: str | None = None,
        entries: list[Any] | None = None,
        data: Any = None,
        review: bool = False,
        who: Principal | None = None,
        options: batches.Options = NO_OPTIONS,
    ) -> int:
        """A new batch, and the job that prepares it; its number."""
        size = len(data) if method is Method.POST else len(entries or [])
        order = batches.NewBatch(
            method, type_, field, text(entries), text(data), review=review, size=size, options=options
        )
        number: int = self.core(lambda uow: batches.create(uow, order).batch.number, who or self.anna)
        return number

    def decide(self, number: int, decision: Decision, who: Principal | None = None, reason: str | None = None) -> Batch:
        """Approve or refuse a batch."""
        return self.control(number, lambda uow, batch: control.decide(uow, batch, decision, reason=reason), who)

    def control(self, number: int, run: Callable[[UnitOfWork, Batch], Batch], who: Principal | None = None) -> Batch:
        """Run a verb on a batch."""
        made: Batch = self.core(lambda uow: run(uow, uow.batches.get(number)), who)
        return made

    def run_jobs(self, watch: Watch = lambda name: None) -> None:
        """Run all jobs that are due. While one rests, the clock goes on."""
        asyncio.run(Worker(Immediate(self.app, watch), sleep=self._sleep).run_once())

    async def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def done(self, *arguments: Any, **named: Any) -> Batch:
        """A batch without review, when it is over."""
        number = self.order(*arguments, **named)
        self.run_jobs()
        return self.batch(number)

    def batch(self, number: int) -> Batch:
        """A batch as it is kept."""
        found: Batch = self.core(lambda uow: uow.batches.get(number))
        return found

    def failures(self, batch: Batch) -> dict[int, tuple[str, Any]]:
        """Index of each entry that failed -> its key, and its error read back from JSON."""
        found: list[Outcome] = self.core(lambda uow: uow.batches.failures(batch.number, limit=1_000_000))
        return {each.index: (each.key or "", json.loads(each.error or "")) for each in found}

    def outcomes(self, batch: Batch) -> list[int]:
        """The indexes that have an outcome."""
        table = tables.batch_outcome.c
        statement = sa.select(table.index).where(table.tenant == self.tenant, table.batch == batch.number)
        with self.app.store.engine.raw.connect() as connection:
            return [int(row[0]) for row in connection.execute(statement.order_by(table.index))]


def text(value: Any) -> str | None:
    """JSON text, None for None."""
    return None if value is None else json.dumps(value, separators=(",", ":"))
