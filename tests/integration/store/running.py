"""An application whose lanes run while a test drives its loops by hand: its clock stands until it is moved."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import FixedClock, Moment
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.uow import UnitOfWork

NOON = Moment(17_900_000_000_000_000)


class Lone:
    """An exclusive command."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Running:
    """One node: an application on a database, with its own lanes."""

    def __init__(self, url: str, clock: FixedClock) -> None:
        self.clock = clock
        self.app = Application(load(overrides={"database": url}), clock).open()
        self.tenant = self.app.ensure_tenant("main")

    def do(self, run: Callable[[UnitOfWork], Any], tenant: int | None = None) -> Any:
        """Something done beside the lanes."""

        def alone(uow: UnitOfWork, _command: Lone) -> Any:
            return run(uow)

        return self.app.executor.call(alone, Lone(), tenant or self.tenant, operation="test")


@asynccontextmanager
async def running(url: str, clock: FixedClock | None = None) -> AsyncIterator[Running]:
    """A node whose own loops are stopped."""
    node = Running(url, clock or FixedClock(NOON))
    node.app.start()
    await node.app.stop()
    try:
        yield node
    finally:
        node.app.close()
