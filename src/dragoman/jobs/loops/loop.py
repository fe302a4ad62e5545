"""Loops inside the server: small work that is repeated as long as it runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from dragoman.delivery.outside import Outside
from dragoman.domain.access import Principal
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Expected

log = logging.getLogger(__name__)

R = TypeVar("R")


class Pressure(Protocol):
    """How busy requests keep the write lane."""

    @property
    def is_felt(self) -> bool:
        """Whether requests wait, or were served since the last slice of bulk work."""
        ...

    @property
    def group_seconds(self) -> float:
        """How long the last group of requests took."""
        ...

    @property
    def bulk_seconds(self) -> float:
        """How long the last slice of bulk work took, without its wait."""
        ...


class Runner(Protocol):
    """Runs use cases: what background work needs of the executor."""

    clock: Clock
    outside: Outside

    async def read(self, run: Callable[..., R], command: Any, principal: Principal) -> R: ...

    async def write(
        self,
        run: Callable[..., R],
        command: Any,
        principal: Principal,
        dialect: str,
        *,
        operation: str | None = None,
        bulk: bool = False,
    ) -> R: ...

    def pressure(self) -> Pressure: ...


async def forever(name: str, look: Callable[[], Awaitable[object]], every_seconds: float) -> None:
    """Call `look` now, and again after each pause, also after an error."""
    while True:
        try:
            await look()
        except Expected as busy:
            log.warning("loop.later", extra={"loop": name, "code": busy.code})
        except Exception:  # house: ok, because the loop must go on; the next call may succeed
            log.exception("loop.failed", extra={"loop": name})
        await asyncio.sleep(every_seconds)
