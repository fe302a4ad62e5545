"""Conditions and pages of lists of users."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.domain.text import folded
from dragoman.store import tables

U, M, G = tables.user.c, tables.group_member.c, tables.group.c
TOGETHER = 1_000
"""Rows that are looked at with one statement."""
NAMES = (U.login, U.email, U.display_name, U.first_name, U.last_name)


class UserFilter(msgspec.Struct, frozen=True):
    """Which users. None is no condition; `text` is folded, `role` an effective one, `group` a uid."""

    text: str | None = None
    kind: str | None = None
    role: str | None = None
    group: str | None = None
    disabled: bool | None = None
    deleted: bool | None = None


def having_role(tenant: int, role: str) -> sa.ColumnElement[bool]:
    """Users with the role, by themselves or by a group."""
    quoted = f'%"{role}"%'  # roles are words, so no other text of the list holds one in quotes
    members = (
        sa.select(M.user)
        .join(tables.group, sa.and_(G.tenant == M.tenant, G.uid == M.group))
        .where(M.tenant == tenant, G.roles.like(quoted))
    )
    return sa.or_(U.roles.like(quoted), U.uid.in_(members))


def page(
    select: Callable[[Any], Any], tenant: int, wanted: UserFilter, *, limit: int, after: tuple[str, int] | None
) -> list[str]:
    """The uids of up to `limit` users by login and number, behind `after`."""
    found: list[str] = []
    for uid, names in _rows(select, tenant, wanted, limit, after):
        if wanted.text is None or begins(wanted.text, *names):
            found.append(uid)
            if len(found) == limit:
                break
    return found


def begins(text: str, login: str, email: str | None, *names: str | None) -> bool:
    """Whether the text begins the login, the e-mail address, or a name at one of its words."""
    if folded(login).startswith(text) or folded(email or "").startswith(text):
        return True
    return any(word.startswith(text) for name in names for word in _from_each_word(folded(name or "")))


def _from_each_word(name: str) -> Iterator[str]:
    """What stands from each word on, so that a text of two words finds them too."""
    words = name.split()
    return (" ".join(words[place:]) for place in range(len(words)))


def _rows(
    select: Callable[[Any], Any], tenant: int, wanted: UserFilter, limit: int, after: tuple[str, int] | None
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The rows that fit but for the text, in order, statement by statement."""
    together = limit if wanted.text is None else TOGETHER
    while True:
        statement = sa.select(U.uid, U.number, *NAMES).where(*_conditions(tenant, wanted))
        if after is not None:
            login, number = after
            statement = statement.where(sa.or_(U.login > login, sa.and_(U.login == login, U.number > number)))
        rows = list(select(statement.order_by(U.login, U.number).limit(together)))
        for row in rows:
            yield row[0], tuple(row[2:])
        if len(rows) < together:
            return
        after = (rows[-1][2], rows[-1][1])


def _conditions(tenant: int, wanted: UserFilter) -> Iterator[sa.ColumnElement[bool]]:
    yield U.tenant == tenant
    if wanted.kind is not None:
        yield U.kind == str(wanted.kind)
    if wanted.role is not None:
        yield having_role(tenant, str(wanted.role))
    if wanted.group is not None:
        yield U.uid.in_(sa.select(M.user).where(M.tenant == tenant, M.group == wanted.group))
    for column, is_set in ((U.disabled_at, wanted.disabled), (U.deleted_at, wanted.deleted)):
        if is_set is not None:
            yield column.is_not(None) if is_set else column.is_(None)
