"""Credentials as this vendor's clients send them (page, 2): `asc_auth_key` in a cookie, the query or a form, a bare
`Authorization`, then Basic, then Bearer.

Clients keep the cookie of the portal that they came from. A text that can't be one of our tokens is ignored, so that
such a left-over doesn't lock out a user with other credentials.
"""

from collections.abc import Iterable

from dragoman.dialects.kit import Request
from dragoman.dialects.kit.credentials import Credential, from_authorization, from_cookie
from dragoman.dialects.onlyoffice_crm.wire.parameters import body_fields
from dragoman.domain.errors import Invalid, Unauthenticated
from dragoman.usecases.identity.users import token_tenant

KEY = "asc_auth_key"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def find(request: Request) -> Credential | None:
    """The first credential that has the form of our tokens; None for none, or while the form that may hold it isn't
    read.

    Unauthenticated for a Basic or Bearer header that can't be read.
    """
    if _cookie(request) is not None:
        return _cookie(request)
    token = _of_query(request)
    if token is None and _is_form(request):
        if not request.body and request.headers.get("content-length", "0") != "0":
            return None  # called again once the body is read
        token = _of_form(request)
    if token is not None:
        return Credential(token)
    header = request.headers.get("authorization")
    return None if header is None else _of_header(header)


def _cookie(request: Request) -> Credential | None:
    if KEY not in request.headers.get("cookie", ""):
        return None
    try:
        found = from_cookie(request, KEY)
    except Unauthenticated:
        return None
    return found if found is not None and _is_ours(found.secret) else None


def _of_query(request: Request) -> str | None:
    if KEY not in request.query_string.lower():
        return None
    try:
        return _first((name, value) for name, values in request.query.items() for value in values)
    except Invalid:  # authentication comes before parameters: the fault is reported after it
        return None


def _of_form(request: Request) -> str | None:
    if KEY.encode() not in request.body.lower():
        return None
    try:
        return _first(body_fields(request))
    except Invalid:  # as above
        return None


def _first(fields: Iterable[tuple[str, str]]) -> str | None:
    return next((value for name, value in fields if name.lower() == KEY and _is_ours(value)), None)


def _of_header(header: str) -> Credential:
    """A bare token, or Basic or Bearer, of which only the part before a comma counts."""
    bare = header.strip()
    if _is_ours(bare):
        return Credential(bare)
    return from_authorization(header.partition(",")[0].strip(), bare=True)


def _is_form(request: Request) -> bool:
    if request.method == "GET":
        return False
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORMS


def _is_ours(text: str) -> bool:
    return token_tenant(text) is not None
