"""A digest: where a tenant's history stood, sealed, and chained to the digest before.

Chains alone don't show when the ends of several are cut off together; a digest that was copied elsewhere does.
"""

import hashlib

import msgspec

from dragoman.domain.clock import TICKS_PER_SECOND, Moment

PERIOD_SECONDS = 3_600
SETTLED_SECONDS = 60  # a row's moment is that of its transaction's begin: so long until no earlier one can appear

Head = tuple[str, int, int, str]
"""Entity, number, revision, hash of the last history row."""


class Digest(msgspec.Struct, frozen=True):
    """The heads that moved after `from_at` and until `until_at`. `heads` is JSON text, sorted."""

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
