"""New users: their login, names, rights and first password, in one transaction with what is unique over all tenants."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import logins, password_rules
from dragoman.domain.access import require_admin
from dragoman.domain.errors import Conflict
from dragoman.domain.passwords import hash_password
from dragoman.domain.people import User, UserKind, UserRole, with_roles
from dragoman.domain.text import composed
from dragoman.usecases import tenant_limits
from dragoman.usecases.identity import memberships, references, scopes
from dragoman.usecases.uow import UnitOfWork


class AddUser(msgspec.Struct, frozen=True):
    """Add a user. `names` are fields of the user: names, title, language, zone.

    `groups` are ids or names, `owner` is a person's id or login. `password` is checked and hashed; `password_hash` is
    stored as it is. Without both the user has tokens only.
    """

    login: str
    email: str | None = None
    display_name: str | None = None
    password_hash: str | None = None
    is_admin: bool = False
    roles: tuple[str, ...] = ()
    password: str | None = None
    kind: UserKind = UserKind.PERSON
    names: Mapping[str, Any] = {}
    groups: tuple[str, ...] = ()
    owner: str | None = None
    scopes: tuple[str, ...] | None = None
    dialects: tuple[str, ...] | None = None
    uid: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # names are unique over all tenants


def add_user(uow: UnitOfWork, command: AddUser) -> User:
    """The new user. For administrators.

    Conflict `login_taken`, `email_taken` for a name of another user of any tenant, `tenant_full` beyond the tenant's
    limit, `service_account` for a service account with a password. Invalid for a login that nobody can have, and with
    each group or owner that doesn't exist, and every fault of the password.
    """
    require_admin(uow.principal)
    login = composed(command.login)
    logins.check(login)
    has_password = command.password is not None or command.password_hash is not None
    if command.kind is UserKind.SERVICE and has_password:
        raise service_account(login)
    groups = references.groups(uow, command.groups)
    owner = references.owner(uow, command.kind, command.owner)
    _must_have_room(uow)
    uid = command.uid or uow.new_id()
    if command.uid is not None and uow.users.find(uid, Lock.CHANGE) is not None:
        raise Conflict("id_taken", f"There is a user {uid} already.")
    claim_login(uow, login, uid)
    claim_email(uow, command.email, uid)
    uow.login_names.claim(uid, uid)  # by id, too
    user = User(
        tenant=uow.tenant,
        number=uow.numbers.draw("user"),
        uid=uid,
        login=login,
        email=command.email,
        **_names(command, login),
        password_hash=command.password_hash,
        created_at=uow.now,
        modified_at=uow.now,
        kind=command.kind,
        owner=owner,
        scopes=ceiling(command.scopes),
        dialects=command.dialects,
    )
    if command.password is not None:
        password_rules.check(command.password, user, uow.terms.passwords, "/password")
        user = replace(user, password_hash=hash_password(command.password))
    roles = (*command.roles, *([UserRole.ADMINISTRATOR] if command.is_admin else ()))
    user = uow.users.add(with_roles(user, roles))
    return memberships.set_groups(uow, user, groups) if groups else user


def _names(command: AddUser, login: str) -> dict[str, Any]:
    """The names, of which one that is missing follows from the others."""
    names = dict(command.names)
    given = command.display_name or " ".join(filter(None, (names.get("first_name"), names.get("last_name"))))
    display_name = given or login
    if "first_name" not in names and "last_name" not in names:
        first, _, last = display_name.partition(" ")
        names |= {"first_name": first, "last_name": last or None}
    return {**names, "display_name": display_name}


def ceiling(words: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The words of a ceiling, with presets written out. Invalid with each that is no scope."""
    return None if words is None else scopes.registry().written_out(words)


def is_free(uow: UnitOfWork, login: str) -> bool:
    """Whether nobody has the login, in any tenant, or keeps it from others."""
    return uow.users.by_login(login) is None and not uow.login_names.owners(login)


def claim_login(uow: UnitOfWork, login: str, uid: str) -> None:
    """Register the login for a user. Conflict if another user of any tenant has it, or had it and keeps it."""
    holder = uow.users.by_login(login)  # a twin of an earlier version may not be registered
    if (holder is not None and holder.uid != uid) or not uow.login_names.claim(login, uid):
        raise Conflict("login_taken", f"The login {login} is taken.")


def claim_email(uow: UnitOfWork, email: str | None, uid: str) -> None:
    """Register the address for a user: it is a login, too. Conflict if it is another user's."""
    if email is not None and not uow.login_names.claim(email, uid):
        raise Conflict("email_taken", f"The address {email} is another user's.")


def service_account(login: str) -> Conflict:
    """The refusal of a password for a service account."""
    return Conflict("service_account", f"{login} is a service account, which has no password.")


def _must_have_room(uow: UnitOfWork) -> None:
    """Conflict when the tenant has as many users as it may have. Without a limit nothing is counted."""
    if tenant_limits.USERS not in uow.home.limits:
        return
    tenant = uow.tenants.find((), Lock.CHANGE)  # so that of two additions at once the second counts the first
    most = None if tenant is None else tenant.limits.get(tenant_limits.USERS)
    if most is not None:
        tenant_limits.make_room(uow, tenant_limits.USERS, uow.users.count(), most)


def renamed(uow: UnitOfWork, user: User, login: str) -> User:
    """The user with another login. The old one stays his, so that nobody else gets it, but doesn't let him in."""
    login = composed(login)
    if login == user.login:
        return user
    logins.check(login)
    claim_login(uow, login, user.uid)
    return replace(user, login=login)


def readdressed(uow: UnitOfWork, user: User, email: str | None) -> User:
    """The user with another e-mail address; the old one is free again."""
    if email == user.email:
        return user
    claim_email(uow, email, user.uid)
    after = replace(user, email=email)
    if user.email is not None and not logins.is_known_as(after, user.email):
        uow.login_names.release(user.uid, user.email)
    return after
