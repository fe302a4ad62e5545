"""Attempts to sign in at a provider: the key that signs them, shared by all nodes, and which of them were used."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.domain.errors import Conflict
from dragoman.store.unit.mappings import IdempotencyRecord, Setting
from dragoman.usecases.uow import UnitOfWork

KEY = "sign_in_key"
CREDENTIAL = "sign_in"
"""What used attempts are stored under, among the replies that are deleted after a day."""


class FindKey(msgspec.Struct, frozen=True):
    """Find the key that signs attempts; `fresh` becomes it if there is none yet. Both are in hex."""

    fresh: str

    def keys(self) -> Keys:
        return Keys(settings={KEY})


def find_key(uow: UnitOfWork, command: FindKey) -> str:
    """The key."""
    known = uow.settings.find(KEY, Lock.CHANGE)
    if known is None:
        known = uow.settings.add(Setting(uow.tenant, KEY, command.fresh))
    return known.value


class UseAttempt(msgspec.Struct, frozen=True):
    """Note that an attempt is used, by its state."""

    state: str

    def keys(self) -> Keys:
        return Keys().also("idempotency", [(CREDENTIAL, self.state)], Lock.CHANGE)


def use_attempt(uow: UnitOfWork, command: UseAttempt) -> None:
    """Conflict for one that was used before."""
    if uow.answers.find((CREDENTIAL, command.state), Lock.CHANGE) is not None:
        raise Conflict("attempt_used", "This sign-in was finished before.")
    uow.answers.add(IdempotencyRecord(uow.tenant, CREDENTIAL, command.state, "", 0, None, "", "", uow.now))
