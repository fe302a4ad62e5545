"""Drafts of batches: what somebody has filled in so far. They belong to who makes them, and go away by themselves."""

import msgspec

from dragoman.domain.clock import Moment, later

KEPT_SECONDS = 7 * 86_400.0
"""How long a draft stays after its last change."""
MOST = 20
"""Drafts of one user; a further one takes the place of the one that was changed longest ago."""


class Draft(msgspec.Struct, frozen=True):
    """A batch that isn't made yet. `content` are the fields of its forms, as they were typed."""

    tenant: int
    uid: str
    owner: str
    content: dict[str, str] = {}
    created_at: Moment = Moment(0)
    expires_at: Moment = Moment(0)
    row_version: int = 1

    @property
    def changed_at(self) -> Moment:
        """When it was changed last."""
        return later(self.expires_at, seconds=-KEPT_SECONDS)
