"""What proxies say: believed of those that are trusted, and of nobody else."""

import pytest

from dragoman.http.proxies import Trusted, address, origin

SCOPE = {"scheme": "http", "client": ("10.0.0.7", 4711)}
TRUSTED = Trusted(["10.0.0.7"])
NOBODY = Trusted([])
HOST = {"x-forwarded-host": "tasks.example"}


def told(headers: dict[str, str], trusted: Trusted = TRUSTED) -> str:
    return origin(SCOPE, {"host": "inner:8080", **headers}, trusted)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "http://inner:8080"),
        ({"x-forwarded-proto": "https", "x-forwarded-host": "tasks.example"}, "https://tasks.example"),
        ({"x-forwarded-proto": "HTTPS"}, "https://inner:8080"),
        ({"x-forwarded-host": "evil.example, tasks.example"}, "http://tasks.example"),
        ({"forwarded": 'for=1.2.3.4;proto=https;host="tasks.example:443"'}, "https://tasks.example:443"),
        ({"forwarded": "host=evil.example, Proto=https; Host=tasks.example"}, "https://tasks.example"),
        ({"x-forwarded-proto": "javascript", "x-forwarded-host": "a b"}, "http://inner:8080"),
        ({"forwarded": "nonsense"}, "http://inner:8080"),
    ],
)
def test_the_host_that_a_trusted_proxy_reports(headers: dict[str, str], expected: str) -> None:
    assert told(headers) == expected


def test_headers_of_other_clients_are_ignored() -> None:
    assert told(HOST, NOBODY) == "http://inner:8080"
    assert told(HOST, Trusted(["10.0.0.8"])) == "http://inner:8080"


def test_the_address_that_a_trusted_proxy_reports() -> None:
    headers = {"x-forwarded-for": "6.6.6.6, 1.2.3.4"}
    assert address(SCOPE, headers, TRUSTED) == "1.2.3.4"
    assert address(SCOPE, headers, NOBODY) == "10.0.0.7"
    assert address(SCOPE, {}, TRUSTED) == "10.0.0.7"
    assert address({"client": None}, headers, TRUSTED) == ""


def test_proxies_behind_each_other_are_looked_through() -> None:
    trusted = Trusted(["10.0.0.0/24", "fd00::/8"])
    assert address(SCOPE, {"x-forwarded-for": "6.6.6.6, 1.2.3.4, fd00::1, 10.0.0.9"}, trusted) == "1.2.3.4"
    assert address(SCOPE, {"x-forwarded-for": "10.0.0.8, 10.0.0.9"}, trusted) == "10.0.0.8"


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [("10.0.0.9", True), ("::ffff:10.0.0.9", True), ("10.0.1.9", False), ("fd00::1", True), ("", False), ("a", False)],
)
def test_a_network_holds_its_addresses(address: str, is_trusted: bool) -> None:
    assert (address in Trusted(["10.0.0.0/24", "fd00::/8"])) is is_trusted
