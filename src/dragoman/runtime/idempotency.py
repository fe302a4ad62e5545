"""Idempotency-Key: a request that is repeated under its key gets the stored reply.

The reply is stored in the transaction of the request's effect, for each credential and key, and kept for a day
(`domain/limits.py`).
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.kit import Dialect, Later, OperationSpec, Reply, Request, Stream, json
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Expected, Invalid, Unavailable
from dragoman.store.repositories.stored_replies import Answers
from dragoman.store.unit.mappings import IdempotencyRecord
from dragoman.store.unit.overlay import Overlay

HEADER = "idempotency-key"
LONGEST_KEY = 255
FIRST_REFUSAL = 300

R = TypeVar("R")
Execute = Callable[[Overlay], Any]


def key_of(operation: OperationSpec, request: Request) -> str | None:
    """The key of a request whose operation honours one. Invalid when it is empty or too long."""
    key = request.headers.get(HEADER) if operation.is_idempotent_by_key else None
    if key is not None:
        _check(key)
    return key


def _check(key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid("bad_idempotency_key", f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")


def inner_key(key: str, place: int) -> str:
    """The key of an inner call: that of the outer request and the place of the call in it."""
    _check(key)
    return f"inner:{hashlib.sha256(f'{place}:{key}'.encode()).hexdigest()}"


def once(
    key: str,
    execute: Execute,
    operation: OperationSpec,
    request: Request,
    keys: Any,
    principal: Principal,
    dialect: Dialect,
) -> Callable[[Overlay], Reply]:
    """`execute`, rendered and stored under the key; the stored reply when there is one.

    Raises Invalid when the key was used for another request.
    """
    digest = _digest(request, operation.secret_members)

    def answer(overlay: Overlay) -> Reply:
        reply: Reply | Stream | Later
        try:
            with overlay.attempt() as nested:
                reply = operation.render(execute(nested), request)
        except Expected as refused:
            if not isinstance(keys, Keys) or isinstance(refused, Unavailable):
                raise  # a command that runs alone has written through: it must be rolled back whole
            reply = dialect.error(refused, request)
        if not isinstance(reply, Reply):
            raise TypeError(f"{operation.name} honours Idempotency-Key, so it can't stream")
        return reply

    return _remembered(key, digest, answer, keys, principal, partial(_storable, operation))


@dataclass(frozen=True)
class Once(Generic[R]):
    """A key under which a use case has one effect, what is asked for under it, and the type of its result."""

    key: str
    digest: str
    type: type[R]


def result_once(once: Once[R], execute: Execute, keys: Any, principal: Principal) -> Callable[[Overlay], R]:
    """`execute`, its result stored under the key; the stored result when there is one. A refusal is not stored.

    Raises Invalid when the key was used for something else.
    """

    def answer(overlay: Overlay) -> Reply:
        return Reply(200, msgspec.json.encode(execute(overlay)), "application/json", [])

    run = _remembered(once.key, once.digest, answer, keys, principal, _whole)
    return lambda overlay: msgspec.json.decode(run(overlay).body, type=once.type)


def _remembered(
    key: str,
    digest: str,
    answer: Callable[[Overlay], Reply],
    keys: Any,
    principal: Principal,
    storable: Callable[[Reply], Reply],
) -> Callable[[Overlay], Reply]:
    if isinstance(keys, Keys):
        keys.also("idempotency", [(principal.credential, key)], Lock.CHANGE)

    def run(overlay: Overlay) -> Reply:
        records = Answers(overlay)
        known = records.find((principal.credential, key), Lock.CHANGE)
        if known is not None:
            return _stored(known, digest)
        reply = answer(overlay)
        records.add(_record(principal, key, digest, storable(reply), overlay.group.now))
        return reply

    return run


def _whole(reply: Reply) -> Reply:
    return reply


async def hashed(request: Request, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of a body that is not held as a whole; behind the last one the request can be told from others."""
    digest = _begun(request)
    async for piece in pieces:
        digest.update(piece)
        yield piece
    request.incoming_hash = digest.hexdigest()


def _digest(request: Request, secret_members: tuple[str, ...]) -> str:
    """The hash of the request, without its secrets: a password could be guessed by it."""
    if request.incoming_hash:
        return request.incoming_hash
    digest = _begun(request)
    digest.update(json.without(request.body, secret_members) if secret_members else request.body)
    return digest.hexdigest()


def _begun(request: Request) -> "hashlib._Hash":
    parts = (request.method.encode(), request.full_path.encode(), request.query_string.encode(), b"")
    return hashlib.sha256(b"\0".join(parts))


def _storable(operation: OperationSpec, reply: Reply) -> Reply:
    """The reply without what is shown once."""
    if not operation.shown_once or reply.status >= FIRST_REFUSAL:
        return reply
    return replace(reply, body=json.without(reply.body, operation.shown_once))


def _stored(known: IdempotencyRecord, digest: str) -> Reply:
    if known.request_hash != digest:
        raise Invalid("idempotency_key_reused", "This Idempotency-Key was used for another request.", status=422)
    headers = msgspec.json.decode(known.headers, type=list[tuple[str, str]])
    return Reply(known.status, known.body.encode(), known.content_type, headers)


def _record(principal: Principal, key: str, digest: str, reply: Reply, now: Moment) -> IdempotencyRecord:
    return IdempotencyRecord(
        tenant=principal.tenant,
        credential=principal.credential,
        key=key,
        request_hash=digest,
        status=reply.status,
        content_type=reply.content_type,
        headers=msgspec.json.encode(reply.headers).decode(),
        body=reply.body.decode(),
        created_at=now,
    )
