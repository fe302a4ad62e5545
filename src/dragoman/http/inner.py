"""Inner calls of an operation, sent through the dispatcher with the principal of the outer request."""

from urllib.parse import unquote

from dragoman.dialects.kit.inner import InnerCall
from dragoman.domain.clock import Moment
from dragoman.domain.ids import new_id
from dragoman.http.exchange import Exchange, without_repeated_slashes
from dragoman.runtime.idempotency import HEADER, inner_key

NOT_THERE = frozenset({"unknown_path", "path_not_offered", "method_not_allowed"})
"""Codes of errors that tell that a path leads nowhere."""


def exchange_of(outer: Exchange, call: InnerCall, now: Moment, began_at: float) -> Exchange:
    """The request of an inner call. Its host, address and deadline are those of the outer request, its idempotency key
    comes from that of it. Invalid for a key that is none."""
    path, _, query = call.target.partition("?")
    path = without_repeated_slashes(path)
    headers = {"host": outer.headers.get("host", ""), **call.headers}
    if (key := outer.headers.get(HEADER)) is not None:
        headers[HEADER] = inner_key(key, outer.inner_calls)
    outer.inner_calls += 1
    request = Exchange(call.method, unquote(path), query_string=query, headers=headers, received_at=now)
    request.raw_path, request.raw_query, request.base_url = path, query, outer.base_url
    request.body, request.has_body, request.body_was_read = call.body, bool(call.body), True
    request.acts_as, request.address, request.limits = outer.principal, outer.address, outer.limits
    request.locked_until, request.renew = outer.locked_until, outer.renew
    request.request_id, request.began_at, request.deadline = new_id(), began_at, outer.deadline
    return request
