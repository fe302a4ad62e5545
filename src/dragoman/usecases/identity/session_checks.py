"""Whether sessions still count, for many at once: what streams of pages ask as long as they are open."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.domain.people import User
from dragoman.usecases.uow import UnitOfWork


class CheckSessions(msgspec.Struct, frozen=True):
    """Look at the sessions with these hashes."""

    hashes: tuple[str, ...]

    def keys(self) -> Keys:
        return Keys().also("session", self.hashes, Lock.NONE)


def check_sessions(uow: UnitOfWork, command: CheckSessions) -> set[str]:
    """The hashes of those that count: neither ended nor of a disabled user. For readers."""
    found = [session for hash_ in command.hashes if (session := uow.sessions.find(hash_)) is not None]
    alive = [session for session in found if session.expires_at > uow.now]
    uow.users.load(sorted({session.user for session in alive}))
    return {session.hash for session in alive if _may_sign_in(uow.users.find(session.user))}


def _may_sign_in(user: User | None) -> bool:
    return user is not None and user.disabled_at is None and user.deleted_at is None
