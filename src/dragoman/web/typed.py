"""What was typed into a form whose session had ended: kept for ten minutes, and shown again after signing in.

It is kept by the browser in a cookie, so that every node has it and no visitor fills the database. The cookie is signed
with the text of the session: the ended one until the user signs in, the new one from then on. A form that is too large
for a cookie isn't kept, and passwords never are.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Iterable

import msgspec

from dragoman.domain.clock import Moment, later

SECONDS = 600
MOST_COOKIE = 3_500
MOST_TEXT = 64 * 1024


class Typed(msgspec.Struct, frozen=True, array_like=True):
    """A form: the address that it was sent to, its fields, and when."""

    address: str
    pairs: tuple[tuple[str, str], ...]
    at: int

    def counts(self, now: Moment) -> bool:
        """Whether the ten minutes aren't over."""
        return now <= later(Moment(self.at), seconds=SECONDS)


def written(typed: Typed, session: str) -> str:
    """The value of the cookie; empty for what is too large for one."""
    content = zlib.compress(msgspec.json.encode(typed), 9)
    text = base64.urlsafe_b64encode(_tag(content, session) + content).decode().rstrip("=")
    return text if len(text) <= MOST_COOKIE else ""


def of(address: str, pairs: Iterable[tuple[str, str]], now: Moment) -> Typed:
    """A form as it was sent."""
    return Typed(address, tuple(pairs), int(now))


def read(text: str, session: str, now: Moment) -> Typed | None:
    """The form in the cookie; None for one that isn't ours, of another session, or too old."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    tag, content = raw[:32], raw[32:]
    if not text or not session or not hmac.compare_digest(tag, _tag(content, session)):
        return None
    plain = zlib.decompressobj().decompress(content, MOST_TEXT)
    typed = msgspec.json.decode(plain, type=Typed)
    return typed if typed.counts(now) else None


def _tag(content: bytes, session: str) -> bytes:
    return hmac.digest(session.encode(), b"dragoman typed" + content, "sha256")
