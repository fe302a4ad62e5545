"""The vault: secrets of clients, sealed for the database under a key from outside of it."""

from typing import Protocol

from dragoman.domain.errors import Conflict


class Unreadable(Exception):
    """A sealed text was sealed under another key or for another place, or was changed."""


class Vault(Protocol):
    """Seals texts. `place` names where a text is kept; it opens nowhere else."""

    def seal(self, text: str, place: str) -> str:
        """The text as it may be stored. Conflict `secret_key_missing` without a key."""
        ...

    def open(self, sealed: str, place: str) -> str:
        """The text. Unreadable, or Conflict `secret_key_missing` without a key."""
        ...


class NoVault:
    """Without a key nothing is sealed."""

    def seal(self, text: str, place: str) -> str:
        raise missing_key()

    def open(self, sealed: str, place: str) -> str:
        raise missing_key()


def missing_key() -> Conflict:
    """What to raise where a key is needed and there is none."""
    return Conflict(
        "secret_key_missing",
        "Secrets can't be stored: the server has no key for them. Its operator sets DRAGOMAN_SECRET_KEY.",
    )
