"""Headers of trusted proxies: the client's address, and the scheme and host of its request.

Of a list of addresses the last one that is not a trusted proxy counts; entries before it may be forged.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from dragoman.http.request_checks import is_host

SCHEMES = ("http", "https")
REMEMBERED = 4096


class Trusted:
    """Addresses and networks of trusted proxies; false when there are none."""

    def __init__(self, networks: Iterable[str]) -> None:
        """ValueError for an invalid address or network."""
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
    """The client's address, as reported by trusted proxies."""
    direct = peer(scope)
    if direct not in trusted:
        return direct
    reported = [each for each in map(str.strip, headers.get("x-forwarded-for", "").split(",")) if each]
    return next((each for each in reversed(reported) if each not in trusted), reported[0] if reported else direct)


def origin(scope: Mapping[str, Any], headers: Mapping[str, str], trusted: Trusted) -> str:
    """`scheme://host` as the client wrote it, for links in replies."""
    scheme, host = scope["scheme"], headers.get("host") or _server(scope)
    if trusted and peer(scope) in trusted:
        forwarded = _forwarded(headers)
        proto = (_last(headers, "x-forwarded-proto") or forwarded.get("proto", "")).lower()
        named = _last(headers, "x-forwarded-host") or forwarded.get("host", "")
        scheme = proto if proto in SCHEMES else scheme
        host = named if is_host(named) else host
    return f"{scheme}://{host}"


def _server(scope: Mapping[str, Any]) -> str:
    """The address that was called, for a client of HTTP/1.0 without Host."""
    host, port = scope.get("server") or ("localhost", None)
    return host if port is None else f"{host}:{port}"


def peer(scope: Mapping[str, Any]) -> str:
    """The address at the other end of the connection."""
    client = scope.get("client")
    return client[0] if client else ""


def _last(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").rpartition(",")[2].strip()


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The last element of Forwarded (RFC 7239), by its parameters."""
    pairs = (pair.partition("=") for pair in _last(headers, "forwarded").split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
