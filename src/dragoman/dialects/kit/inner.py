"""Requests within a request: what an operation sends to other operations of its dialect, in process."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from dragoman.dialects.kit.reply import Reply


@dataclass(frozen=True)
class InnerCall:
    """One of them. `target` is a path from the root of the server, with its query; `headers` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Send = Callable[[InnerCall], Awaitable[Reply | None]]
"""Sends one with the rights of the outer request, as a request with its own transaction. None where nothing is at the
path, or it isn't the dialect's."""


async def send_nothing(call: InnerCall) -> Reply | None:
    """Outside a server there is nobody to answer."""
    raise RuntimeError("only an operation that sends inner calls may")
