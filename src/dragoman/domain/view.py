"""A saved view: a list of the inbox with a filter and columns under a name, of one user or shared."""

import msgspec

from dragoman.domain.clock import Moment

EVERYBODY = "*"
LONGEST_NAME = 80
MOST = 200
"""Maximum views of one user."""


class View(msgspec.Struct, frozen=True):
    """One view. `shared_with` is empty for its owner alone, `*` for all, or the uid of a group. `columns` is None for
    those of the list."""

    tenant: int
    number: int
    owner: str
    name: str
    list: str
    q: str = ""
    columns: str | None = None
    shared_with: str = ""
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    row_version: int = 1

    def is_seen_by(self, user: str | None, groups: frozenset[str]) -> bool:
        """Whether the user has it among the saved views."""
        return self.owner == user or self.shared_with == EVERYBODY or self.shared_with in groups
