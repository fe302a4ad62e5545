"""Requests to receivers of webhooks: signed, to checked addresses only, within their time; and what came of them.

No redirects, cookies, compression or proxies. A name is resolved at each attempt, also where a connection is kept.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import httpcore2
import msgspec

from dragoman import __version__
from dragoman.delivery.guard import Blocked, Guard, Resolve
from dragoman.delivery.http1 import Answer, Broken, Connection
from dragoman.delivery.retries import asked_pause
from dragoman.domain.addresses import NoAddress, literal, plain_host
from dragoman.domain.clock import Clock
from dragoman.domain.delivery import MOST_KEPT, DeliveryError, Outcome
from dragoman.domain.webhook_ladder import HOLDING, MOST_HELD_SECONDS
from dragoman.domain.webhook_secret import signature
from dragoman.domain.webhook_url import DEFAULT_PORTS
from dragoman.settings import Webhooks

log = logging.getLogger(__name__)

AGENT = f"Dragoman/{__version__}"
MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
RETRY_AFTER = "retry-after"
KEPT_HEADERS = frozenset({RETRY_AFTER})
IDLE_SECONDS = 15.0
IDLE_AT_A_RECEIVER = 4
IDLE_AT_ALL = 256


class Times(msgspec.Struct, frozen=True):
    """How long connecting, and a whole attempt, may take."""

    connect_seconds: float = 5.0
    total_seconds: float = 15.0


class Message(msgspec.Struct, frozen=True):
    """What is sent in one attempt: the id and envelope of an event, and the keys that sign it."""

    url: str
    event: str
    body: bytes
    keys: Sequence[bytes]


class Target(msgspec.Struct, frozen=True):
    """The parts of a URL that a request needs."""

    host: str
    port: int
    is_encrypted: bool
    head: str  # the request's first lines, which are always the same


class _Idle(msgspec.Struct):
    connection: Connection
    until: float


class Failed(Exception):
    """An attempt without a status."""

    def __init__(self, error: DeliveryError) -> None:
        super().__init__(str(error))
        self.error = error


class Receivers:
    """Sends messages, and keeps connections. Used by one event loop."""

    def __init__(self, guard: Guard, clock: Clock, times: Times | None = None) -> None:
        self._guard, self._clock, self._times = guard, clock, times or Times()
        self._targets: dict[str, Target] = {}
        self._idle: dict[Target, list[_Idle]] = {}
        self._idle_count = 0
        self._ssl: ssl.SSLContext | None = None

    async def send(self, message: Message) -> Outcome:
        """What came of one attempt; never raises what the receiver causes."""
        at, began = self._clock.now(), self._clock.monotonic()
        answer, error = await self._answer(message, int(at) // 10_000_000)
        milliseconds = round((self._clock.monotonic() - began) * 1_000)
        if answer is None:
            return Outcome(at, None, error, milliseconds)
        pause = None
        if answer.status in HOLDING:
            pause = asked_pause(answer.headers.get(RETRY_AFTER), self._clock.now(), MOST_HELD_SECONDS)
        text = answer.body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        return Outcome(at, answer.status, _error_of(answer.status), milliseconds, text, pause)

    def close(self) -> None:
        """End the connections that are kept."""
        for kept in self._idle.values():
            for idle in kept:
                idle.connection.close()
        self._idle.clear()
        self._idle_count = 0

    # -- one attempt ----------------------------------------------------------------------------------------------

    async def _answer(self, message: Message, timestamp: int) -> tuple[Answer | None, DeliveryError | None]:
        connection: Connection | None = None
        try:
            target = self._target(message.url)
            request = _request(target, message, timestamp)
            async with asyncio.timeout(self._times.total_seconds):
                addresses = await self._addresses(target)
                connection = self._kept(target, addresses)
                if connection is not None:
                    try:
                        return self._keep(target, connection, await connection.exchange(request)), None
                    except Broken:
                        if connection.heard:
                            raise
                # There was none, or the receiver had closed it.
                connection = await self._connect(target, addresses)
                return self._keep(target, connection, await connection.exchange(request)), None
        except TimeoutError:
            # A status that came in time counts, though its body did not end.
            return (connection.answered() if connection is not None else None), DeliveryError.TIMEOUT
        except Broken:
            return None, DeliveryError.CONNECT
        except Failed as failed:
            return None, failed.error

    async def _addresses(self, target: Target) -> tuple[str, ...]:
        try:
            return await self._guard.check(target.host, target.port, is_encrypted=target.is_encrypted)
        except Blocked as blocked:
            log.warning("webhook.address_refused", extra={"reason": str(blocked)})
            raise Failed(DeliveryError.ADDRESS_REFUSED) from None
        except (OSError, UnicodeError):
            raise Failed(DeliveryError.DNS) from None

    async def _connect(self, target: Target, addresses: Sequence[str]) -> Connection:
        try:
            async with asyncio.timeout(self._times.connect_seconds):
                return await self._first_of(target, addresses)
        except ssl.SSLError:
            raise Failed(DeliveryError.TLS) from None
        except TimeoutError:
            raise Failed(DeliveryError.TIMEOUT) from None
        except OSError:
            raise Failed(DeliveryError.CONNECT) from None

    async def _first_of(self, target: Target, addresses: Sequence[str]) -> Connection:
        """A connection to the first address that accepts one."""
        refused = OSError("no address")
        for address in addresses:
            try:
                return await self._connect_to(target, address)
            except ssl.SSLError:
                raise
            except OSError as error:
                refused = error
        raise refused

    async def _connect_to(self, target: Target, address: str) -> Connection:
        context = self._context() if target.is_encrypted else None
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(address, KEPT_HEADERS, MOST_KEPT),
            address,
            target.port,
            ssl=context,
            server_hostname=target.host if context is not None else None,
        )
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._ssl is None:
            self._ssl = httpcore2.default_ssl_context()
        return self._ssl

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _target(self, url: str) -> Target:
        found = self._targets.get(url)
        if found is None:
            if len(self._targets) >= IDLE_AT_ALL:
                self._targets.clear()
            try:
                found = self._targets[url] = target_of(url)
            except NoAddress:  # accepted by the rules of an earlier release
                raise Failed(DeliveryError.ADDRESS_REFUSED) from None
        return found

    def _kept(self, target: Target, addresses: Sequence[str]) -> Connection | None:
        """A connection that is kept to one of the addresses, or None."""
        kept, now = self._idle.get(target, []), self._clock.monotonic()
        while kept:
            idle = kept.pop()
            self._idle_count -= 1
            if idle.connection.is_open and idle.until > now and idle.connection.address in addresses:
                return idle.connection
            idle.connection.close()
        self._idle.pop(target, None)
        return None

    def _keep(self, target: Target, connection: Connection, answer: Answer) -> Answer:
        kept = self._idle.setdefault(target, [])
        if connection.is_open and len(kept) < IDLE_AT_A_RECEIVER and self._idle_count < IDLE_AT_ALL:
            kept.append(_Idle(connection, self._clock.monotonic() + IDLE_SECONDS))
            self._idle_count += 1
        else:
            connection.close()
        return answer


def receivers_of(webhooks: Webhooks, clock: Clock, resolve: Resolve | None = None) -> Receivers:
    """As configured."""
    guard = Guard(webhooks.allow_networks, resolve, allow_http=webhooks.allow_http)
    return Receivers(guard, clock, Times(webhooks.connect_seconds, webhooks.total_seconds))


def target_of(url: str) -> Target:
    """The target of a URL that was accepted for a webhook."""
    parts = urlsplit(url)
    is_encrypted = parts.scheme == "https"
    host = plain_host(unquote(parts.hostname or ""))
    address = literal(host)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc.removesuffix(':')}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n"
        f"Accept-Encoding: identity\r\nContent-Type: {MEDIA_TYPE}\r\n"
    )
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return Target(host if address is None else str(address), port, is_encrypted, head)


def _request(target: Target, message: Message, timestamp: int) -> bytes:
    signed = signature(message.keys, message.event, timestamp, message.body)
    head = (
        f"{target.head}Content-Length: {len(message.body)}\r\nwebhook-id: {message.event}\r\n"
        f"webhook-timestamp: {timestamp}\r\nwebhook-signature: {signed}\r\n\r\n"
    )
    return head.encode("ascii") + message.body


def _error_of(status: int) -> DeliveryError | None:
    if 200 <= status < 300:
        return None
    return DeliveryError.REDIRECT if 300 <= status < 400 else DeliveryError.STATUS
