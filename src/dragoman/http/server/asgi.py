"""ASGI as the server below and the pages beside the dialects use it, and what our server offers beyond it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

CONNECTION = "dragoman.connection"
"""The ASGI extension under which `protocol.py` puts the connection of a request."""


class Connection(Protocol):
    """The connection of a request, for what ASGI has no message for."""

    def take_body(self, scope: Scope) -> bytes | None:
        """The whole body, once, if it has arrived. None: receive it by messages."""
        ...

    def answer_whole(self, scope: Scope, start: Message, body: bytes) -> bool:
        """Send head and body in one write. False: send them by messages."""
        ...

    def begin(self, scope: Scope, start: Message) -> bool:
        """Send a head whose body follows by `write`, until `end` closes the connection. False: by messages."""
        ...

    def write(self, piece: bytes) -> None: ...

    def end(self, scope: Scope) -> None: ...

    def is_gone(self, scope: Scope) -> bool:
        """Whether the client of this request has left."""
        ...

    def abort(self, scope: Scope) -> None:
        """Cut the connection in the middle of a response."""
        ...

    def step_aside(self, scope: Scope) -> None:
        """This request now waits for something else than this server: another may be admitted."""
        ...

    async def left(self, scope: Scope) -> None:
        """Wait until the client of this request, whose body was read, has left."""
        ...

    async def drain(self, stalled_seconds: float | None = None) -> bool:
        """Wait until the client has read most of what was sent. False when it reads nothing for too long, by default
        for as long as headers may take."""
        ...


def connection_of(scope: Scope) -> Connection | None:
    """None for a server that offers no more than ASGI."""
    connection: Connection | None = scope.get("extensions", {}).get(CONNECTION)
    return connection
