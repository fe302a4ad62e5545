"""Visitors: users who sign in at a provider or behind a proxy. Who is it, and what does he take along?

A subject is the user it is linked to, and no other: an equal login or address takes nobody over. Names, address and
groups follow at each sign-in.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.errors import Conflict, Forbidden
from dragoman.domain.people import ProviderIdentity, User, UserKind
from dragoman.domain.provider import Visitor
from dragoman.domain.text import folded
from dragoman.usecases.identity import ending, external_groups, users
from dragoman.usecases.uow import UnitOfWork


class Rules(msgspec.Struct, frozen=True):
    """What the configuration of the provider or proxy says."""

    link_by_email: bool = False
    required_groups: frozenset[str] = frozenset()
    create_groups: bool = False


class Newcomer(msgspec.Struct, frozen=True):
    """The login that was claimed for a visitor who is nobody yet, and the id it was claimed for."""

    uid: str
    login: str


class Recognise(msgspec.Struct, frozen=True):
    """Look who a visitor is, and let names and groups follow. `newcomer`: become this user, if he is nobody."""

    visitor: Visitor
    rules: Rules = Rules()
    newcomer: Newcomer | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # identities and members are found by conditions


class Recognised(msgspec.Struct, frozen=True):
    """The user; None for nobody. `refusal` is why he stays out, and `remarks` are for the log."""

    user: User | None = None
    refusal: Forbidden | None = None
    remarks: tuple[str, ...] = ()


def recognise(uow: UnitOfWork, command: Recognise) -> Recognised:
    """Who it is. A refusal is a result, since what goes with it, the end of sessions, must stay.

    Conflict if the login of a newcomer is taken meanwhile.
    """
    user = _known(uow, command)
    refusal = _refusal(uow, command, user)
    if refusal is not None:
        if user is not None:
            ending.end_sessions(uow, user.uid)
        return Recognised(user, refusal)
    if user is None and command.newcomer is None:
        return Recognised()
    user = user or _added(uow, command)
    _link(uow, command.visitor, user)
    after = _follow_names(uow, user, command.visitor)
    after, remarks = external_groups.follow(uow, after, command.visitor, create=command.rules.create_groups)
    return Recognised(after, None, remarks)


class ChangeEmail(msgspec.Struct, frozen=True):
    """Give a user an address that was claimed for him."""

    user: str
    email: str

    def keys(self) -> Keys:
        return Keys(users={self.user})


def change_email(uow: UnitOfWork, command: ChangeEmail) -> None:
    """The same again changes nothing."""
    user = uow.users.get(command.user)
    if user.email != command.email:
        uow.users.save(replace(user, email=command.email, modified_at=uow.now))


def _found(uow: UnitOfWork, visitor: Visitor) -> User | None:
    """The user whom a visitor is linked to, for change; None for nobody. Of a proxy it is the user with the login."""
    if not visitor.subject:
        user = None if visitor.login is None else uow.users.by_login(visitor.login)
        return None if user is None or user.deleted_at is not None else uow.users.find(user.uid, Lock.CHANGE)
    identity = uow.identities.find((visitor.source, visitor.subject))
    return None if identity is None else uow.users.find(identity.user, Lock.CHANGE)


def _known(uow: UnitOfWork, command: Recognise) -> User | None:
    visitor = command.visitor
    user = _found(uow, visitor)
    if user is None and command.rules.link_by_email and visitor.is_email_verified and visitor.email is not None:
        return _by_email(uow, visitor.email)
    return user


def _by_email(uow: UnitOfWork, email: str) -> User | None:
    """The user with this address, unless he is an administrator or was linked before."""
    wanted = folded(email)
    owners = [user for user in uow.users.all() if user.deleted_at is None and folded(user.email or "") == wanted]
    if len(owners) != 1 or owners[0].kind is not UserKind.PERSON:
        return None
    user = owners[0]
    is_linked = bool(uow.identities.of_user(user.uid))
    return None if is_linked or users.acting(uow, user).is_admin else uow.users.find(user.uid, Lock.CHANGE)


def _refusal(uow: UnitOfWork, command: Recognise, user: User | None) -> Forbidden | None:
    required = command.rules.required_groups
    if uow.home.disabled_at is not None:
        return Forbidden("tenant_disabled", "This tenant is disabled.")
    if required and required.isdisjoint(command.visitor.groups or ()):
        return Forbidden("not_allowed", "You are in none of the groups that may sign in here.")
    if user is not None and (user.disabled_at or user.deleted_at or user.kind is not UserKind.PERSON):
        return Forbidden("not_allowed", "This account can't sign in.")
    return None


def _added(uow: UnitOfWork, command: Recognise) -> User:
    newcomer, visitor = command.newcomer, command.visitor
    if newcomer is None:
        raise ValueError("nobody is to be added")
    if uow.users.by_login(newcomer.login) is not None:
        raise Conflict("login_taken", f"The login {newcomer.login} is taken.")
    name = visitor.name or newcomer.login
    users.add_user(uow, users.AddUser(newcomer.uid, newcomer.login, display_name=name))
    return uow.users.get(newcomer.uid)


def _link(uow: UnitOfWork, visitor: Visitor, user: User) -> None:
    key = (visitor.source, visitor.subject)
    if visitor.subject and uow.identities.find(key, Lock.CHANGE) is None:
        uow.identities.add(ProviderIdentity(uow.tenant, *key, user.uid, uow.now))


def _follow_names(uow: UnitOfWork, user: User, visitor: Visitor) -> User:
    """What the provider says about names; what it doesn't say stays."""
    first, last = user.first_name, user.last_name
    if visitor.name is not None and visitor.name != user.display_name:
        first, _, rest = visitor.name.partition(" ")
        last = rest or None
    after = replace(
        user,
        display_name=visitor.name or user.display_name,
        first_name=visitor.first_name or first,
        last_name=visitor.last_name or last,
    )
    return user if after == user else uow.users.save(replace(after, modified_at=uow.now))
