"""Which hosts are ours, where nobody needs credentials."""

import pytest

from dragoman.http.hosts import Hosts
from dragoman.http.request_checks import Refused

HOSTS = Hosts("10.0.0.5", "https://Tasks.example.com/desk", ["inside.example", "other.example:8443"])


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "127.0.0.1:1",
        "127.9.9.9",
        "[::1]:8080",
        "10.0.0.5:8080",
        "192.168.1.2",
        "tasks.example.com",
        "Inside.Example:99",
        "other.example",
    ],
)
def test_ours(host: str) -> None:
    HOSTS.check(host, "192.168.1.2")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "tasks.example.com.evil.example",
        "10.0.0.6",
        "localhost.evil.example",
        "[::2]",
        "127.0.0.1.x",
    ],
)
def test_not_ours(host: str) -> None:
    with pytest.raises(Refused) as refused:
        HOSTS.check(host, "192.168.1.2")
    assert (refused.value.status, refused.value.code) == (421, "host_unknown")
