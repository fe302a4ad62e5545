"""The worker without a server: jobs done now, in the test's own thread, and batches to be done."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from dragoman.app import App
from dragoman.domain.access import Principal
from dragoman.domain.batch import Batch, Decision, Method, Outcome
from dragoman.domain.clock import Clock
from dragoman.jobs.worker import Worker
from dragoman.store.keys import ALONE, Alone
from dragoman.store.lane import Pressure
from dragoman.usecases import batches
from dragoman.usecases.uow import UnitOfWork

DIALECT = "carrierx_batch"


class AtOnce:
    """An application for the worker that does all when it is asked. `before` is told of each transaction."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.clock: Clock = app.clock
        self.busy = False
        self.before: Callable[[str], None] = lambda operation: None

    async def read(self, run: Callable[..., Any], command: Any, principal: Principal) -> Any:
        return self._app.call(run, command, principal.tenant, principal=principal)

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
        self.before(run.__name__)
        return self._app.call(run, command, principal.tenant, principal=principal, dialect=dialect, operation=operation)

    def pressure(self) -> Pressure:
        return Pressure(self.busy, 0.0, 0.01)


def work_off(app: App, before: Callable[[str], None] | None = None) -> None:
    """Do all jobs that are due. `before` is told of each transaction's use case and may raise."""
    at_once = AtOnce(app)
    if before is not None:
        at_once.before = before
    asyncio.run(Worker(at_once).run_once())


class Core:
    """Something done to the core itself."""

    def keys(self) -> Alone:
        return ALONE


def core(app: App, tenant: int, run: Callable[[UnitOfWork], Any], principal: Principal | None = None) -> Any:
    """Something done beside all dialects."""
    return app.call(lambda uow, _: run(uow), Core(), tenant, principal=principal, dialect=DIALECT, operation="core")


def make_batch(
    app: App,
    creator: Principal,
    method: Method,
    type_: str,
    *,
    field: str | None = None,
    entries: list[str | int] | None = None,
    data: Any = None,
    review: bool = False,
) -> int:
    """A new batch of this person's, and the job that prepares it; its number."""

    size = len(data) if method is Method.POST else len(entries or [])
    order = batches.Order(method, type_, field, text(entries), text(data), review=review, size=size)
    number: int = core(app, creator.tenant, lambda uow: batches.create(uow, order).batch.number, creator)
    return number


def text(value: Any) -> str | None:
    """JSON text, None for None."""
    return None if value is None else json.dumps(value, separators=(",", ":"))


def decide(app: App, tenant: int, number: int, decision: Decision) -> None:
    """Approve or cancel it."""

    core(app, tenant, lambda uow: batches.decide(uow, uow.batches.get(number), decision))


def batch(app: App, tenant: int, number: int) -> Batch:
    """A batch as it is kept."""
    found: Batch = core(app, tenant, lambda uow: uow.batches.get(number))
    return found


def failures(app: App, tenant: int, number: int) -> dict[int, tuple[Any, Any]]:
    """Index of each entry that failed -> its key and its error, read back from JSON."""
    found: list[Outcome] = core(app, tenant, lambda uow: uow.batches.failures(number, limit=1_000_000))
    return {each.index: (json.loads(each.key or "null"), json.loads(each.error or "null")) for each in found}
