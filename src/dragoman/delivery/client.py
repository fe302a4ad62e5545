"""One HTTP request to a checked address, and what came of it. No redirects, cookies or proxies, and no second try."""

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec
from httpcore2 import URL, AsyncConnectionPool, ConnectError, NetworkError, ProtocolError, Request, Response
from msgspec.structs import replace

from dragoman import __version__
from dragoman.delivery.guard import Guard, GuardedNetwork

AGENT = f"dragoman/{__version__}"
MOST_BYTES = 1024 * 1024
"""How much of a reply is read."""
IDLE_SECONDS = 15.0
MOST_CONNECTIONS = 64

# At its level "debug" the library logs headers of replies, and a reply may repeat a secret.
logging.getLogger("httpcore2").setLevel(logging.INFO)

BROKEN = (NetworkError, ProtocolError, OSError)


class Silent(Exception):
    """No reply: the connection was refused or broke off, or the time was over. The message is for the client."""


class Reply(msgspec.Struct, frozen=True):
    """What a server replied. Its body may have been cut at `MOST_BYTES`, or broken off."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    is_cut: bool = False
    is_broken: bool = False


class Client:
    """Sends requests to the server of a URL. Used as a context, since it keeps connections."""

    def __init__(self, url: str, guard: Guard, timeout_seconds: float) -> None:
        parts = urlsplit(url)
        self._scheme, self._host = parts.scheme, parts.hostname or ""
        self._is_encrypted = parts.scheme == "https"
        self._port = parts.port or (443 if self._is_encrypted else 80)
        self._authority = parts.netloc
        self._guard = guard
        self._timeout_seconds = timeout_seconds
        self._pool: AsyncConnectionPool | None = None

    async def __aenter__(self) -> Self:
        network = GuardedNetwork(self._guard, is_encrypted=self._is_encrypted)
        self._pool = AsyncConnectionPool(
            max_connections=MOST_CONNECTIONS, keepalive_expiry=IDLE_SECONDS, network_backend=network
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def send(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Reply:
        """The reply, whatever its status. Raises Blocked before anything is sent, Silent if there is no reply."""
        reply: Reply | None = None
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._check()
                response = await self._begin(method, target, headers, body)
                try:
                    reply = _head(response)
                    return await _read(response, reply)
                finally:
                    await response.aclose()
        except TimeoutError:
            if reply is None:
                raise Silent(f"timeout after {self._timeout_seconds:g} s") from None
        except BROKEN as error:
            if reply is None:
                raise Silent(_why(error)) from None
        return replace(reply, is_broken=True)

    async def _check(self) -> None:
        """Also for a connection that is kept: the name may have been moved to another address meanwhile."""
        await self._guard.check(self._host, self._port, is_encrypted=self._is_encrypted)

    async def _begin(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> Response:
        if self._pool is None:
            raise RuntimeError("a client is a context, and this one is not open")
        fields = [("Host", self._authority), ("User-Agent", AGENT), ("Accept-Encoding", "identity"), *headers]
        if body or method != "GET":
            fields.append(("Content-Length", str(len(body))))
        url = URL(scheme=self._scheme, host=self._host, port=self._port, target=target)
        return await self._pool.handle_async_request(Request(method, url, headers=fields, content=body))


def _head(response: Response) -> Reply:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    return Reply(response.status, headers)


async def _read(response: Response, reply: Reply) -> Reply:
    body = bytearray()
    async for part in response.aiter_stream():
        body += part
        if len(body) > MOST_BYTES:
            return replace(reply, body=bytes(body[:MOST_BYTES]), is_cut=True)
    return replace(reply, body=bytes(body))


def _why(error: BaseException) -> str:
    if isinstance(error, socket.gaierror):
        return "host not found"
    return "no connection" if isinstance(error, ConnectError | OSError) else "connection broken"
