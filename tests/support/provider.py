"""A provider of identities that answers as a test wants: honestly, or with one of nine lies."""

import base64
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from dragoman.delivery.openid.exchange import Answer

CLIENT = "dragoman"
SECRET = "a secret of both"
LIES = {
    "alg none": "algorithm_refused",
    "HS256 with the public key": "algorithm_refused",
    "a foreign key": "signature_wrong",
    "an old nonce": "nonce_differs",
    "another audience": "audience_differs",
    "another issuer": "issuer_differs",
    "expired": "token_expired",
    "an unknown key id": "key_unknown",
    "userinfo of another subject": "subject_differs",
}
"""Each lie, with the code of the refusal."""


class Provider:
    """One provider at `issuer`. `claims` are of the user who signs in, `lie` is one of LIES or empty.

    `requests` has the paths that were called.
    """

    def __init__(self, issuer: str, claims: Mapping[str, Any] | None = None) -> None:
        self.issuer = issuer
        self.claims: dict[str, Any] = {"sub": "s-1", **(claims or {})}
        self.lie = ""
        self.nonce = ""
        self.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "one"}
        self.id_claims: dict[str, Any] = {}
        """Further claims of the ID token; the user's are in userinfo alone."""

        self.document: dict[str, Any] = {}
        self.keys: list[Any] | None = None
        self.requests: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.now = time.time

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Answer:
        """As `delivery.openid.exchange.Http`, without a network."""
        status, content = self.answer(method, urlsplit(url).path, headers or {}, form or {})
        return Answer(status, json.dumps(content).encode())

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON for a request."""
        self.requests.append(path)
        self.headers.append(dict(headers))
        if self.status != 200:
            return self.status, {"error": "invalid_grant"}
        match path:
            case "/.well-known/openid-configuration":
                return 200, self.configuration()
            case "/jwks":
                public = [self.key.as_dict(private=False)]
                return 200, {"keys": public if self.keys is None else self.keys}
            case "/token":
                self.forms.append(dict(form))
                return 200, {"access_token": "at", "token_type": "Bearer", "id_token": self.token()}
            case "/userinfo":
                sub = "s-2" if self.lie == "userinfo of another subject" else self.claims["sub"]
                return 200, {**self.claims, "sub": sub}
        return 404, {}

    def configuration(self) -> dict[str, Any]:
        """The document of its configuration."""
        paths = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "userinfo_endpoint": "/userinfo",
            "jwks_uri": "/jwks",
            "end_session_endpoint": "/end",
        }
        found = {"issuer": self.issuer, **{name: self.issuer + path for name, path in paths.items()}, **self.document}
        return {name: value for name, value in found.items() if value is not None}

    def token(self) -> str:
        """The ID token, in which the lie is."""
        now = int(self.now())
        claims = {
            "iss": "https://other.example" if self.lie == "another issuer" else self.issuer,
            "aud": "another" if self.lie == "another audience" else CLIENT,
            "sub": self.claims["sub"],
            "iat": now,
            "exp": now - 61 if self.lie == "expired" else now + 300,
            "nonce": "of-yesterday" if self.lie == "an old nonce" else self.nonce,
            **self.id_claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.lie == "alg none":
            return _by_hand({"alg": "none"}, claims, b"")
        if self.lie == "HS256 with the public key":
            return _by_hand({"alg": "HS256", "kid": "one"}, claims, self.key.as_pem(private=False))
        if self.lie == "an unknown key id":
            return jwt.encode({"alg": "ES256", "kid": "two"}, claims, self.key, default_type=None)
        foreign = self.lie == "a foreign key"
        key = ECKey.generate_key("P-256", {"kid": "one"}) if foreign else self.key
        return jwt.encode(self.header, claims, key, algorithms=[self.header["alg"]], default_type=None)


def _by_hand(header: Mapping[str, Any], claims: Mapping[str, Any], key: bytes) -> str:
    content = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(key, content.encode(), "sha256") if key else b""
    return f"{content}.{_encoded(signature)}"


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
