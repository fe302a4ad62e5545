"""Users, groups, aliases, tokens and tenants in the store."""

import sqlalchemy as sa

from dragoman.domain.people import Token, User
from dragoman.store import tables
from dragoman.store.repository import People, Repository
from dragoman.store.shapes import SHAPES


class Users(People[User]):
    """The users of one tenant."""

    shape = SHAPES["user"]

    def all(self) -> list[User]:
        """Every user, by login."""
        table = tables.user.c
        keys = [
            row[0]
            for row in self.by_condition(sa.select(table.uid).where(table.tenant == self.tenant).order_by(table.login))
        ]
        self.load(keys)
        return [user for key in keys if (user := self.find(key)) is not None]

    def by_login(self, login: str) -> User | None:
        """The user with this login, or None. The command must go alone."""
        table = tables.user.c
        row = self.by_condition(sa.select(table.uid).where(table.tenant == self.tenant, table.login == login)).first()
        return None if row is None else self.find(row[0])

    def by_name(self, name: str) -> User | None:
        """The user with this login or e-mail address, letters of either case."""
        folded = name.casefold()
        for user in self.all():
            if folded in (user.login.casefold(), (user.email or "").casefold()):
                return user
        return None


class Tokens(Repository[Token]):
    """The tokens of one tenant, by hash."""

    shape = SHAPES["token"]

    def of_user(self, user: str) -> list[Token]:
        """A user's tokens, oldest first. The command must go alone."""
        table = tables.token.c
        statement = sa.select(table.hash).where(table.tenant == self.tenant, table.user == user)
        keys = [row[0] for row in self.by_condition(statement.order_by(table.created_at))]
        self.load(keys)
        return [token for key in keys if (token := self.find(key)) is not None]
