"""Templates in the store: by uid, by name, all of them."""

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.template import Template
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

T = tables.template.c


class Templates(Repository[Template]):
    """The templates of one tenant, every version of each."""

    mapping = MAPPINGS["template"]

    def all(self) -> list[Template]:
        """Every version, by name, the newest first. The command must be exclusive."""
        return self._where(sa.true())

    def by_name(self, name: str) -> list[Template]:
        """Every version of one template, the newest first. The command must be exclusive."""
        return self._where(T.name == name)

    def valid(self, name: str, at: Moment) -> Template | None:
        """The version of this name that holds at a moment: the newest that is valid by then."""
        return next((template for template in self.by_name(name) if template.valid_from <= at), None)

    def _where(self, condition: sa.ColumnElement[bool]) -> list[Template]:
        statement = sa.select(T.uid).where(T.tenant == self.tenant, condition).order_by(T.name, T.version.desc())
        uids = [row[0] for row in self.by_condition(statement)]
        self.load(uids)
        return [template for uid in uids if (template := self.find(uid)) is not None]
