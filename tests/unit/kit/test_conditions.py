"""Conditional requests: tags are compared as RFC 9110 13 says."""

import pytest

from dragoman.dialects.kit import Reply
from dragoman.dialects.kit.conditions import not_modified, tags_of


def reply(tag: str | None = '"a"', status: int = 200) -> Reply:
    return Reply(status, b"body", "text/plain", [] if tag is None else [("etag", tag), ("Cache-Control", "no-cache")])


@pytest.mark.parametrize("header", ['"a"', 'W/"a"', "*", ' "b" , "a"', ',"b",,W/"a",', '"a,b", "a"'])
def test_a_tag_that_is_named_is_not_sent_again(header: str) -> None:
    for method in ("GET", "HEAD"):
        found = not_modified(reply(), method, {"if-none-match": header})
        assert (found.status, found.body, found.content_type) == (304, b"", None)
        assert found.headers == reply().headers


@pytest.mark.parametrize("header", ['"b"', "a", '"a', "", '"b" "a"', '"A"', '* , "a"', '"b,a"'])
def test_another_tag_gets_the_reply(header: str) -> None:
    assert not_modified(reply(), "GET", {"if-none-match": header}) == reply()


@pytest.mark.parametrize(
    ("method", "given", "headers"),
    [
        ("POST", reply(), {"if-none-match": "*"}),
        ("GET", reply(status=404), {"if-none-match": "*"}),
        ("GET", reply(tag=None), {"if-none-match": "*"}),
        ("GET", reply(), {}),
    ],
)
def test_other_replies_stay(method: str, given: Reply, headers: dict[str, str]) -> None:
    assert not_modified(given, method, headers) is given


def test_weak_tags_stay_weak() -> None:
    assert tags_of('W/"1", "2"') == ['W/"1"', '"2"']
    assert tags_of("1") is None
