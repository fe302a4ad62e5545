"""Drafts of batches: what somebody has filled in so far. They belong to who makes them, and go away by themselves."""

import msgspec

from dragoman.domain.clock import Moment, later

KEPT_SECONDS = 7 * 86_400.0
"""How long a draft stays after its last change."""
PIECE_BYTES = 256 * 1024
"""How much of a file a piece holds; a longer line is a piece of its own."""
MOST = 20
"""Drafts of one user; a further one takes the place of the one that was changed longest ago."""


class Draft(msgspec.Struct, frozen=True):
    """A batch that isn't made yet. `content` are the fields of its forms, as they were typed; `file` is the uid of the
    file that was chosen, which is stored in pieces."""

    tenant: int
    uid: str
    owner: str
    content: dict[str, str] = {}
    file: str | None = None
    created_at: Moment = Moment(0)
    expires_at: Moment = Moment(0)
    row_version: int = 1

    @property
    def changed_at(self) -> Moment:
        """When it was changed last."""
        return later(self.expires_at, seconds=-KEPT_SECONDS)


class FilePiece(msgspec.Struct, frozen=True):
    """Some lines of a file, each with its end. `place` counts the pieces of the file from 0."""

    tenant: int
    file: str
    place: int
    text: str
    row_version: int = 1
