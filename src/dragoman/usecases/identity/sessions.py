"""Sessions: browsers that are signed in. A session opens the pages under /ui/ and nothing else.

The text of its cookie is stored nowhere, only its SHA-256. A session ends when its row is removed or expired, or when
its user is disabled; the address and the browser go with the row.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Forbidden, Unauthenticated
from dragoman.domain.people import Session, User, UserKind
from dragoman.usecases.identity.users import acting, as_stored, base36, secret_text, token_hash
from dragoman.usecases.uow import UnitOfWork

PAGES = "web"
"""What `User.dialects` calls the pages."""
LARGEST_NUMBER_OF_A_USER = 50
SEEN_SECONDS = 120.0
"""How old `seen_at` may get before it is written again."""
LONGEST_BROWSER = 255
HOUR, DAY = 3_600.0, 86_400.0


class Life(msgspec.Struct, frozen=True):
    """How long a session lasts: without a request, and at most."""

    idle_seconds: float = 12 * HOUR
    seconds: float = 7 * DAY


USUAL = Life()
"""By the defaults of the settings."""


class SignedIn(msgspec.Struct, frozen=True):
    """A session that counts, its user, the principal that he is, and the tenant's time zone and language."""

    session: Session
    user: User
    principal: Principal
    zone: str = "UTC"
    language: str | None = None


def session_text(tenant: int, secret: bytes | None = None) -> str:
    """The text of a new cookie: tenant, and 256 secret bits: those of `secret`, else random ones."""
    return f"{base36(tenant)}_{secret_text(secret)}"


def session_tenant(text: str) -> int | None:
    """The tenant number in a cookie, or None for text that is no session's."""
    tenant, _, secret = text.partition("_")
    if len(secret) != 43 or not 0 < len(tenant) <= 12 or not (tenant.isascii() and tenant.isalnum()):
        return None
    number = int(tenant, 36)
    return number if number < 2**63 else None


class SignIn(msgspec.Struct, frozen=True):
    """Open a session for a user who has proved who he is. `replaces`: the hash of the one that the browser had."""

    user: str
    via: str
    browser: str | None = None
    address: str | None = None
    life: Life = USUAL
    replaces: str = ""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def sign_in(uow: UnitOfWork, command: SignIn) -> str:
    """The text of the cookie of the new session. The one that the browser had is over.

    Unauthenticated for a user who can't sign in, Forbidden for one who may not use the pages.
    """
    user = uow.users.find(command.user, Lock.SHARED)  # before his sessions, as whatever ends them does
    before = uow.sessions.find(command.replaces) if command.replaces else None
    if before is not None:
        uow.sessions.remove(before)
    if user is None:
        raise _unknown()
    return open_session(uow, user, command.via, command.browser, command.address, command.life)


def open_session(
    uow: UnitOfWork, user: User, via: str, browser: str | None, address: str | None, life: Life = USUAL
) -> str:
    """The text of the cookie of a new session. `via`: `password`, `oidc:NAME` or `proxy`.

    A user has 50 sessions at most: the oldest ends for the next. The command must be exclusive.
    Unauthenticated for a user who can't sign in, Forbidden for one who may not use the pages.
    """
    if user.disabled_at is not None or user.deleted_at is not None or user.kind is not UserKind.PERSON:
        raise _unknown()
    check_pages(user.dialects)
    _make_room(uow, user.uid)
    text = session_text(uow.tenant)
    uow.sessions.add(
        Session(
            tenant=uow.tenant,
            hash=token_hash(text),
            uid=uow.new_id(),
            user=user.uid,
            via=via,
            created_at=uow.now,
            seen_at=uow.now,
            expires_at=_expiry(uow.now, uow.now, life),
            browser=None if browser is None else browser[:LONGEST_BROWSER],
            address=address,
        )
    )
    return text


def check_pages(dialects: tuple[str, ...] | frozenset[str] | None) -> None:
    """Forbidden for a user whose `dialects` leave out the pages."""
    if dialects is not None and PAGES not in dialects:
        raise Forbidden("dialect_denied", "This account may not use these pages.")


class FindSession(msgspec.Struct, frozen=True):
    """Find a session by the hash of its cookie."""

    hash: str

    def keys(self) -> Keys:
        return Keys().also("session", [self.hash], Lock.NONE)


def find_session(uow: UnitOfWork, command: FindSession) -> SignedIn | None:
    """The session with its user as they are now; None for one that has ended. For readers."""
    session = uow.sessions.find(command.hash)
    if session is None or session.expires_at <= uow.now:
        return None
    user = as_stored(uow, session.user)
    if user is None or user.disabled_at is not None or user.deleted_at is not None:
        return None
    principal = acting(uow, user, credential=f"session:{session.hash}")
    return SignedIn(session, user, principal, uow.home.zone, uow.home.language)


class SeeSession(msgspec.Struct, frozen=True):
    """Note that a session was used. Sent behind a request, at most each `SEEN_SECONDS`."""

    hash: str
    life: Life = USUAL

    def keys(self) -> Keys:
        return Keys().also("session", [self.hash], Lock.CHANGE)


def see_session(uow: UnitOfWork, command: SeeSession) -> None:
    """The session lasts longer for it, but never beyond its longest life. Nothing for one that has ended."""
    session = uow.sessions.find(command.hash, Lock.CHANGE)
    if session is None or session.expires_at <= uow.now or not is_stale(session, uow.now):
        return
    expires_at = _expiry(session.created_at, uow.now, command.life)
    uow.sessions.save(replace(session, seen_at=uow.now, expires_at=expires_at))


def is_stale(session: Session, now: Moment) -> bool:
    """Whether `seen_at` is to be written again."""
    return now >= later(session.seen_at, seconds=SEEN_SECONDS)


class SignOut(msgspec.Struct, frozen=True):
    """End the session of this hash."""

    hash: str

    def keys(self) -> Keys:
        return Keys().also("session", [self.hash], Lock.CHANGE)


def sign_out(uow: UnitOfWork, command: SignOut) -> None:
    """Repeating it changes nothing."""
    session = uow.sessions.find(command.hash, Lock.CHANGE)
    if session is not None:
        uow.sessions.remove(session)


def _expiry(created_at: Moment, seen_at: Moment, life: Life) -> Moment:
    return min(later(created_at, seconds=life.seconds), later(seen_at, seconds=life.idle_seconds))


def _make_room(uow: UnitOfWork, user: str) -> None:
    """Remove a user's expired sessions, and the oldest until one more may be."""
    live = []
    for session in sorted(uow.sessions.of_user(user), key=_age):
        if session.expires_at <= uow.now:
            uow.sessions.remove(session)
        else:
            live.append(session)
    for session in live[: max(0, len(live) - LARGEST_NUMBER_OF_A_USER + 1)]:
        uow.sessions.remove(session)


def _age(session: Session) -> tuple[Moment, str]:
    return session.created_at, session.uid


def _unknown() -> Unauthenticated:
    return Unauthenticated("credentials_unknown", "These credentials are unknown or no longer valid.")
