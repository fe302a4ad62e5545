"""The reply to a request, as a dialect renders it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Reply:
    """Status, body and headers. `headers` are sent as given, after Content-Type and Content-Length."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Later:
    """A reply that is awaited on the event loop: no thread waits for it. For operations that stream."""

    reply: Callable[[], Awaitable[Reply]]
