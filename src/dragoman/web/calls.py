"""Calls of dialects as pages print them: a line for a shell, and text that stays as it is byte for byte."""

import shlex
from collections.abc import Iterable
from http import HTTPStatus

from markupsafe import Markup, escape

VARIABLE = "$DRAGOMAN_TOKEN"
"""What stands in place of credentials. The shell puts a token there."""


def curl(
    url: str,
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: str = "",
    token: str = VARIABLE,
) -> str:
    """The call as a command to be pasted into a shell."""
    words = ["curl", *([] if method == "GET" else ["-X", method]), "-H", f'"Authorization: Bearer {token}"']
    for name, value in headers:
        words += ["-H", shlex.quote(f"{name}: {value}")]
    if body:
        words += ["-d", shlex.quote(body)]
    return " ".join([*words, shlex.quote(url)])


def preformatted(text: str) -> Markup:
    """The content of a `pre`: browsers drop a first line break and read CR as LF, unless they are escaped."""
    escaped = escape(text).replace("\r", Markup("&#13;"))
    return escaped.replace("\n", Markup("&#10;"), 1) if text.startswith("\n") else escaped


def phrase(status: int) -> str:
    """A status with its phrase, as its line has it."""
    known = {each.value: each.phrase for each in HTTPStatus}
    return f"{status} {known[status]}" if status in known else str(status)
