"""Logins and e-mail addresses over all tenants: the one thing that a tenant's command reads and writes outside it."""

import msgspec
import sqlalchemy as sa

from dragoman.domain.people import DIRECTORY_TENANT, LoginName
from dragoman.domain.text import folded
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

N, U = tables.login_name.c, tables.user.c
SERVER_WIDE = N.tenant == DIRECTORY_TENANT


class LoginNames(Repository[LoginName]):
    """Names by which users of all tenants sign in, or once did.

    `find` works under the directory tenant; the other methods work in any tenant's command, which must be exclusive.
    They read and write the rows at once, in the transaction of the command.
    """

    mapping = MAPPINGS["login_name"]

    def owners(self, name: str) -> set[tuple[int, str]]:
        """Tenant and uid of the users who have this name, without regard to case. Twins are from earlier versions."""
        statement = (
            sa.select(N.user_tenant, N.user)
            .join(tables.user, sa.and_(U.tenant == N.user_tenant, U.uid == N.user))
            .where(SERVER_WIDE, N.folded == folded(name), U.deleted_at.is_(None))
        )
        return {(int(tenant), user) for tenant, user in self.by_condition(statement)}

    def are_any(self) -> bool:
        """Whether any tenant has a user, disabled or not."""
        statement = sa.select(U.uid).where(U.deleted_at.is_(None)).limit(1)
        return any(True for _ in self.by_condition(statement))

    def twins(self) -> list[list[str]]:
        """Logins of this tenant's users that differ from another user's in case alone, each with its twins."""
        current = (  # not those of before a change of the login
            sa.select(N.folded, N.login, N.user_tenant)
            .join(tables.user, sa.and_(U.tenant == N.user_tenant, U.uid == N.user, U.login == N.login))
            .where(SERVER_WIDE, U.deleted_at.is_(None))
        ).subquery()
        several = sa.select(current.c.folded).group_by(current.c.folded).having(sa.func.count() > 1)
        mine = sa.select(current.c.folded).where(current.c.user_tenant == self.tenant)
        statement = sa.select(current.c.folded, current.c.login).where(
            current.c.folded.in_(several), current.c.folded.in_(mine)
        )
        found: dict[str, list[str]] = {}
        for name, login in self.by_condition(statement.order_by(current.c.folded, current.c.login)):
            found.setdefault(name, []).append(login)
        return list(found.values())

    def claim(self, name: str, user: str) -> bool:
        """Register a name for a user of this tenant, who needn't be stored yet; False if another user has it.

        Of two commands that claim it at once, the database refuses the second, which runs again and sees the first.
        """
        owners = self.owners(name)
        if owners:
            return owners <= {(self.tenant, user)}
        self._free(N.folded == folded(name))  # of an addition that never came to its end
        row = LoginName(DIRECTORY_TENANT, folded(name), self.tenant, user, folded=folded(name))
        self._connection().execute(sa.insert(tables.login_name).values(msgspec.structs.asdict(row)))
        return True

    def release(self, user: str, name: str | None = None) -> None:
        """Free one name of a user of this tenant, or all."""
        mine = sa.and_(N.user_tenant == self.tenant, N.user == user)
        self._free(mine if name is None else sa.and_(mine, N.folded == folded(name)))

    def _free(self, condition: sa.ColumnElement[bool]) -> None:
        self._connection().execute(sa.delete(tables.login_name).where(SERVER_WIDE, condition))
