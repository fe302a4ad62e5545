"""Users, groups, aliases, tokens and tenants in the store."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.people import (
    MANUAL,
    Alias,
    Group,
    GroupMember,
    Membership,
    PasswordLink,
    ProviderIdentity,
    Session,
    User,
    UserKind,
)
from dragoman.domain.text import folded, spellings
from dragoman.store import tables
from dragoman.store.repositories import user_pages
from dragoman.store.repositories.repository import People, Repository
from dragoman.store.repositories.user_pages import UserFilter
from dragoman.store.unit.mappings import MAPPINGS, MAYBE_STRINGS

AT_ONCE = 1_000
E = TypeVar("E")
Strings = tuple[str, ...] | None


class Users(People[User]):
    """The users of one tenant."""

    mapping = MAPPINGS["user"]

    def all(self) -> list[User]:
        """Every user, by login."""
        return self.selected(self.whole().order_by(tables.user.c.login))

    def by_login(self, login: str) -> User | None:
        """The user with this login, or None; a deleted one has none. The command must be exclusive."""
        table = tables.user.c
        named = sa.and_(table.login.in_(spellings(login)), table.deleted_at.is_(None))
        row = self.by_condition(sa.select(table.uid).where(table.tenant == self.tenant, named)).first()
        return None if row is None else self.find(row[0])

    def with_login(self, login: str) -> list[str]:
        """The ids of the users with exactly this login, deleted ones too. The command must be exclusive."""
        table = tables.user.c
        statement = sa.select(table.uid).where(table.tenant == self.tenant, table.login == login).order_by(table.uid)
        return [str(row[0]) for row in self.by_condition(statement)]

    def mark_seen(self, users: Sequence[str], day: Moment) -> None:
        """Note that users (by uid) were here on a day, given by its beginning, without a version or history. The
        command must be exclusive."""
        table = tables.user.c
        earlier = sa.or_(table.last_seen_at.is_(None), table.last_seen_at < day)
        for start in range(0, len(users), AT_ONCE):
            mine = (table.tenant == self.tenant, table.uid.in_(users[start : start + AT_ONCE]), earlier)
            self.by_condition(sa.update(tables.user).where(*mine).values(last_seen_at=day))

    def page(self, wanted: UserFilter, *, limit: int, after: tuple[str, int] | None) -> list[User]:
        """Up to `limit` users by login and number, those behind `after`. The command must be exclusive."""
        keys = user_pages.page(self.by_condition, self.tenant, wanted, limit=limit, after=after)
        self.load(keys)
        return [user for key in keys if (user := self.find(key)) is not None]

    def count(self) -> int:
        """How many users there are, disabled ones too; not the deleted ones. The command must be exclusive."""
        table = tables.user.c
        mine = (table.tenant == self.tenant, table.deleted_at.is_(None))
        return int(self.by_condition(sa.select(sa.func.count()).where(*mine)).scalar_one())

    def bounds_of_administrators(self, role: str) -> Iterator[tuple[Strings, Strings]]:
        """The ceiling and the dialects of each enabled person with the role, by itself or by a group. The command must
        be exclusive."""
        user = tables.user.c
        statement = sa.select(user.scopes, user.dialects).where(
            user.tenant == self.tenant,
            user.kind == UserKind.PERSON.value,
            user.disabled_at.is_(None),
            user.deleted_at.is_(None),
            user_pages.having_role(self.tenant, role),
        )
        for scopes, dialects in self.by_condition(statement):
            yield MAYBE_STRINGS.decode(scopes), MAYBE_STRINGS.decode(dialects)

    def by_name(self, name: str) -> User | None:
        """The user with this login or e-mail address, letters of either case."""
        wanted = folded(name)
        for user in self.all():
            if user.deleted_at is None and wanted in (folded(user.login), folded(user.email or "")):
                return user
        return None


class Groups(People[Group]):
    """The groups of one tenant."""

    mapping = MAPPINGS["group"]

    def by_name(self, name: str) -> Group | None:
        """The group of this name, or None. Letters of either case are the same, but one that is spelled so comes
        first; then the one made first. The command must be exclusive."""
        table = tables.group.c
        statement = sa.select(table.uid).where(table.tenant == self.tenant, table.name.in_(spellings(name)))
        row = self.by_condition(statement.order_by(table.uid).limit(1)).first()
        if row is not None:
            return self.find(row[0])
        alike = (uid for uid, other in self.names().items() if folded(other) == folded(name))
        return None if (uid := next(alike, None)) is None else self.find(uid)

    def names(self) -> dict[str, str]:
        """The names of all groups, by id. The command must be exclusive."""
        table = tables.group.c
        statement = sa.select(table.uid, table.name).where(table.tenant == self.tenant).order_by(table.uid)
        return {str(uid): str(name) for uid, name in self.by_condition(statement)}

    def all(self) -> list[Group]:
        """Every group, by name. The command must be exclusive."""
        return self.selected(self.whole().order_by(tables.group.c.name, tables.group.c.uid))


class Members(Repository[GroupMember]):
    """The memberships of one tenant."""

    mapping = MAPPINGS["group_member"]

    def of_group(self, group: str) -> list[GroupMember]:
        """Of a group, by user and source. The command must be exclusive."""
        return self._where(tables.group_member.c.group == group)

    def of_user(self, user: str) -> list[GroupMember]:
        """Of a user, by group and source. The command must be exclusive."""
        return self._where(tables.group_member.c.user == user)

    def counts(self, groups: Collection[str], *, but: str = "") -> dict[str, int]:
        """How many users but this one belong to each of these groups that has any. The command must be exclusive."""
        table = tables.group_member.c
        of = (table.tenant == self.tenant, table.group.in_(sorted(groups)), table.user != but)
        statement = sa.select(table.group, sa.func.count(sa.distinct(table.user))).where(*of).group_by(table.group)
        return {str(group): int(count) for group, count in self.by_condition(statement)}

    def page(self, group: str, *, after: str, limit: int) -> list[Membership]:
        """The members of a group behind a login, in the order of logins. The command must be exclusive."""
        member, user = tables.group_member.c, tables.user.c
        source = sa.func.min(sa.case((member.source == MANUAL, ""), else_=member.source))
        joined = tables.group_member.join(tables.user, sa.and_(user.tenant == member.tenant, user.uid == member.user))
        statement = (
            sa.select(user.uid, user.login, user.display_name, source)
            .select_from(joined)
            .where(member.tenant == self.tenant, member.group == group, user.login > after)
            .group_by(user.uid, user.login, user.display_name)
        )
        rows = self.by_condition(statement.order_by(user.login).limit(limit))
        return [Membership(uid, login, name, source or MANUAL) for uid, login, name, source in rows]

    def _where(self, condition: sa.ColumnElement[bool]) -> list[GroupMember]:
        table = tables.group_member.c
        return self.selected(self.whole(condition).order_by(table.group, table.user, table.source))


class Aliases(People[Alias]):
    """Other systems' ids for the users of one tenant."""

    mapping = MAPPINGS["alias"]

    def all(self, dialect: str | None = None) -> list[Alias]:
        """Every alias, or those of a dialect, by dialect and alias. The command must be exclusive."""
        table = tables.alias.c
        conditions = () if dialect is None else (table.dialect == dialect,)
        return self.selected(self.whole(*conditions).order_by(table.dialect, table.alias))

    def of_user(self, user: str, dialect: str | None = None) -> list[Alias]:
        """A user's, by dialect, and in each the first one first. The command must be exclusive."""
        table = tables.alias.c
        conditions = [table.user == user] if dialect is None else [table.user == user, table.dialect == dialect]
        order = (table.dialect, table.position, table.created_at, table.alias)
        return self.selected(self.whole(*conditions).order_by(*order))


