"""Links by which a user chooses a password, once and without signing in.

A link has 256 random bits, of which only the SHA-256 is stored. A user has at most one that counts: a new one, and a
change of the password, void the one before. One that doesn't count any more is like one that never was.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.people import PasswordLink, User
from dragoman.usecases.identity import ending, password_changes, references
from dragoman.usecases.identity.sessions import session_tenant, session_text
from dragoman.usecases.identity.users import acting, token_hash
from dragoman.usecases.uow import UnitOfWork

PREFIX = "dgl"
LONGEST_SECONDS = 7 * 86_400.0
OPERATION = "redeem_password_link"


def link_text(tenant: int, secret: bytes | None = None) -> str:
    """The token of a new link: prefix, tenant, and 256 secret bits: those of `secret`, else random ones."""
    return f"{PREFIX}_{session_text(tenant, secret)}"


def link_tenant(text: str) -> int | None:
    """The tenant number in the token of a link, or None for other text."""
    prefix, _, rest = text.partition("_")
    return session_tenant(rest) if prefix == PREFIX else None


class NewLink(msgspec.Struct, frozen=True):
    """A link as it is shown once."""

    token: str
    expires_at: Moment


class CreateLink(msgspec.Struct, frozen=True):
    """Make a link for a user. `by_mail`: send it to him instead of showing it. `seconds` None: the usual life.
    `secret`: the bits of its token, None for random ones."""

    person: str
    seconds: float | None = None
    by_mail: bool = False
    secret: bytes | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def create_link(uow: UnitOfWork, command: CreateLink) -> NewLink:
    """For administrators. The user's earlier link is void.

    Conflict (`service_account`) for a service account, (`no_mail`) where mail can't be sent.
    """
    require_admin(uow.principal)
    user = password_changes.with_password(references.held(uow, command.person))
    if command.by_mail:
        raise Conflict("no_mail", "This server isn't configured to send mail. Leave mail out to be shown the link.")
    seconds = uow.terms.passwords.link_seconds if command.seconds is None else command.seconds
    ending.void_links(uow, user.uid)
    token = link_text(uow.tenant, command.secret)
    link = PasswordLink(uow.tenant, token_hash(token), user.uid, uow.now, later(uow.now, seconds=seconds))
    uow.password_links.add(link)
    return NewLink(token, link.expires_at)


class Redeem(msgspec.Struct, frozen=True):
    """Choose a password by a link. Run in the tenant of the link."""

    token: str
    new: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def redeem(uow: UnitOfWork, command: Redeem) -> User:
    """The user, whose failed logins of before don't count any more. The link is used up.

    NotFound (`link_gone`) unless the link counts and its user is enabled. Invalid with every fault of the password;
    the link stays good then.
    """
    user = _holder(uow, command.token)
    uow = uow.in_the_name_of(acting(uow, user), uow.dialect, OPERATION)
    return password_changes.choose(uow, replace(user, unlocked_at=uow.now), command.new)


class Look(msgspec.Struct, frozen=True):
    """Whose password a link sets. Uses nothing up."""

    token: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def look(uow: UnitOfWork, command: Look) -> User:
    """The user of a link that counts. NotFound (`link_gone`) as `redeem`."""
    link = uow.password_links.find(token_hash(command.token))
    user = None if link is None else uow.users.find(link.user)
    if link is None or user is None or not _counts(uow, link, user):
        raise _gone()
    return user


def _holder(uow: UnitOfWork, token: str) -> User:
    """The user of a link that counts, held for a change. The user is locked first, as everything that voids links
    does, so that of two who use a link at once one finds it gone."""
    link = uow.password_links.find(token_hash(token))
    user = None if link is None else uow.users.find(link.user, Lock.CHANGE)
    if link is not None:
        link = uow.password_links.find(link.hash, Lock.CHANGE)
    if link is None or user is None or not _counts(uow, link, user):
        raise _gone()
    return user


def _counts(uow: UnitOfWork, link: PasswordLink, user: User) -> bool:
    is_open = link.used_at is None and link.expires_at > uow.now
    return is_open and user.disabled_at is None and user.deleted_at is None


def _gone() -> NotFound:
    return NotFound("link_gone", "This link is used, expired or replaced by a newer one. Ask for another.", status=410)


class Request(msgspec.Struct, frozen=True):
    """Ask for a link by mail, without credentials."""

    login: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def request(uow: UnitOfWork, command: Request) -> None:
    """Whether there is such a user is not looked at here, so that neither the answer nor its time tells.

    Nothing is sent as long as the server has no mail.
    """
