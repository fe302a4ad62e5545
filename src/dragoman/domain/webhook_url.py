"""Addresses of webhooks: what is refused when one is named. Where a name leads is checked at each attempt."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import unquote

import msgspec

from dragoman.domain.addresses import (
    LOOPBACK,
    NoAddress,
    is_local_name,
    is_public,
    literal,
    plain_host,
    reached,
)
from dragoman.domain.errors import Problem

LONGEST = 2_000
PORTS = (443, 8443)
DEFAULT_PORTS = {"https": 443, "http": 80}
POINTER = "/url"
_URL = re.compile(r"(?P<scheme>[^:/?#]*):(?://(?P<authority>[^/?#]*+))?[^#]*+(?P<fragment>#.*)?", re.DOTALL)
_PORT = re.compile(r"(?P<host>\[[^]]*\]|[^:\[]*)(?::(?P<port>[0-9]*))?", re.ASCII)
_HOST = re.compile(r"\[[0-9a-f.]*:[0-9a-f:.]*\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.ASCII)


class UrlRules(msgspec.Struct, frozen=True):
    """What the operator allows: plain HTTP, which ports (none named: any), and networks that are not public."""

    allow_http: bool = False
    ports: tuple[int, ...] = PORTS
    allow_networks: tuple[str, ...] = ()

    def exempts(self, address: str) -> bool:
        """Whether an address is in one of the networks."""
        found = reached(ip_address(address))
        return any(found in ip_network(network, strict=False) for network in self.allow_networks)


def faults(url: str, rules: UrlRules) -> tuple[Problem, ...]:
    """Everything that is wrong about the URL of a webhook."""
    return tuple(Problem(POINTER, code, message) for code, message in _faults(url, rules))


def _faults(url: str, rules: UrlRules) -> Iterator[tuple[str, str]]:
    parts = _URL.fullmatch(url)
    scheme = "" if parts is None else parts["scheme"].lower()
    if scheme != "https" and not (scheme == "http" and rules.allow_http):
        yield "url_scheme", "The URL must begin with https://" + (" or http://." if rules.allow_http else ".")
    if parts is None:
        return
    if parts["fragment"] is not None:
        yield "url_fragment", "The URL must have no fragment."
    yield from _of_authority(parts["authority"] or "", scheme, rules)
    if not _is_plain(url):
        yield "url_invalid", "The URL must be of printable ASCII characters without blanks and backslashes."


def _of_authority(authority: str, scheme: str, rules: UrlRules) -> Iterator[tuple[str, str]]:
    _user, at, place = authority.rpartition("@")
    if at:
        yield "url_user_info", "The URL must have no user name and no password."
    found = _PORT.fullmatch(place)
    if found is None:
        yield "url_invalid", "The URL has no host, or a port that is no number."
        return
    port = int(found["port"][:9]) if found["port"] else DEFAULT_PORTS.get(scheme, 0)
    if not _may_use(port, rules.ports):
        allowed = ", ".join(map(str, rules.ports)) or "1 to 65535"
        yield "url_port", f"The port of the URL must be one of: {allowed}."
    yield from _of_host(unquote(found["host"]), rules)


def _may_use(port: int, ports: Sequence[int]) -> bool:
    return port in ports if ports else 0 < port < 65_536


def _of_host(host: str, rules: UrlRules) -> Iterator[tuple[str, str]]:
    plain = plain_host(host)
    if _is_private(plain, rules):
        yield "url_private", "The host of the URL must be a public one."
    elif not _HOST.fullmatch(plain) or ".." in plain:
        yield "url_invalid", "The URL needs a host, such as hooks.example.com."


def _is_private(host: str, rules: UrlRules) -> bool:
    if is_local_name(host):
        # Where names of the own network lead is checked at each attempt.
        is_own = host == "localhost" or host.endswith(".localhost")
        return not (any(map(rules.exempts, LOOPBACK)) if is_own else rules.allow_networks)
    try:
        address = literal(host)
    except NoAddress:
        return True
    if address is None or rules.exempts(str(address)):
        return False
    return getattr(address, "scope_id", None) is not None or not is_public(address)


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and not set(url) & {" ", "\\"}
