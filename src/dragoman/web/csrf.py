"""Protection from other sites that make a browser send a form.

A form carries a text that is made from the browser's cookie, so only a page of ours can hold it, and only for this
browser. It is masked with new random bytes in each page: what a compressed page has in common with the last one would
otherwise give it away, byte by byte.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

FIELD = "csrf"
SIZE = 32


def masked(cookie: str) -> str:
    """The text for a form of the browser with this cookie; another one each time."""
    mask = secrets.token_bytes(SIZE)
    return base64.urlsafe_b64encode(mask + _xor(mask, _of(cookie))).decode()


def is_of(cookie: str, text: str) -> bool:
    """Whether the text was made for the browser with this cookie."""
    try:
        raw = base64.b64decode(text.encode("ascii"), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    if not cookie or len(raw) != 2 * SIZE:
        return False
    return hmac.compare_digest(_xor(raw[:SIZE], raw[SIZE:]), _of(cookie))


def is_same_site(headers: Mapping[str, str], base_url: str) -> bool:
    """Whether the browser says that a page of this host sent the form: by Sec-Fetch-Site, or else by Origin."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    try:
        origin = urlsplit(headers.get("origin", "")).netloc.lower()
    except ValueError:
        return False
    return origin != "" and origin in (headers.get("host", "").lower(), urlsplit(base_url).netloc.lower())


def _of(cookie: str) -> bytes:
    return hmac.digest(cookie.encode(), b"dragoman form", "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def new_cookie() -> str:
    """A value for the cookie of a browser that isn't signed in."""
    return secrets.token_urlsafe(SIZE)
