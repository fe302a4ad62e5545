"""What a proxy that is trusted says of the client's request: its address, and the scheme and host that it used.

Of a list the last entry counts: it was written by the proxy that is known, the others by whoever came before it.
"""

from collections.abc import Collection, Mapping
from typing import Any

from dragoman.http.gate import is_host

SCHEMES = ("http", "https")


def address(scope: Mapping[str, Any], headers: Mapping[str, str], trusted: Collection[str]) -> str:
    """The client's address, as far as trusted proxies tell it."""
    direct = _direct(scope)
    if direct not in trusted:
        return direct
    return _last(headers, "x-forwarded-for") or direct


def origin(scope: Mapping[str, Any], headers: Mapping[str, str], trusted: Collection[str]) -> str:
    """`scheme://host` as the client wrote it, for links in answers."""
    scheme, host = scope["scheme"], headers["host"]
    if trusted and _direct(scope) in trusted:
        said = _forwarded(headers)
        proto = (_last(headers, "x-forwarded-proto") or said.get("proto", "")).lower()
        named = _last(headers, "x-forwarded-host") or said.get("host", "")
        scheme = proto if proto in SCHEMES else scheme
        host = named if is_host(named) else host
    return f"{scheme}://{host}"


def _direct(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _last(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").rpartition(",")[2].strip()


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The last element of Forwarded (RFC 7239), by its parameters."""
    pairs = (pair.partition("=") for pair in _last(headers, "forwarded").split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
