"""Hashing passwords: argon2id, 19 MiB, two passes, one lane (about 20 ms). Only this file knows the figures."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dragoman.domain.text import composed, spellings

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """The hash to keep, with its own salt and figures in it."""
    return HASHER.hash(composed(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash, its letters composed or not. Without a hash the answer is no, after the
    same work."""
    results = [_verify(password_hash, spelled) for spelled in spellings(password)]
    return any(results)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return hash_password("no user has this password")
