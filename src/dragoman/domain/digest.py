"""A digest: where a tenant's history stood, sealed, and chained to the digest before.

Chains alone don't show when the ends of several are cut off together; a digest that was copied elsewhere does.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from dragoman.domain.clock import TICKS_PER_SECOND, Moment

PERIOD_SECONDS = 3_600
SETTLED_SECONDS = 60  # a row's moment is that of its transaction's begin: so long until no earlier one can appear

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
    """Where a digest starts that ends at `until_at`: `earlier` are the ends of those before it, in order."""
    ends = [Moment(0), *earlier]
    return ends[-1] if ends[-1] < until_at else max(end for end in ends if end < until_at)


def write_heads(heads: list[Head]) -> str:
    """Heads as the text that is sealed."""
    return msgspec.json.encode(sorted(heads)).decode()


def read_heads(text: str) -> list[Head]:
    """Heads from their text. msgspec.DecodeError when it holds anything else."""
    return msgspec.json.decode(text, type=list[Head])


def document(digest: Digest) -> bytes:
    """A digest as the file that is copied elsewhere; it can be checked without the database."""
    return msgspec.json.encode(msgspec.structs.asdict(digest) | {"heads": msgspec.Raw(digest.heads.encode())}) + b"\n"


def due(now: Moment) -> Moment:
    """The last full hour that is settled."""
    settled = now - SETTLED_SECONDS * TICKS_PER_SECOND
    return Moment(settled - settled % (PERIOD_SECONDS * TICKS_PER_SECOND))
