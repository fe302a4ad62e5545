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

    `open` reads the query. Steps run in the name of the caller. `others` are the media of the ordinary form, where the
    dialect refuses all else before it looks at the query.
    """

    media: tuple[str, ...]
    open: Callable[["Request"], Receiving]
    parameters: tuple[str, ...] = ()  # of the query, that it reads; others are refused
    others: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The form in words: OpenAPI can't say that parameters go with a media type, nor what lines hold."""
        names = ", ".join(f"`{name}`" for name in self.parameters)
        return f"Also takes {' and '.join(f'`{media}`' for media in self.media)}, with {names} in the query."

    def takes(self, request: "Request") -> bool:
        """Whether the request has such a body. Invalid, to be answered 415, for other media and other charsets."""
        media, _, parameters = request.headers.get("content-type", "").partition(";")
        media = media.strip().lower()
        if media not in self.media:
            if media and self.others and media not in self.others:
                accepted = (*self.others, *self.media)
                raise Invalid("unsupported_media_type", f"Send {' or '.join(accepted)}.", status=415, accepted=accepted)
            return False
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset" and value.strip().strip('"').lower() != "utf-8":
                raise Invalid("unsupported_media_type", "Send the text as UTF-8.", status=415, accepted=self.media)
        return True
