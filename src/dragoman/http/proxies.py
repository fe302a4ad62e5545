"""What a proxy that is trusted says of the client's request: its address, and the scheme and host that it used.

Of a list the last entry counts that no trusted proxy stands for: what is left of it was written by whoever came before.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from dragoman.http.request_checks import is_host

SCHEMES = ("http", "https")
REMEMBERED = 4096


class Trusted:
    """Addresses and networks of proxies. Holds whatever addresses belong to one; false when there are none."""

    def __init__(self, networks: Iterable[str]) -> None:
        """ValueError for what is neither an address nor a network."""
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]
        self._holds = lru_cache(REMEMBERED)(self._look)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        return bool(self._networks) and self._holds(address)

    def _look(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if address.version == 6 else None  # ::ffff:10.0.0.7, of a socket for both kinds
        return any((mapped or address) in network for network in self._networks)


def address(scope: Mapping[str, Any], headers: Mapping[str, str], trusted: Trusted) -> str:
    """The client's address, as far as trusted proxies tell it."""
    direct = _direct(scope)
    if direct not in trusted:
        return direct
    told = [each for each in map(str.strip, headers.get("x-forwarded-for", "").split(",")) if each]
    return next((each for each in reversed(told) if each not in trusted), told[0] if told else direct)


def origin(scope: Mapping[str, Any], headers: Mapping[str, str], trusted: Trusted) -> str:
    """`scheme://host` as the client wrote it, for links in answers."""
    scheme, host = scope["scheme"], headers.get("host") or _server(scope)
    if trusted and _direct(scope) in trusted:
        said = _forwarded(headers)
        proto = (_last(headers, "x-forwarded-proto") or said.get("proto", "")).lower()
        named = _last(headers, "x-forwarded-host") or said.get("host", "")
        scheme = proto if proto in SCHEMES else scheme
        host = named if is_host(named) else host
    return f"{scheme}://{host}"


def _server(scope: Mapping[str, Any]) -> str:
    """The address that was called, for a client of HTTP/1.0 without Host."""
    host, port = scope.get("server") or ("localhost", None)
    return host if port is None else f"{host}:{port}"


def _direct(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _last(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").rpartition(",")[2].strip()


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The last element of Forwarded (RFC 7239), by its parameters."""
    pairs = (pair.partition("=") for pair in _last(headers, "forwarded").split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
