"""The names that clients of a dialect send for people, and who answers to them.

A dialect registers how its clients name people; a dialect without names of its own names them by id or login.
"""

from typing import Any

from dragoman.domain import aliases
from dragoman.domain.aliases import Name, NameForm, PersonNames
from dragoman.domain.errors import Invalid
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import User
from dragoman.usecases.uow import UnitOfWork

_known: dict[str, PersonNames] = {}


def register(dialect: str, names: PersonNames | None) -> None:
    """Register how the clients of a dialect name people; again replaces it."""
    if names is not None:
        _known[dialect] = names


def dialects() -> tuple[str, ...]:
    """The dialects whose clients have names of their own for people."""
    return tuple(sorted(_known))


def of(dialect: str) -> PersonNames:
    """How the clients of a dialect name people. Invalid (`bad_alias`) for one that has no names of its own."""
    if dialect not in _known:
        known = ", ".join(dialects())
        raise Invalid("bad_alias", f"Clients of {dialect} have no names of their own for users; those of {known} do.")
    return _known[dialect]


def read(dialect: str, text: str) -> Name:
    """The name in its stored form. Invalid (`bad_alias`) for text that can be none in this dialect."""
    try:
        return aliases.read(of(dialect), text)
    except ValueError as wrong:
        raise Invalid("bad_alias", f"{text[:300]} can't be a name in {dialect}: {wrong}.") from wrong


def kept(dialect: str, facts: dict[str, Any]) -> str | None:
    """The name that a dialect's facts keep because it matched no user, or None."""
    known = _known.get(dialect)
    return None if known is None or not known.kept_at else aliases.kept_name(facts, known.kept_at)


def answering(uow: UnitOfWork, dialect: str, text: str) -> User | None:
    """The user who answers to a name that a client of the dialect sent, disabled or not, or None.

    That is the one with this id or login, as far as the form of the dialect's names has room for those (a number is
    never a user's own), else the one with this alias. Where the names are text the command must be exclusive.
    """
    names = _known.get(dialect)
    user = None if names is not None and names.form is NameForm.INTEGER else _own(uow, names, text)
    if user is not None or names is None:
        return user
    try:
        alias = uow.aliases.find((dialect, aliases.read(names, text).key))
    except ValueError:
        return None
    return None if alias is None else uow.users.find(alias.user)


def candidates(uow: UnitOfWork, dialect: str, text: str) -> list[str]:
    """The ids of users whom the dialect may show as this text: deleted ones keep their login. For exclusive commands
    and readers."""
    found = uow.users.with_login(text)
    names = _known.get(dialect)
    try:
        alias = None if names is None else uow.aliases.find((dialect, aliases.read(names, text).key))
    except ValueError:
        alias = None
    return found if alias is None or alias.user in found else [*found, alias.user]


def _own(uow: UnitOfWork, names: PersonNames | None, text: str) -> User | None:
    uid = uuid_of(text)
    if uid is not None:
        return uow.users.find(uid)
    user = None if names is not None and names.form is NameForm.GUID else uow.users.by_login(text)
    return None if user is None or user.deleted_at is not None else user  # the login of a deleted one is free
