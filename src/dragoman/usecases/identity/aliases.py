"""Aliases: the names that other systems have for our users. A user may have several in a dialect; it shows the first.

What a dialect shows is copied into the user (`people.called`), so that showing somebody reads no aliases.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.aliases import MOST_ALIASES, Name, NameForm
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.people import Alias, User, called, name_in
from dragoman.domain.text import folded
from dragoman.usecases.identity import lookup, names, references
from dragoman.usecases.uow import UnitOfWork


class AliasItem(msgspec.Struct, frozen=True):
    """An alias with its user. `is_first`: it is the one that the dialect shows."""

    dialect: str
    name: str
    user: str  # id
    login: str
    is_first: bool
    created_at: Moment


class Put(msgspec.Struct, frozen=True):
    """Give a user an alias. `first` makes it the one that the dialect shows."""

    person: str  # id, login, or `me`
    dialect: str
    name: str
    first: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # a login is found by a condition


class PutAlias(msgspec.Struct, frozen=True):
    """The alias, and whether the user had it not."""

    alias: AliasItem
    is_new: bool


def put(uow: UnitOfWork, command: Put) -> PutAlias:
    """Forbidden unless the principal administers the tenant; NotFound for an unknown user; Invalid (`bad_alias`) for a
    name that can be none; Conflict where it is another user's, and when the user has as many as one may have."""
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    return give(uow, user, command.dialect, names.read(command.dialect, command.name), first=command.first)


def give(uow: UnitOfWork, user: User, dialect: str, name: Name, *, first: bool = False) -> PutAlias:
    """Give a user an alias; errors as in `put`. It is no unclaimed name any more; tasks that carry it stay as they
    are."""
    known = uow.aliases.find((dialect, name.key), Lock.CHANGE)
    if (known is not None and known.user != user.uid) or _is_own_name(uow, user, dialect, name.shown):
        raise Conflict("alias_taken", f"{name.shown} is the name of another user in {dialect}.")
    mine = uow.aliases.of_user(user.uid)
    if known is None and len(mine) >= MOST_ALIASES:
        raise Conflict("too_many_aliases", f"A user has at most {MOST_ALIASES} aliases.")
    before = known or Alias(uow.tenant, dialect, name.key, user.uid, uow.now)
    after = replace(before, spelling="" if name.shown == name.key else name.shown)
    others = [alias for alias in mine if alias.dialect == dialect and alias.alias != name.key]
    if first and others:
        after = replace(after, position=min(others[0].position - 1, after.position))
    _store(uow, known, after)
    if (noted := uow.unclaimed_names.find((dialect, name.key), Lock.CHANGE)) is not None:
        uow.unclaimed_names.remove(noted)
    return PutAlias(_item(after, user, _show_first(uow, user, dialect)), known is None)


def _is_own_name(uow: UnitOfWork, user: User, dialect: str, name: str) -> bool:
    """Whether another user answers to it by id or login; in the form of ids nobody may be called by one."""
    form = names.of(dialect).form
    own = None if form is NameForm.INTEGER else lookup.by_id_or_login(uow, name)
    if own is None and form is NameForm.WORD:
        owners = sorted(uid for tenant, uid in uow.login_names.owners(name) if tenant == uow.tenant)
        alike = [uow.users.get(uid) for uid in owners]  # letters of either case; also by e-mail address
        own = next((each for each in alike if folded(each.login) == folded(name)), None)
    if own is None or form is NameForm.GUID:
        return own is not None
    return own.uid != user.uid and own.deleted_at is None


def _store(uow: UnitOfWork, before: Alias | None, after: Alias) -> None:
    if before is None:
        uow.aliases.add(after)
    elif after != before:
        uow.aliases.save(after)


def _show_first(uow: UnitOfWork, user: User, dialect: str) -> Alias | None:
    """Copy the first alias into the user, and return it."""
    first = next(iter(uow.aliases.of_user(user.uid, dialect)), None)
    present = uow.users.find(user.uid, Lock.CHANGE) or user
    after = called(present, dialect, None if first is None else first.name)
    if after is not present:
        uow.users.save(replace(after, modified_at=uow.now))
    return first


class Remove(msgspec.Struct, frozen=True):
    """Take an alias from a user."""

    person: str
    dialect: str
    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def remove(uow: UnitOfWork, command: Remove) -> AliasItem:
    """The alias as it was. Forbidden unless the principal administers the tenant; NotFound when the user has no such
    alias."""
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    name = names.read(command.dialect, command.name)
    known = uow.aliases.find((command.dialect, name.key), Lock.CHANGE)
    if known is None or known.user != user.uid:
        raise NotFound("alias_not_found", f"{user.login} has no alias {name.shown} in {command.dialect}.")
    first = uow.aliases.of_user(user.uid, command.dialect)[0]
    uow.aliases.remove(known)
    _show_first(uow, user, command.dialect)
    return _item(known, user, first)


def remove_all(uow: UnitOfWork, user: User) -> User:
    """The user without aliases, saved: he is deleted. The command must be exclusive."""
    for alias in uow.aliases.of_user(user.uid):
        uow.aliases.remove(alias)
        user = called(user, alias.dialect, None)
    return uow.users.save(replace(user, modified_at=uow.now))


class List(msgspec.Struct, frozen=True):
    """Aliases of a user, or of all; of a dialect, or of all. `after` is how many come before the page."""

    person: str | None = None
    dialect: str | None = None
    limit: int | None = None
    after: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class AliasPage(msgspec.Struct, frozen=True):
    """A page. `after` is where the next one begins, None on the last."""

    items: list[AliasItem]
    after: int | None = None


def list_page(uow: UnitOfWork, command: List) -> AliasPage:
    """A user's by dialect, the first one first; those of all users by dialect and name, for administrators."""
    if command.dialect is not None:
        names.of(command.dialect)
    if command.person is None:
        require_admin(uow.principal)
        found = uow.aliases.all(command.dialect)
    else:
        found = uow.aliases.of_user(references.person(uow, command.person).uid, command.dialect)
    end = len(found) if command.limit is None else command.after + command.limit
    page = found[command.after : end]
    return AliasPage(_items(uow, page), end if end < len(found) else None)


def _items(uow: UnitOfWork, found: list[Alias]) -> list[AliasItem]:
    lookup.load(uow, (alias.user for alias in found))
    return [_item_of(alias, user) for alias in found if (user := uow.users.find(alias.user)) is not None]


def _item_of(alias: Alias, user: User) -> AliasItem:
    is_first = name_in(user, alias.dialect) == alias.name
    return AliasItem(alias.dialect, alias.name, user.uid, user.login, is_first, alias.created_at)


def _item(alias: Alias, user: User, first: Alias | None) -> AliasItem:
    is_first = first is not None and first.alias == alias.alias
    return AliasItem(alias.dialect, alias.name, user.uid, user.login, is_first, alias.created_at)
