"""Addresses of the internet: which ones are public, and how a host spells one.

A host is read as resolvers, browsers and IDNA would read it at their most lenient: what any of them takes for an
address is one here.
"""

import re
import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC = tuple(
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
UNICAST = IPv6Network("2000::/3")
"""What of IPv6 is given out; unique local, link-local, multicast and all else are outside."""
MAPPED, TRANSLATED = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = IPv6Network("2002::/16")


_PART = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+", re.ASCII)
_DOTS = re.compile("[\u3002\uff0e\uff61]")
"""What IDNA takes for a dot."""
LOCAL_NAMES = frozenset({"localhost", "internal", "local"})
LOOPBACK = ("127.0.0.1", "::1")


class NoAddress(ValueError):
    """A host that is spelled like an address of version 4 but is none, such as 1.2.3.4.5."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, as is the IPv4 address that an IPv6 one stands for."""
    target = reached(address)
    if isinstance(target, IPv6Address) and target not in UNICAST:
        return False
    return not any(target in network for network in NOT_PUBLIC)


def reached(address: Address) -> Address:
    """The IPv4 address that a translator or a tunnel would reach; else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in MAPPED or address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return address


def plain_host(host: str) -> str:
    """A host in lower case, with compatible characters replaced and without the last dot."""
    return _DOTS.sub(".", unicodedata.normalize("NFKC", host)).lower().removesuffix(".")


def literal(host: str) -> Address | None:
    """The address that a plain host spells; None for a name. IPv4 in decimal, octal, hexadecimal and shortened forms.

    Raises NoAddress for a host that ends in a number and is no address.
    """
    if ":" in host or host.startswith("["):
        try:
            return ip_address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            raise NoAddress(host) from None
    parts = host.split(".")
    if not _PART.fullmatch(parts[-1]):
        return None
    return _version_4(host, parts)


def is_local_name(host: str) -> bool:
    """Whether a plain host is one of this machine or this network by its name."""
    return host.rpartition(".")[2] in LOCAL_NAMES if host in LOCAL_NAMES or "." in host else False


def _version_4(host: str, parts: list[str]) -> IPv4Address:
    """As `inet_aton` reads it: the last part fills what the others leave."""
    if len(parts) > 4 or not all(_PART.fullmatch(part) for part in parts):
        raise NoAddress(host)
    numbers = [_number(host, part) for part in parts]
    room = 256 ** (5 - len(numbers))
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= room:
        raise NoAddress(host)
    high = sum(number << 8 * (3 - place) for place, number in enumerate(numbers[:-1]))
    return IPv4Address(high + numbers[-1])


def _number(host: str, part: str) -> int:
    try:
        if part[:2] in ("0x", "0X"):
            return int(part[2:] or "0", 16)
        return int(part, 8 if part.startswith("0") and len(part) > 1 else 10)
    except ValueError:
        raise NoAddress(host) from None
