"""Checks of the head of a request."""

import pytest

from dragoman.http import request_checks as gate
from dragoman.http.request_checks import Refused


def raw(*headers: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]


HOST = ("Host", "tasks.example:8080")


def test_headers_are_read_by_small_names_and_repeated_ones_joined() -> None:
    read = gate.read_headers(
        raw(HOST, ("If-Match", '"1"'), ("If-Match", '"2"'), ("Cookie", "a=1"), ("Cookie", "b=2"), ("X-Caf", "é")), "1.1"
    )
    assert read == {"host": HOST[1], "if-match": '"1", "2"', "cookie": "a=1; b=2", "x-caf": "é"}


@pytest.mark.parametrize(
    ("headers", "version", "status"),
    [
        ([], "1.1", 400),
        ([HOST, HOST], "1.1", 400),
        ([("Host", "")], "1.1", 400),
        ([("Host", 'a b"<>')], "1.1", 400),
        ([HOST], "0.9", 505),
        ([HOST], "2.0", 505),
        ([HOST, ("Authorization", "Bearer a"), ("Authorization", "Basic b")], "1.1", 400),
        ([HOST, ("Content-Length", "1"), ("Content-Length", "1")], "1.1", 400),
        ([HOST, ("Content-Length", "1"), ("Transfer-Encoding", "chunked")], "1.1", 400),
        ([HOST, ("Transfer-Encoding", "gzip, chunked")], "1.1", 400),
        ([HOST, ("Transfer-Encoding", "chunked")], "1.0", 400),
        ([HOST, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")], "1.1", 400),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(headers: list[tuple[str, str]], version: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        gate.read_headers(raw(*headers), version)
    assert refused.value.status == status


def test_a_probe_of_http_1_0_needs_no_host() -> None:
    assert gate.read_headers([], "1.0") == {}
