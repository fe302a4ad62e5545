"""Origins of web pages, and networks, as an operator lists them."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

EVERY = "*"


def fault(origins: Iterable[str]) -> str | None:
    """What is wrong with a list of origins; None if nothing is."""
    for origin in origins:
        parts = urlsplit(origin)
        is_origin = parts.scheme in ("http", "https") and parts.netloc and origin == f"{parts.scheme}://{parts.netloc}"
        if origin != EVERY and not is_origin:
            return f"must be origins, such as https://desk.example.com, or {EVERY}, not {origin!r}"
    return None


def network_fault(networks: Iterable[str]) -> str | None:
    """What is wrong with a list of addresses and networks; None if nothing is."""
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            return f"must be IP addresses and networks, such as 10.0.0.1 or 10.0.0.0/24, not {network!r}"
    return None
