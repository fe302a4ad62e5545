"""Users and their credentials: logins, passwords, tokens."""

import base64
import hashlib
import secrets
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Forbidden, NotFound
from dragoman.domain.people import Group, LoginName, Token, TokenKind, User, UserRole, effective_roles
from dragoman.domain.text import folded, spellings
from dragoman.usecases.uow import UnitOfWork

TOKEN_PREFIX = "dgm"  # noqa: S105 - for scanners that look for leaked credentials
SHOWN_DIGITS = 16
"""Digits of a token's hash that identify it in lists. They don't help to guess the token."""
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def token_text(tenant: int, secret: bytes | None = None) -> str:
    """A new token: prefix, tenant, and 256 secret bits: those of `secret`, else random ones. Shown once; only its
    hash is stored."""
    return f"{TOKEN_PREFIX}_{base36(tenant)}_{secret_text(secret)}"


def secret_text(secret: bytes | None = None) -> str:
    """These 32 bytes, else random ones, as texts for clients have them."""
    content = secrets.token_bytes(32) if secret is None else secret
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def token_tenant(text: str) -> int | None:
    """The tenant number in a token, or None for text that is not a Dragoman token."""
    prefix, _, rest = text.partition("_")
    tenant, _, secret = rest.partition("_")
    if prefix != TOKEN_PREFIX or len(secret) != 43 or not 0 < len(tenant) <= 12 or set(tenant) - set(DIGITS):
        return None
    return int(tenant, 36)


def token_hash(text: str) -> str:
    """The stored form of a token: SHA-256, which suffices for 256 random bits (RELIABILITY 19)."""
    return hashlib.sha256(text.encode()).hexdigest()


def base36(number: int) -> str:
    """A number of 0 or more in digits and small letters."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"


class CreateToken(msgspec.Struct, frozen=True):
    """Store the hash of a token for a user. With neither a lifetime nor a moment of expiry it is valid until revoked.

    `gives_decision`: an operator or administrator gives it out, so that its scopes for batches are rights.
    `created_by` is None for the command line.
    """

    user: str
    hash: str
    scopes: tuple[str, ...]
    lifetime_seconds: float | None = None
    kind: TokenKind = TokenKind.API
    gives_decision: bool = False
    name: str = ""
    created_by: str | None = None
    expires_at: Moment | None = None

    def keys(self) -> Keys:
        return Keys(tokens={self.hash}, users={self.user})


def create_token(uow: UnitOfWork, command: CreateToken) -> Token:
    """The token, noted in its user's history unless a login made it. NotFound for an unknown user."""
    user = uow.users.find(command.user)
    if user is None:
        raise NotFound("user_not_found", f"There is no user {command.user}.")
    lifetime, expires_at = command.lifetime_seconds, command.expires_at
    token = uow.tokens.add(
        Token(
            tenant=uow.tenant,
            hash=command.hash,
            user=user.uid,
            scopes=command.scopes,
            created_at=uow.now,
            expires_at=expires_at if lifetime is None else later(uow.now, seconds=lifetime),
            kind=command.kind,
            gives_decision=command.gives_decision,
            uid=uow.new_id(),
            name=command.name,
            created_by=command.created_by,
        )
    )
    if token.kind is TokenKind.API:
        uow.record("user", user.uid, "token.created", {"token": [None, fact_of(token)]})
    return token


def fact_of(token: Token) -> dict[str, object]:
    """What histories hold of a token."""
    return {"id": token.hash[:SHOWN_DIGITS], "name": token.name, "scopes": list(token.scopes)}


class FindToken(msgspec.Struct, frozen=True):
    """Find the principal of a token."""

    hash: str

    def keys(self) -> Keys:
        return Keys().also("token", [self.hash], Lock.NONE)


