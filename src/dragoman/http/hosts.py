"""The hosts by which clients may call what needs no credentials.

A page of any site can let a browser call a name of its own that leads to this server (DNS rebinding): to the browser it
is the same site. Only the Host tells it apart.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from dragoman.http.request_checks import Refused

LOOPBACK = "localhost"


class Hosts:
    """The names and addresses that are this server's own."""

    def __init__(self, listening: str, public_url: str, others: Iterable[str]) -> None:
        named = (listening, urlsplit(public_url).hostname or "", *map(_name, others))
        self._names = {name.lower() for name in named if name}

    def check(self, host: str, reached_at: str) -> None:
        """Refused unless the Host is ours. `reached_at` is the address at which the connection arrived."""
        name = _name(host)
        if name not in self._names and name != reached_at.lower() and not _is_loopback(name):
            raise Refused(
                421, "host_unknown", f"This server isn't called {name or 'without a name'}; see server.allowed_hosts."
            )


def _name(host: str) -> str:
    """The name or address of a Host, without its port and brackets, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == LOOPBACK
