"""Which of several credentials counts, and which are passed over."""

import base64

import pytest

from dragoman.dialects.onlyoffice_crm.wire.credentials import find
from dragoman.domain.errors import Unauthenticated
from tests.unit.onlyoffice_crm.asking import ask

COOKIE, QUERY, FORM, HEADER = (f"dgm_1_{letter * 43}" for letter in "CQFH")
URLENCODED = "application/x-www-form-urlencoded"
BASIC = "Basic " + base64.b64encode(b"anna@example.com:pw").decode()


def secret_of(**parts: str) -> str | None:
    found = find(ask(**parts))
    return None if found is None else found.secret


def test_they_count_in_the_vendors_order() -> None:
    everything = {
        "cookie": f"a=b; asc_auth_key={COOKIE}",
        "query": f"asc_auth_key={QUERY}",
        "content_type": URLENCODED,
        "body": f"title=x&asc_auth_key={FORM}",
        "authorization": HEADER,
    }
    for part, expected in (("cookie", COOKIE), ("query", QUERY), ("body", FORM), ("authorization", HEADER)):
        assert secret_of(**everything) == expected
        del everything[part]
    assert secret_of(**everything) is None


@pytest.mark.parametrize(
    ("header", "login", "secret"),
    [
        (HEADER, None, HEADER),
        (f"Bearer {HEADER}", None, HEADER),
        (f"bearer {HEADER}, and more", None, HEADER),
        (BASIC, "anna@example.com", "pw"),
        (f"{BASIC}, Bearer {HEADER}", "anna@example.com", "pw"),
    ],
)
def test_headers(header: str, login: str | None, secret: str) -> None:
    found = find(ask(authorization=header))
    assert found is not None
    assert (found.login, found.secret) == (login, secret)


def test_only_a_cookie_is_sent_by_browsers_of_themselves() -> None:
    cookie, query = find(ask(cookie=f"asc_auth_key={COOKIE}")), find(ask(query=f"ASC_AUTH_KEY={QUERY}"))
    assert cookie is not None
    assert query is not None
    assert cookie.ambient
    assert not query.ambient


@pytest.mark.parametrize("value", ["aGVsbG8gcG9ydGFs", "dgm_1_short", "", "a b"])
def test_a_cookie_of_the_old_portal_shuts_nobody_out(value: str) -> None:
    assert secret_of(cookie=f"asc_auth_key={value}", authorization=f"Bearer {HEADER}") == HEADER
    assert secret_of(cookie=f"asc_auth_key={value}") is None


def test_a_form_is_waited_for_when_it_may_hold_the_token() -> None:
    waiting = ask(content_type=URLENCODED, authorization=HEADER, content_length="90")
    assert find(waiting) is None
    waiting.body = f"asc_auth_key={FORM}".encode()
    found = find(waiting)
    assert found is not None
    assert found.secret == FORM


def test_a_form_without_a_body_is_not_waited_for() -> None:
    assert secret_of(content_type=URLENCODED, authorization=HEADER) == HEADER
    assert secret_of(content_type=URLENCODED, authorization=HEADER, content_length="0") == HEADER


def test_a_query_or_form_that_cannot_be_read_holds_no_token() -> None:
    assert secret_of(query="asc_auth_key=%zz", authorization=HEADER) == HEADER
    assert secret_of(content_type=URLENCODED, body="asc_auth_key=%zz", authorization=HEADER) == HEADER


@pytest.mark.parametrize("header", ["Basic !!!", "Basic", "Digest x=1", "Bearer a b", "no token of ours!", ""])
def test_headers_that_cannot_be_read(header: str) -> None:
    with pytest.raises(Unauthenticated):
        find(ask(authorization=header))


def test_a_bare_token_of_somebody_else_is_handed_on_to_be_refused() -> None:
    assert secret_of(authorization="T0K") == "T0K"


def test_nothing_is_nothing() -> None:
    assert find(ask()) is None
    assert find(ask("GET", cookie="a=b")) is None
