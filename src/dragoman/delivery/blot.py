"""Secrets are blotted out of whatever another server replies, however it spells them."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

BLOT = "***"
LEAST_PART = 4
"""A part or another spelling of a secret that is shorter would blot out innocent text."""


class Blot:
    """Replaces secrets, their parts (the token after `Bearer`) and their other spellings by `***`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        given = set(secrets) - {""}
        spelled = {each for secret in given for each in _spellings(secret) if len(each) >= LEAST_PART}
        self._texts = sorted(given | spelled, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._texts:
            text = text.replace(secret, BLOT)
        return text

    def holds(self, text: str) -> bool:
        """Whether the text has a secret in it."""
        return any(secret in text for secret in self._texts)

    def value(self, value: Any) -> Any:
        """A JSON value without secrets in its texts and names."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(each) for name, each in value.items()}
        return value


def _spellings(secret: str) -> Iterator[str]:
    for part in _parts(secret):
        yield part
        yield quote(part, safe="")
        yield quote_plus(part, safe="")
        yield msgspec.json.encode(part).decode()[1:-1]
        yield base64.b64encode(part.encode()).decode().rstrip("=")


def _parts(secret: str) -> Iterator[str]:
    """The secret, what stands behind its scheme, and the login and password of Basic."""
    yield secret
    scheme, _, credentials = secret.partition(" ")
    if not credentials:
        return
    yield credentials
    if scheme.lower() == "basic":
        try:
            login = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield login
        yield login.partition(":")[2]