class OfUsers(Repository[E]):
    """Rows that belong to a user: sessions, links, identities."""

    def of_user(self, user: str) -> list[E]:
        """A user's, by key. The command must be exclusive."""
        table = self.mapping.table.c
        return self.selected(self.whole(table.user == user).order_by(*(table[name] for name in self.mapping.key)))


class Sessions(OfUsers[Session]):
    """The sessions of one tenant, by the hash of their cookie."""

    mapping = MAPPINGS["session"]

    def page(self, user: str | None, *, after: tuple[Moment, str] | None, limit: int | None) -> list[Session]:
        """Of a user or of all, those that haven't expired, oldest first, behind a moment and uid. The command must be
        exclusive."""
        table = tables.session.c
        statement = self.whole(table.expires_at > self._overlay.group.now)
        if user is not None:
            statement = statement.where(table.user == user)
        if after is not None:
            statement = statement.where(sa.tuple_(table.created_at, table.uid) > sa.tuple_(*map(sa.literal, after)))
        return self.selected(statement.order_by(table.created_at, table.uid).limit(limit))

    def forget_expired(self, *, limit: int) -> int:
        """Delete up to `limit` sessions that have expired; how many there were. The command must be exclusive."""
        table = tables.session.c
        expired = sa.select(table.hash).where(table.tenant == self.tenant, table.expires_at <= self._overlay.group.now)
        found = [row[0] for row in self.by_condition(expired.limit(limit))]
        if found:
            mine = (table.tenant == self.tenant, table.hash.in_(found))
            self.by_condition(sa.delete(tables.session).where(*mine))
        return len(found)

    def by_uid(self, uid: str) -> Session | None:
        """The session of this id, or None. The command must be exclusive."""
        table = tables.session.c
        statement = sa.select(table.hash).where(table.tenant == self.tenant, table.uid == uid)
        row = self.by_condition(statement).first()
        return None if row is None else self.find(row[0])


class PasswordLinks(OfUsers[PasswordLink]):
    """The links for passwords of one tenant, by the hash of their token."""

    mapping = MAPPINGS["password_link"]


class Identities(OfUsers[ProviderIdentity]):
    """What providers call the users of one tenant."""

    mapping = MAPPINGS["identity"]

    def of_users(self, users: Collection[str]) -> dict[str, list[ProviderIdentity]]:
        """Of many users, by user. The command must be exclusive."""
        table = self.mapping.table.c
        found: dict[str, list[ProviderIdentity]] = {}
        wanted = sorted(users)
        for start in range(0, len(wanted), AT_ONCE):
            some = table.user.in_(wanted[start : start + AT_ONCE])
            statement = sa.select(*self.mapping.columns).where(table.tenant == self.tenant, some)
            for row in self.by_condition(statement.order_by(table.provider, table.subject)):
                identity = self.mapping.decode(row)
                found.setdefault(identity.user, []).append(identity)
        return found
