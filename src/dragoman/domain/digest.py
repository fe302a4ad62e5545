"""A digest: a hash over the last history row of each changed entity of a tenant, chained to the digest before.

The hash chains of entities don't reveal that their last rows were removed; a digest that is stored elsewhere does.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from dragoman.domain.clock import TICKS_PER_SECOND, Moment

PERIOD_SECONDS = 3_600
SETTLED_SECONDS = 60  # after this time no earlier row can appear: a row has the moment of its transaction's begin

Head = tuple[str, int, int, str]
"""Entity, number, revision, hash of the last history row."""


class Digest(msgspec.Struct, frozen=True):
    """The heads of entities that changed until `until_at`. `heads` is JSON text, sorted.

    `from_at` is the end of the digest before. If that is later than `until_at`, the digest before was made by a clock
    that was ahead, and this one starts at the last end that is not later (`starts_at`).
    """

    tenant: int
    sequence: int
    from_at: Moment
    until_at: Moment
    heads: str
    hash: str


def seal(before: Digest | None, tenant: int, until_at: Moment, heads: str) -> Digest:
    """The digest that follows `before`."""
    sequence, from_at = (before.sequence + 1, before.until_at) if before else (1, Moment(0))
    previous = before.hash if before else ""
    text = f"{previous}\n{tenant} {sequence} {from_at} {until_at}\n{heads}"
    return Digest(tenant, sequence, from_at, until_at, heads, hashlib.sha256(text.encode()).hexdigest())


def starts_at(earlier: Iterable[Moment], until_at: Moment) -> Moment:
    """The start of a digest that ends at `until_at`; `earlier` are the ends of earlier digests, in order."""
    ends = [Moment(0), *earlier]
    return ends[-1] if ends[-1] < until_at else max(end for end in ends if end < until_at)


def write_heads(heads: list[Head]) -> str:
    """The heads as the text that is hashed."""
    return msgspec.json.encode(sorted(heads)).decode()


def read_heads(text: str) -> list[Head]:
    """The heads from their text. msgspec.DecodeError for other text."""
    return msgspec.json.decode(text, type=list[Head])


def document(digest: Digest) -> bytes:
    """The file of a digest, which can be verified without the database."""
    return msgspec.json.encode(msgspec.structs.asdict(digest) | {"heads": msgspec.Raw(digest.heads.encode())}) + b"\n"


def due(now: Moment) -> Moment:
    """The last full hour that is settled."""
    settled = now - SETTLED_SECONDS * TICKS_PER_SECOND
    return Moment(settled - settled % (PERIOD_SECONDS * TICKS_PER_SECOND))


def hour_of(until_at: Moment) -> Moment:
    """The full hour that a digest with this end was made for."""
    period = PERIOD_SECONDS * TICKS_PER_SECOND
    return Moment(until_at + -until_at % period)
