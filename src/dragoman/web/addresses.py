"""Addresses of pages: where a browser may be sent after signing in."""

from urllib.parse import unquote, urlencode

ROOT = "/ui/"
FIRST_RUN = "/ui/first-run"
SIGN_IN = "/ui/sign-in"
SIGN_OUT = "/ui/sign-out"
PASSWORD = "/ui/password"  # noqa: S105 - an address
PROFILE = "/ui/profile"
LONGEST = 2_000


def is_below_root(address: str) -> bool:
    """Whether a browser that is sent there stays below /ui/ of this host."""
    path = address.partition("?")[0].partition("#")[0]
    if not address.startswith(ROOT) or len(address) > LONGEST or not address.isascii() or not address.isprintable():
        return False
    # Browsers read a backslash as a slash, and resolve `..` also where it is escaped.
    return " " not in address and "\\" not in path and not {".", ".."} & set(unquote(path).split("/"))


def sign_in(next_: str) -> str:
    """The address of the page for signing in, which leads on to `next_`."""
    return f"{SIGN_IN}?{urlencode({'next': next_})}" if is_below_root(next_) else SIGN_IN
