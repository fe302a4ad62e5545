"""What a provider publishes about itself (OpenID Connect Discovery 1.0), checked once an hour."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.delivery.openid.exchange import Http
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Forbidden, Unavailable
from dragoman.domain.provider import ProviderTable, is_endpoint

KEPT_SECONDS = 3600.0
SILENCE_SECONDS = 5.0
"""How long a provider that didn't answer isn't asked again: each who waits holds a thread."""

BASIC, POST = "client_secret_basic", "client_secret_post"


class Document(msgspec.Struct, frozen=True):
    """The parts of the document that this server needs."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    posts_secret: bool = False  # in the form, instead of by Basic
    names_issuer: bool = False  # in each callback (RFC 9207)


class Documents:
    """The document of one provider."""

    def __init__(self, table: ProviderTable, http: Http, clock: Clock) -> None:
        self._table = table
        self._http = http
        self._monotonic = clock.monotonic
        self._lock = threading.Lock()
        self._found: Document | None = None
        self._asked_at = 0.0
        self._silence: tuple[float, Unavailable] | None = None

    def get(self) -> Document:
        """The present document. Raises Unavailable, or Forbidden for one that breaks the rules."""
        with self._lock:
            now = self._monotonic()
            if self._found is not None and now - self._asked_at < KEPT_SECONDS:
                return self._found
            if self._silence is not None and now < self._silence[0]:
                raise self._silence[1]
            try:
                url = self._table.issuer.rstrip("/") + "/.well-known/openid-configuration"
                self._found = read(self._http.send("GET", url).members("configuration"), self._table)
            except Unavailable as error:
                self._silence = (self._monotonic() + SILENCE_SECONDS, error)
                raise
            self._asked_at = now
            return self._found


def read(members: dict[str, Any], table: ProviderTable) -> Document:
    """The document with these members. Raises Forbidden."""
    if members.get("issuer") != table.issuer:
        raise broken("names another issuer")

    def endpoint(name: str) -> str:
        url = members.get(name)
        if not isinstance(url, str) or not is_endpoint(url, allow_http=table.allow_http):
            raise broken(f"has no {name}, or one without https")
        return url

    def optional(name: str, read: Callable[[str], str] = endpoint) -> str | None:
        return read(name) if members.get(name) is not None else None

    methods = members.get("token_endpoint_auth_methods_supported") or [BASIC]
    if BASIC not in methods and POST not in methods:
        raise broken(f"offers neither {BASIC} nor {POST}")
    return Document(
        endpoint("authorization_endpoint"),
        endpoint("token_endpoint"),
        endpoint("jwks_uri"),
        optional("userinfo_endpoint"),
        optional("end_session_endpoint"),
        BASIC not in methods,
        members.get("authorization_response_iss_parameter_supported") is True,
    )


def broken(why: str) -> Forbidden:
    """The error for a document that this server can't work with."""
    return Forbidden("provider_broken", f"The provider's configuration {why}.")