def find_token(uow: UnitOfWork, command: FindToken) -> Principal | None:
    """The principal; None for an expired or revoked token, and for a disabled user."""
    token = uow.tokens.find(command.hash)
    if token is None or token.revoked_at is not None:
        return None
    if token.expires_at is not None and token.expires_at <= uow.now:
        return None
    user = as_stored(uow, token.user)
    if user is None or user.disabled_at is not None:
        return None
    principal = acting(
        uow,
        user,
        scopes=frozenset(token.scopes),
        credential=f"token:{token.hash}",
        is_granted=token.gives_decision,
    )
    return replace(principal, client=token.name, until=token.expires_at)


class FindLogin(msgspec.Struct, frozen=True):
    """Find the tenant and user of a login or an e-mail address; run under the directory tenant."""

    login: str

    def keys(self) -> Keys:
        return Keys().also("login_name", self.spellings(), Lock.NONE)

    def spellings(self) -> tuple[str, ...]:
        """The forms in which it may be registered: as it is spelt, by earlier versions, or folded."""
        return tuple(dict.fromkeys((*spellings(self.login), folded(self.login))))


def find_login(uow: UnitOfWork, command: FindLogin) -> LoginName | None:
    """The entry, or None. A user keeps the entries of former logins, by which he doesn't sign in: see
    `logins.is_known_as`."""
    found = (uow.login_names.find(name) for name in command.spellings())
    return next((entry for entry in found if entry is not None), None)


class FindUser(msgspec.Struct, frozen=True):
    uid: str

    def keys(self) -> Keys:
        return Keys().also("user", [self.uid], Lock.NONE)


def find_user(uow: UnitOfWork, command: FindUser) -> User | None:
    """The user, or None."""
    return uow.users.find(command.uid)


class Account(msgspec.Struct, frozen=True):
    """A user as a login finds him, and the principal that he is."""

    user: User
    principal: Principal


class FindAccount(msgspec.Struct, frozen=True):
    uid: str

    def keys(self) -> Keys:
        return Keys().also("user", [self.uid], Lock.NONE)


def find_account(uow: UnitOfWork, command: FindAccount) -> Account | None:
    """The account, or None."""
    user = as_stored(uow, command.uid)
    return None if user is None else Account(user, acting(uow, user))


def as_stored(uow: UnitOfWork, uid: str) -> User | None:
    """The user as stored now, with his groups: what is found here is itself believed for a second. For readers."""
    uow.users.load([uid])
    user = uow.users.find(uid)
    if user is not None and user.groups:
        uow.groups.load(list(user.groups))
    return user


def acting(
    uow: UnitOfWork,
    user: User,
    *,
    scopes: frozenset[str] | None = None,
    credential: str = "",
    is_granted: bool = False,
) -> Principal:
    """The principal for a user of this tenant, with the roles of his groups. Forbidden while the tenant is disabled."""
    home = uow.home
    if home.disabled_at is not None:
        raise Forbidden("tenant_disabled", f"The tenant {home.name} is disabled.")
    groups = [group for uid in user.groups if (group := uow.groups.find(uid)) is not None]
    found = principal_of(user, groups, scopes=scopes, credential=credential, is_granted=is_granted)
    return replace(found, must_name_revision=True) if home.require_if_match else found


def principal_of(
    user: User,
    groups: Iterable[Group] = (),
    *,
    scopes: frozenset[str] | None = None,
    credential: str = "",
    is_granted: bool = False,
) -> Principal:
    """The principal for a user in these groups, with all rights unless `scopes` or the user's ceiling limits them."""
    roles = effective_roles(user, groups)
    return Principal(
        tenant=user.tenant,
        user=user.uid,
        login=user.login,
        is_admin=UserRole.ADMINISTRATOR in roles,
        groups=frozenset(user.groups),
        scopes=scopes,
        credential=credential or f"password:{user.uid}",
        is_reviewer=UserRole.REVIEWER in roles,
        is_granted=is_granted,
        is_supervisor=UserRole.SUPERVISOR in roles,
        ceiling=None if user.scopes is None else frozenset(user.scopes),
        dialects=None if user.dialects is None else frozenset(user.dialects),
    )
