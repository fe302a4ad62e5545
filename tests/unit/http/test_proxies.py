"""What proxies say: believed of those that are trusted, and of nobody else."""

import pytest

from dragoman.http.proxies import address, origin

SCOPE = {"scheme": "http", "client": ("10.0.0.7", 4711)}
TRUSTED = ("10.0.0.7",)
HOST = {"x-forwarded-host": "tasks.example"}


def told(headers: dict[str, str], trusted: tuple[str, ...] = TRUSTED) -> str:
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
def test_the_host_that_a_trusted_proxy_tells(headers: dict[str, str], expected: str) -> None:
    assert told(headers) == expected


def test_nobody_else_is_believed() -> None:
    assert told(HOST, ()) == "http://inner:8080"
    assert told(HOST, ("10.0.0.8",)) == "http://inner:8080"


def test_the_address_that_a_trusted_proxy_tells() -> None:
    headers = {"x-forwarded-for": "6.6.6.6, 1.2.3.4"}
    assert address(SCOPE, headers, TRUSTED) == "1.2.3.4"
    assert address(SCOPE, headers, ()) == "10.0.0.7"
    assert address(SCOPE, {}, TRUSTED) == "10.0.0.7"
    assert address({"client": None}, headers, TRUSTED) == ""
