"""Attempts to sign in: what the browser keeps in a signed cookie until the provider sends it back."""

import base64
import binascii
import hashlib
import hmac
import secrets

import msgspec

from dragoman.domain.clock import Moment, later

LIFE_SECONDS = 600


class Attempt(msgspec.Struct, frozen=True):
    """One attempt at one provider. `next` is the page that was asked for."""

    provider: str
    state: str
    nonce: str
    verifier: str
    next: str
    expires_at: Moment

    @property
    def challenge(self) -> str:
        """The verifier as the provider sees it first (RFC 7636, S256)."""
        return _encoded(hashlib.sha256(self.verifier.encode()).digest())


def begin(provider: str, next_page: str, now: Moment) -> Attempt:
    """A new attempt."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(provider, state, nonce, verifier, next_page, later(now, seconds=LIFE_SECONDS))


def seal(attempt: Attempt, key: bytes) -> str:
    """The attempt as the value of a cookie."""
    content = _encoded(msgspec.json.encode(attempt))
    return f"{content}.{_signature(content, key)}"


def unseal(text: str, key: bytes, now: Moment) -> Attempt | None:
    """The attempt in a cookie; None if it wasn't sealed with this key, or is too old."""
    content, _, signature = text.partition(".")
    if not text.isascii() or not hmac.compare_digest(signature, _signature(content, key)):
        return None
    try:
        attempt = msgspec.json.decode(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)), type=Attempt)
    except (binascii.Error, msgspec.DecodeError):
        return None  # of another version of this server
    return attempt if now < attempt.expires_at else None


def _signature(content: str, key: bytes) -> str:
    return _encoded(hmac.digest(key, content.encode(), "sha256"))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
