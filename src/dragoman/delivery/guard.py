"""The guard of outgoing requests: only public addresses, and networks that the configuration allows, are connected to.

A name is resolved once for a connection, every address that it has is checked, and the connection goes to one that was
checked: a name that resolves to another address a moment later changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network

from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from dragoman.domain.addresses import Address, is_public, reached

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text. Raises OSError if it has none."""


class Blocked(Exception):
    """The address is neither public nor allowed; nothing was sent. The message is for the log only."""


class Guard:
    """Checks hosts before they are connected to. Addresses in `allow` are reached too, and by plain HTTP; others by
    plain HTTP only with `allow_http`."""

    def __init__(self, allow: Iterable[str] = (), resolve: Resolve | None = None, *, allow_http: bool = False) -> None:
        self._allow = tuple(ip_network(each, strict=False) for each in allow)
        self._allow_http = allow_http
        self._resolve = resolve or _resolve

    async def check(self, host: str, port: int, *, is_encrypted: bool) -> tuple[str, ...]:
        """The addresses of a host. Raises Blocked unless all of them may be reached, OSError if there are none."""
        addresses = tuple(await self._resolve(host, port))
        if not addresses:
            raise OSError(f"{host} has no address")
        for text in addresses:
            self._check(host, ip_address(text), is_encrypted=is_encrypted)
        return addresses

    def _check(self, host: str, address: Address, *, is_encrypted: bool) -> None:
        target = reached(address)
        if any(target in network for network in self._allow):
            return
        if not is_encrypted and not self._allow_http:
            raise Blocked(f"{host} may be reached by https only")
        if not is_public(address):
            raise Blocked(f"{host} has the address {address}, which is not public")


async def _resolve(host: str, port: int) -> list[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]
    # Decimal, octal and shortened forms of IPv4 are read by the resolver as the connection would read them.
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for _, _, _, _, address in found]


class GuardedNetwork(AsyncNetworkBackend):
    """Connects to checked addresses only, one after the other until one accepts."""

    def __init__(self, guard: Guard, *, is_encrypted: bool) -> None:
        self._guard = guard
        self._is_encrypted = is_encrypted
        self._network = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> AsyncNetworkStream:
        refused: ConnectError | None = None
        for address in await self._guard.check(host, port, is_encrypted=self._is_encrypted):
            try:
                return await self._network.connect_tcp(address, port, timeout)
            except ConnectError as error:
                refused = error
        raise refused or ConnectError(f"{host} has no address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
