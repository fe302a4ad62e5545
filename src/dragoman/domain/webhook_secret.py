"""Secrets of webhooks and the signatures made with them, as Standard Webhooks 1.0 has them."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from dragoman.domain.errors import Problem

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64
BYTES = 32
POINTER = "/secret"


def new_secret(content: bytes | None = None) -> str:
    """A secret of these 32 bytes, else of random ones."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES) if content is None else content).decode()


def key_of(secret: str) -> bytes:
    """The bytes that a secret spells. ValueError for one of another form.

    Only the standard alphabet with its padding is taken: libraries of receivers read others as other keys.
    """
    if not secret.startswith(PREFIX):
        raise ValueError("no prefix")
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None
    if not LEAST_BYTES <= len(key) <= MOST_BYTES or base64.b64encode(key).decode() != text:
        raise ValueError("length or spelling")
    return key


def faults(secret: str) -> tuple[Problem, ...]:
    """The fault `bad_secret` for one of another form, which the message does not repeat."""
    try:
        key_of(secret)
    except ValueError:
        message = f"A secret is {PREFIX} and the standard base64, with padding, of {LEAST_BYTES} to {MOST_BYTES} bytes."
        return (Problem(POINTER, "bad_secret", message),)
    return ()


def signature(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each key, in their order."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}" for key in keys)
