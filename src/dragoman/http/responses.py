"""From a Reply to what the server below sends, and the small answers of our own."""

import re
from functools import lru_cache

from dragoman.dialects.kit import Reply
from dragoman.domain.errors import Expected
from dragoman.http.request_checks import Message, Scope, Send

WHOLE_ANSWER = "dragoman.whole_answer"  # the ASGI extension that `protocol.py` offers
NO_BODY = frozenset({204, 304})
CLOSE = (b"connection", b"close")
NOSNIFF = (b"x-content-type-options", b"nosniff")  # nobody shall run as a page what a client stored as a title
POLICY = "content-security-policy"
SANDBOX = (POLICY.encode(), b"default-src 'none'; frame-ancestors 'none'; sandbox")
"""Clients' XML is given back as they sent it: with XHTML in it a browser would run its scripts as ours."""
INERT = re.compile(r"(?:application/(?:[a-z.-]+\+)?json|text/plain)(?:;|\Z)")
"""Media types that no browser runs anything of, nor makes a page of, given NOSNIFF."""
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Unsendable(ValueError):
    """A header of a reply would break the answer apart, or is beyond Latin-1."""


def start_of(reply: Reply, request_id: str, *, close: bool = False) -> Message:
    """The first ASGI message of an answer. Unsendable rather than a header that a client wrote into a value."""
    headers = [(b"x-request-id", request_id.encode()), NOSNIFF]
    if reply.content_type is not None:
        headers.append((b"content-type", reply.content_type.encode("latin-1")))
        if not _is_inert(reply.content_type) and all(name.lower() != POLICY for name, _ in reply.headers):
            headers.append(SANDBOX)
    if reply.status not in NO_BODY:
        headers.append((b"content-length", b"%d" % len(reply.body)))
    for name, value in reply.headers:
        if CONTROLS.search(value):
            raise Unsendable(name)
        try:
            headers.append((name.encode("latin-1"), value.encode("latin-1")))
        except UnicodeEncodeError:
            raise Unsendable(name) from None
    if close:
        headers.append(CLOSE)
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


@lru_cache(64)
def _is_inert(content_type: str) -> bool:
    return INERT.match(content_type) is not None


async def send_reply(send: Send, start: Message, reply: Reply, scope: Scope) -> None:
    """The whole answer, begun with what `start_of` made of it; in one write where the server below can."""
    body = b"" if reply.status in NO_BODY else reply.body
    whole = scope.get("extensions", {}).get(WHOLE_ANSWER)
    if whole is None or scope["method"] == "HEAD" or not whole(scope, start, body):
        await send(start)
        await send({"type": "http.response.body", "body": body})


def with_header(reply: Reply, name: str, value: str) -> Reply:
    """The reply with one header more, unless it has that one already."""
    if any(known.lower() == name.lower() for known, _ in reply.headers):
        return reply
    return Reply(reply.status, reply.body, reply.content_type, [*reply.headers, (name, value)])


def with_allow(reply: Reply, error: Expected) -> Reply:
    """The reply with the header Allow when the error knows which methods there are."""
    allow = error.parameters.get("allow")
    return with_header(reply, "Allow", allow) if isinstance(allow, str) else reply
