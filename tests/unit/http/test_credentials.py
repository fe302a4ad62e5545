"""From what a request sends to whom it speaks for."""

import base64

import pytest

from dragoman.dialects.kit import Request
from dragoman.dialects.kit.credentials import Credential, from_authorization, from_cookie, usual
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Forbidden, Unauthenticated
from dragoman.http.authentication import check_site

BASIC = Credential("geheim", login="anna", ambient=True)


def request(method: str = "POST", **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "/", headers=given, received_at=Moment(0))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


# Reading


def test_bearer_and_basic_are_read_with_their_scheme_in_any_case() -> None:
    assert usual(request(authorization="bearer  abc")) == Credential("abc")
    assert usual(request(authorization=basic("anna:ge:heim"))) == Credential("ge:heim", "anna", ambient=True)
    assert usual(request()) is None


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer a b c", "Bearer caf\xe9", "Bearer a\tb", "Bearer ' OR 1=1 --", "Bearer a, Basic b",
     "Basic", "Basic !!!!", "Basic YWJj", basic("\0:\0"), basic(":x"), "Basic /////w==", "Nonsense abc", "abc",
     'Digest username="a"'],
)  # fmt: skip
def test_broken_credentials_are_not_none(header: str) -> None:
    with pytest.raises(Unauthenticated):
        from_authorization(header)


def test_a_bare_token_is_one_where_the_vendor_has_it() -> None:
    assert from_authorization("abc", bare=True) == Credential("abc")
    with pytest.raises(Unauthenticated):
        from_authorization("Nonsense abc", bare=True)


def test_a_cookie_is_a_token_that_browsers_send_by_themselves() -> None:
    cookies = request(cookie="a=b; asc_auth_key=abc; asc_auth_key=def")
    assert from_cookie(cookies, "asc_auth_key") == Credential("abc", ambient=True)
    assert from_cookie(request(cookie="asc_auth_key="), "asc_auth_key") is None
    assert from_cookie(request(), "asc_auth_key") is None


# Other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example", "host": "tasks.example"},
        {"origin": "null", "host": "tasks.example"},
        {"origin": "https://tasks.example:444", "host": "tasks.example"},
    ],
)
def test_another_site_changes_nothing_with_a_browsers_credentials(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        check_site(request(**headers), BASIC, changes=True)
    check_site(request("GET", **headers), BASIC, changes=False)
    check_site(request(**headers), Credential("abc"), changes=True)
    with pytest.raises(Forbidden):
        check_site(request("GET", **headers), BASIC, changes=True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin", "origin": "https://behind.a.proxy", "host": "inside"},
        {"sec_fetch_site": "none"},
        {"origin": "https://Tasks.example", "host": "tasks.example"},
    ],
)
def test_the_own_site_and_programs_may(headers: dict[str, str]) -> None:
    check_site(request(**headers), BASIC, changes=True)
