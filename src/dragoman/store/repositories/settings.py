"""Switches that are turned while the server runs, and names that are unique over all tenants."""

import sqlalchemy as sa

from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS, Setting

S = tables.setting.c


class Settings(Repository[Setting]):
    """The settings of one tenant (the directory tenant's: of all)."""

    mapping = MAPPINGS["setting"]

    def beginning(self, prefix: str) -> list[Setting]:
        """Settings whose names begin so, by name. The command must be exclusive."""
        statement = sa.select(S.name).where(S.tenant == self.tenant, S.name >= prefix, S.name < prefix + "\U0010ffff")
        keys = [row[0] for row in self.by_condition(statement.order_by(S.name))]
        self.load(keys)
        return [setting for key in keys if (setting := self.find(key)) is not None]
