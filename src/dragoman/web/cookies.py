"""The cookies of the pages: that of a session, and that of a browser without one.

Behind TLS their names begin with `__Host-`: no other host of the domain can set them, and plain HTTP has none.
"""

from collections.abc import Mapping

SESSION = "dragoman_session"
ATTEMPT = "dragoman_sign_in"
"""Of a browser that is at a provider: the attempt, signed."""

DONE = "dragoman_done"
"""What the last act did, for the page that follows."""

TYPED = "dragoman_typed"
"""What was typed into a form whose session had ended."""

FORM = "dragoman_form"
"""Of a browser that isn't signed in: what its forms are bound to. It is no session."""


def read(headers: Mapping[str, str], name: str, *, is_https: bool) -> str:
    """The value of a cookie; empty where there is none. Of several with the name the first counts."""
    wanted = _named(name, is_https=is_https)
    for pair in headers.get("cookie", "").split(";"):
        key, equals, value = pair.strip().partition("=")
        if equals and key == wanted:
            return value
    return ""


def written(name: str, value: str, *, is_https: bool, seconds: float | None = None) -> str:
    """A value of Set-Cookie. Without `seconds` the cookie goes with the browser; 0 removes it."""
    age = "" if seconds is None else f"; Max-Age={int(seconds)}"
    secure = "; Secure" if is_https else ""
    return f"{_named(name, is_https=is_https)}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}"


def _named(name: str, *, is_https: bool) -> str:
    return f"__Host-{name}" if is_https else name
