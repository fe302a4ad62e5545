"""The first message of an answer: what every answer has, whatever a dialect put into its reply."""

import pytest

from dragoman.dialects.kit import Reply
from dragoman.http.server.sending import Unsendable, start_of

ASLEEP = b"default-src 'none'; frame-ancestors 'none'; sandbox"


def headers(reply: Reply) -> dict[bytes, bytes]:
    return dict(start_of(reply, "7-1")["headers"])


@pytest.mark.parametrize(
    "media_type", ["application/xml", "text/xml; charset=UTF-8", "text/html", "image/svg+xml", "x/y"]
)
def test_what_a_browser_could_run_is_put_to_sleep(media_type: str) -> None:
    assert headers(Reply(200, b"<a/>", media_type))[b"content-security-policy"] == ASLEEP


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json;charset=UTF-8",
        "application/problem+json",
        "text/plain; charset=UTF-8",
        None,
    ],
)
def test_data_and_text_need_no_policy(media_type: str | None) -> None:
    assert b"content-security-policy" not in headers(Reply(200, b"{}", media_type))


def test_a_page_of_ours_has_a_policy_of_its_own() -> None:
    page = Reply(200, b"", "text/html", [("Content-Security-Policy", "default-src 'self'")])
    assert [
        value for name, value in start_of(page, "7-1")["headers"] if name.lower() == b"content-security-policy"
    ] == [b"default-src 'self'"]


def test_no_type_is_guessed() -> None:
    assert headers(Reply(200))[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize("value", ["a\r\nb", "a\0", "日"])
def test_a_header_that_would_break_the_answer_is_not_sent(value: str) -> None:
    with pytest.raises(Unsendable):
        start_of(Reply(200, headers=[("X", value)]), "7-1")
