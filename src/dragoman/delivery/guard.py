"""The guard of outgoing requests: only public addresses, and networks that the configuration allows, are connected to.

A name is resolved once for a connection, every address that it has is checked, and the connection goes to one that was
checked: a name that resolves to another address a moment later changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text. Raises OSError if it has none."""

_NOT_PUBLIC = tuple(
    map(
        ip_network,
        # The special-purpose registries of IANA for IPv4 (RFC 6890) and IPv6.
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)
_UNICAST = IPv6Network("2000::/3")
"""What of IPv6 is given out; unique local, link-local, multicast and all else are outside."""
_MAPPED, _TRANSLATED = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")


class Blocked(Exception):
    """The address is neither public nor allowed; nothing was sent. The message is for the log only."""


class Guard:
    """Checks hosts before they are connected to. Addresses in `allow` are reached too, and by plain HTTP."""

    def __init__(self, allow: Iterable[str] = (), resolve: Resolve | None = None) -> None:
        self._allow = tuple(ip_network(each, strict=False) for each in allow)
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
        reached = _reached(address)
        if any(reached in network for network in self._allow):
            return
        if not is_encrypted:
            raise Blocked(f"{host} may be reached by https only")
        if not is_public(address):
            raise Blocked(f"{host} has the address {address}, which is not public")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, as is the IPv4 address that an IPv6 one stands for."""
    reached = _reached(address)
    if isinstance(reached, IPv6Address) and reached not in _UNICAST:
        return False
    return not any(reached in network for network in _NOT_PUBLIC)


def _reached(address: Address) -> Address:
    """The IPv4 address that a translator or a tunnel would reach; else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _MAPPED or address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return address


async def _resolve(host: str, port: int) -> list[str]:
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
