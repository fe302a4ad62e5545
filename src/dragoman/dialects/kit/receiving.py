"""A body that is stored while it arrives: however long it is, no more of it is held than its last piece."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dragoman.command import Command
from dragoman.domain.errors import Invalid

if TYPE_CHECKING:
    from dragoman.dialects.kit.request import Request


Step = tuple[Callable[[Any, Any], Any], Command]
"""A use case and its command: one transaction of its own."""


class Receiving(Protocol):
    """What becomes of one body. Each method runs in a thread; steps are committed in order, before more is read.

    `take` and `finish` raise Invalid for what the client must correct; then, and when the client leaves, `abandon`
    takes back all that was stored.
    """

    def begin(self) -> Iterable[Step]:
        """What comes before the first piece."""
        ...

    def take(self, piece: bytes) -> Iterable[Step]:
        """Store what is complete by now."""
        ...

    def finish(self) -> Iterable[Step]:
        """Store the rest."""
        ...

    def order(self) -> Any:
        """The command of the operation: with it, what is stored becomes visible."""
        ...

    def abandon(self) -> Iterable[Step]:
        """Take back what is stored, unless it has become visible."""
        ...


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """The other form of an operation: these media, and the query, in place of its body.

    `open` reads the query. Steps run in the name of the caller.
    """

    media: tuple[str, ...]
    open: Callable[["Request"], Receiving]
    parameters: tuple[str, ...] = ()  # of the query, that it reads; others are refused

    def takes(self, request: "Request") -> bool:
        """Whether the request has such a body. Invalid, to be answered 415, when its text isn't UTF-8."""
        media, _, parameters = request.headers.get("content-type", "").partition(";")
        if media.strip().lower() not in self.media:
            return False
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset" and value.strip().strip('"').lower() != "utf-8":
                raise Invalid("unsupported_media_type", "Send the text as UTF-8.", status=415, accepted=self.media)
        return True
