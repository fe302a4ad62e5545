"""Requests to one outside collection: paced, authenticated, and tried again as its table says."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

import msgspec

from dragoman.delivery import failures
from dragoman.delivery.client import Client, Reply, Silent
from dragoman.delivery.guard import Blocked
from dragoman.delivery.outside import PATIENCE_SECONDS
from dragoman.delivery.pace import Later, Pace
from dragoman.delivery.retries import asked_pause, pause
from dragoman.domain.bulk_failures import Failure
from dragoman.domain.clock import Clock
from dragoman.domain.outside import OutsideType

log = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Tried(msgspec.Struct, frozen=True):
    """The last reply, and how often the request was sent."""

    reply: Reply
    tries: int


class Exchange:
    """Sends requests until there is a reply to go by. `tries` counts those of each key, also over several calls."""

    def __init__(self, type_: OutsideType, client: Client, pace: Pace, clock: Clock, tries: dict[str, int]) -> None:
        self._type = type_
        self._http = type_.table.http
        self._client = client
        self._pace = pace
        self._clock = clock
        self._tries = tries

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"", *, key: str = ""
    ) -> Tried | Failure:
        """The first reply that isn't to be tried again, or the last one.

        Raises Later for a long pause; the next call with this key goes on counting where this one stopped.
        """
        key = key or target
        fields = [("Accept", "application/json"), *self._auth(), *headers.items()]
        result = await self._tried(key, method, target, fields, body)
        self._tries.pop(key, None)
        return result

    async def _tried(
        self, key: str, method: str, target: str, fields: Sequence[tuple[str, str]], body: bytes
    ) -> Tried | Failure:
        while True:
            result = await self._attempt(method, target, fields, body)
            tries = self._tries[key] = self._tries.get(key, 0) + 1
            if isinstance(result, Failure):
                return result
            if isinstance(result, Reply) and result.status not in self._http.retry.on:
                return Tried(result, tries)
            is_held = self._hold_back(result)
            if tries >= self._http.retry.tries:
                return Tried(result, tries) if isinstance(result, Reply) else failures.silent(result, tries)
            if not is_held:
                await self._pause(tries)

    async def _attempt(
        self, method: str, target: str, fields: Sequence[tuple[str, str]], body: bytes
    ) -> Reply | str | Failure:
        """The reply; a text if there is none; or why there can't be one."""
        try:
            async with self._pace.turn():
                reply = await self._client.send(method, target, fields, body)
        except Blocked as blocked:
            log.warning("outside.blocked", extra={"type": self._type.name, "reason": str(blocked)})
            return failures.blocked(self._type.name, "address not allowed")
        except Silent as silence:
            return str(silence)
        if reply.status in REDIRECTS:
            return failures.blocked(self._type.name, "redirect not followed")
        # Of a write, the status is all that counts.
        return "connection broken" if method == "GET" and reply.is_broken else reply

    def _auth(self) -> list[tuple[str, str]]:
        if self._http.auth is None or self._type.secret is None:
            return []
        return [(self._http.auth.header, self._type.secret.value)]

    def _hold_back(self, result: Reply | str) -> bool:
        """Obey a `Retry-After`, for all requests of the type; whether there was one."""
        header = result.headers.get("retry-after") if isinstance(result, Reply) else None
        seconds = asked_pause(header, self._clock.now())
        if seconds is not None:
            self._pace.hold(seconds)
        return seconds is not None

    async def _pause(self, tries: int) -> None:
        seconds = pause(self._http.retry, tries)
        if seconds > PATIENCE_SECONDS:
            raise Later(seconds)
        await asyncio.sleep(seconds)
