"""Conditional requests (RFC 9110 13): If-None-Match on a reply, and the tags of If-Match."""

import re
from collections.abc import Iterable, Mapping

from dragoman.dialects.kit.reply import Reply

ANY = "*"
TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(rf"[\s,]*{TAG}(?:[\s,]*,[\s,]*{TAG})*[\s,]*")
_TAG = re.compile(TAG)


def tags_of(header: str) -> list[str] | None:
    """The tags of a list such as `"7", W/"8"`; None when it isn't one."""
    return _TAG.findall(header) if TAGS.fullmatch(header) else None


def is_among(tag: str, header: str) -> bool:
    """Whether If-None-Match names this tag, by the weak comparison; `*` names each. An invalid header names none."""
    if header.strip() == ANY:
        return True
    return any(other.removeprefix("W/") == tag.removeprefix("W/") for other in tags_of(header) or ())


def not_modified(reply: Reply, method: str, headers: Mapping[str, str]) -> Reply:
    """304 in place of a reply to GET or HEAD whose tag If-None-Match names."""
    header = headers.get("if-none-match")
    if header is None or method not in ("GET", "HEAD") or reply.status != 200:
        return reply
    tag = _tag_of(reply.headers)
    if tag is None or not is_among(tag, header):
        return reply
    return Reply(304, headers=reply.headers)


def _tag_of(headers: Iterable[tuple[str, str]]) -> str | None:
    return next((value for name, value in headers if name.lower() == "etag"), None)
