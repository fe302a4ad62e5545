"""Batches without a server: made, decided, and worked off by the worker in the test's own thread."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Decision, Method, Outcome
from dragoman.domain.clock import Clock
from dragoman.domain.ids import new_id
from dragoman.jobs.worker import Worker
from dragoman.runtime.application import Application
from dragoman.store import tables
from dragoman.store.unit.lane import Pressure
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.identity import users as people
from dragoman.usecases.uow import UnitOfWork

DIALECT = "carrierx_batch"
Watch = Callable[[str], None]
"""Told the name of each use case before its transaction; what it raises is a crash there."""


class AtOnce:
    """What the worker needs of an application, everything done when it is asked."""

    def __init__(self, app: Application, watch: Watch) -> None:
        self._app = app
        self._watch = watch
        self.clock: Clock = app.clock

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


class Core:
    """Something done to the core itself."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Office:
    """One tenant of an application, with anna, who makes batches."""

    def __init__(self, app: Application, name: str) -> None:
        self.app = app
        self.tenant = app.ensure_tenant(name)
        self.anna = self.person("anna")

    def person(self, login: str, *, admin: bool = False) -> Principal:
        """Somebody who may act."""
        command = people.AddUser(new_id(), login, is_admin=admin)
        return people.principal_of(self.app.executor.call(people.add_user, command, self.tenant))

    def core(self, run: Callable[[UnitOfWork], Any], who: Principal | None = None) -> Any:
        """Something done in one transaction that goes alone."""
        return self.app.executor.call(
            lambda uow, _: run(uow), Core(), self.tenant, principal=who, dialect=DIALECT, operation="core"
        )

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
    ) -> int:
        """A new batch, and the job that prepares it; its number."""
        size = len(data) if method is Method.POST else len(entries or [])
        order = batches.Order(method, type_, field, text(entries), text(data), review=review, size=size)
        number: int = self.core(lambda uow: batches.create(uow, order).batch.number, who or self.anna)
        return number

    def decide(self, number: int, decision: Decision) -> None:
        """Approve or cancel a batch."""
        self.core(lambda uow: batches.decide(uow, uow.batches.get(number), decision))

    def work_off(self, watch: Watch = lambda name: None) -> None:
        """Do all jobs that are due."""
        asyncio.run(Worker(AtOnce(self.app, watch)).run_once())

    def done(self, *arguments: Any, **named: Any) -> Batch:
        """A batch without review, when it is over."""
        number = self.order(*arguments, **named)
        self.work_off()
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
