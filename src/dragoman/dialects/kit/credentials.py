"""Reading what a request proves itself with. Whether it proves anything is decided in `runtime/identity.py`.

Absent is None; present and unreadable is Unauthenticated, so that a broken credential never counts as none.
"""

import base64
import binascii
import re
from typing import TYPE_CHECKING

import msgspec

from dragoman.domain.errors import Unauthenticated

if TYPE_CHECKING:
    from dragoman.dialects.kit import Request

TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750, b64token


class Credential(msgspec.Struct, frozen=True):
    """A token, or a login with a password (which may be a token, too).

    `ambient` is what browsers send by themselves: other sites can ride on it, so changes are refused to them.
    """

    secret: str
    login: str | None = None
    ambient: bool = False


def usual(request: "Request") -> Credential | None:
    """Bearer or Basic, as every dialect takes them."""
    header = request.headers.get("authorization")
    return None if header is None else from_authorization(header)


def from_authorization(header: str, *, bare: bool = False) -> Credential:
    """The credential of an Authorization header. `bare` takes a value without a scheme as a token."""
    scheme, _, value = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return token(value.strip())
        case "basic":
            return from_basic(value.strip())
    if bare and not value:
        return token(scheme)
    raise Unauthenticated("credentials_malformed", "Send 'Authorization: Bearer TOKEN' or Basic credentials.")


def token(text: str, *, ambient: bool = False) -> Credential:
    """A token by itself; Unauthenticated when it has signs that no token has."""
    if not TOKEN.fullmatch(text):
        raise Unauthenticated("credentials_malformed", "The token holds characters that tokens don't have.")
    return Credential(text, ambient=ambient)


def from_basic(value: str) -> Credential:
    """RFC 7617: base64 of `login:password`, UTF-8."""
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise Unauthenticated("credentials_malformed", "The Basic credentials are not base64 of UTF-8.") from None
    login, colon, password = text.partition(":")
    if not colon or not login or "\0" in text:
        raise Unauthenticated("credentials_malformed", "The Basic credentials are not 'login:password'.")
    return Credential(password, login=login, ambient=True)


def from_cookie(request: "Request", name: str) -> Credential | None:
    """The token in a cookie. Of several with that name the first counts, as browsers order them."""
    for pair in request.headers.get("cookie", "").split(";"):
        key, equals, value = pair.strip().partition("=")
        if equals and key == name and value:
            return token(value.strip('"'), ambient=True)
    return None
