"""Links that sign a user in, once: what `dragoman demo` prints.

They are rows beside the links that set passwords, and void with them; what is stored is the hash of another text, so
that neither kind opens what the other does.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.clock import later
from dragoman.domain.errors import NotFound
from dragoman.domain.people import PasswordLink
from dragoman.usecases.identity import ending, references
from dragoman.usecases.identity.sessions import USUAL, Life, open_session, session_tenant, session_text
from dragoman.usecases.identity.users import token_hash
from dragoman.usecases.uow import UnitOfWork

PREFIX = "dge"


def link_tenant(text: str) -> int | None:
    """The tenant number in the token of a link, or None for other text."""
    prefix, _, rest = text.partition("_")
    return session_tenant(rest) if prefix == PREFIX else None


class Create(msgspec.Struct, frozen=True):
    """Make a link for a user."""

    person: str
    seconds: float

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def create(uow: UnitOfWork, command: Create) -> str:
    """The token of the link. For administrators. The user's earlier links are void."""
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    ending.void_links(uow, user.uid)
    token = f"{PREFIX}_{session_text(uow.tenant)}"
    expires_at = later(uow.now, seconds=command.seconds)
    uow.password_links.add(PasswordLink(uow.tenant, _hash(token), user.uid, uow.now, expires_at))
    return token


class Enter(msgspec.Struct, frozen=True):
    """Sign in by a link. Run in the tenant of the link."""

    token: str
    browser: str | None = None
    address: str | None = None
    life: Life = USUAL

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def enter(uow: UnitOfWork, command: Enter) -> str:
    """The text of the cookie of a new session. The link is used up.

    NotFound (`link_gone`) unless the link counts. Unauthenticated for a user who can't sign in, Forbidden for one who
    may not use the pages.
    """
    link = uow.password_links.find(_hash(command.token))
    user = None if link is None else uow.users.find(link.user, Lock.SHARED)
    if link is not None:
        link = uow.password_links.find(link.hash, Lock.CHANGE)
    if link is None or user is None or link.used_at is not None or link.expires_at <= uow.now:
        raise NotFound("link_gone", "This link is used, expired or replaced by a newer one.", status=410)
    uow.password_links.save(replace(link, used_at=uow.now))
    return open_session(uow, user, "link", command.browser, command.address, command.life)


def _hash(token: str) -> str:
    return token_hash(f"entry {token}")
