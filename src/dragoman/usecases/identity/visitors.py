"""Visitors: users who sign in at a provider or behind a proxy. Who is it, and what does he take along?

A subject is the user it is linked to, and no other: an equal login or address takes nobody over. Names, address and
groups follow at each sign-in.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import logins
from dragoman.domain.errors import Conflict, Forbidden
from dragoman.domain.people import ProviderIdentity, User, UserKind
from dragoman.domain.provider import Visitor
from dragoman.domain.text import composed, folded
from dragoman.usecases.identity import adding, ending, external_groups, users
from dragoman.usecases.uow import UnitOfWork

MOST_TRIES = 200


class Rules(msgspec.Struct, frozen=True):
    """What the configuration of the provider or proxy says."""

    link_by_email: bool = False
    required_groups: frozenset[str] = frozenset()
    create_groups: bool = False


class Recognise(msgspec.Struct, frozen=True):
    """Look who a visitor is, and let names, address and groups follow. `provision`: make a user of who is nobody."""

    visitor: Visitor
    rules: Rules = Rules()
    provision: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # identities and members are found by conditions


class Recognised(msgspec.Struct, frozen=True):
    """The user; None for nobody. `refusal` is why he stays out, and `remarks` are for the log."""

    user: User | None = None
    refusal: Forbidden | None = None
    remarks: tuple[str, ...] = ()


def recognise(uow: UnitOfWork, command: Recognise) -> Recognised:
    """Who it is. A refusal is a result, since what goes with it, the end of sessions, must stay."""
    visitor = command.visitor
    user = _known(uow, command)
    refusal = _refusal(uow, command, user)
    if refusal is not None:
        if user is not None:
            ending.end_sessions(uow, user.uid)
        return Recognised(user, refusal)
    if user is None and command.provision:
        user = _added(uow, visitor)
    if user is None:
        return Recognised()
    _link(uow, visitor, user)
    after, email_remarks = _follow_email(uow, _follow_names(uow, user, visitor), visitor)
    after, remarks = external_groups.follow(uow, after, visitor, create=command.rules.create_groups)
    return Recognised(after, None, (*email_remarks, *remarks))


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


def _added(uow: UnitOfWork, visitor: Visitor) -> User | None:
    """A new user with a free login: that of the visitor, or with a number behind it."""
    for login in _logins(visitor):
        if adding.is_free(uow, login):
            user = adding.add_user(uow, adding.AddUser(login, display_name=visitor.name))
            return uow.users.get(user.uid)
    return None


def _logins(visitor: Visitor) -> list[str]:
    """The logins that a newcomer may get, the first choice first. A proxy's user has no other than his own."""
    if visitor.login is None:
        return []
    login = composed(visitor.login)
    count = MOST_TRIES if visitor.subject else 1
    numbered = (_numbered(login, number) for number in range(1, count + 1))
    return [name for name in numbered if logins.fault(name) is None]


def _numbered(login: str, number: int) -> str:
    tail = "" if number == 1 else f"-{number}"
    return login[: logins.LONGEST - len(tail)] + tail


def _follow_email(uow: UnitOfWork, user: User, visitor: Visitor) -> tuple[User, tuple[str, ...]]:
    """The user with the address of the visitor, unless it is another's: then a remark."""
    if visitor.email is None or visitor.email == user.email:
        return user, ()
    try:
        after = adding.readdressed(uow, user, visitor.email)
    except Conflict as taken:
        return user, (taken.code,)
    return uow.users.save(replace(after, modified_at=uow.now)), ()


def _link(uow: UnitOfWork, visitor: Visitor, user: User) -> None:
    key = (visitor.source, visitor.subject)
    if visitor.subject and uow.identities.find(key, Lock.CHANGE) is None:
        uow.identities.add(ProviderIdentity(uow.tenant, *key, user.uid, uow.now))
        uow.record("user", user.uid, "identity.linked", {"identity": [None, visitor.source]})


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
