"""Which addresses outgoing requests may reach."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from dragoman.delivery.guard import Blocked, Guard
from dragoman.domain.addresses import is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.0.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%2",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001:0:53aa:64c::1",
        "100::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",
        "2002:a00:1::1",
    ],
)
def test_other_addresses(address: str) -> None:
    assert not is_public(ip_address(address))


def check(allow: Sequence[str], addresses: Sequence[str], *, is_encrypted: bool = True) -> tuple[str, ...]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return asyncio.run(Guard(allow, resolve).check("crm.example", 443, is_encrypted=is_encrypted))


def test_each_address_of_a_name_must_be_public() -> None:
    assert check([], ["8.8.8.8", "2606:4700::1111"]) == ("8.8.8.8", "2606:4700::1111")
    with pytest.raises(Blocked, match=r"crm\.example has the address 10\.0\.0\.1"):
        check([], ["8.8.8.8", "10.0.0.1"])


def test_allowed_networks_are_reached_too() -> None:
    assert check(["10.1.0.0/16"], ["10.1.2.3"]) == ("10.1.2.3",)
    assert check(["10.1.0.0/16", "::1"], ["::ffff:10.1.2.3", "::1", "8.8.8.8"])
    with pytest.raises(Blocked):
        check(["10.1.0.0/16"], ["10.2.0.1"])
    with pytest.raises(Blocked):
        check(["::/0"], ["::ffff:10.1.2.3"])


def test_plain_http_reaches_allowed_networks_only() -> None:
    assert check(["10.1.0.0/16"], ["10.1.2.3"], is_encrypted=False)
    with pytest.raises(Blocked, match="https only"):
        check(["10.1.0.0/16"], ["8.8.8.8"], is_encrypted=False)
    with pytest.raises(Blocked, match="https only"):
        check(["10.1.0.0/16"], ["10.1.2.3", "8.8.8.8"], is_encrypted=False)


def test_a_name_without_addresses_is_not_blocked() -> None:
    with pytest.raises(OSError, match="no address"):
        check([], [])


@pytest.mark.parametrize(
    "host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0", "127.0.0.1", "::1", "::ffff:127.0.0.1"]
)
def test_other_spellings_of_this_machine_are_blocked(host: str) -> None:
    with pytest.raises(Blocked):
        asyncio.run(Guard().check(host, 443, is_encrypted=True))
