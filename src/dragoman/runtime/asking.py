"""Requests that the process asks itself for a user: what a dialect's own reply to him is, byte for byte."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from dragoman.domain.access import Principal


class Asked(NamedTuple):
    """A request and its reply. `code` is that of the error, empty for none."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]  # of the request, without credentials
    status: int
    reply_headers: tuple[tuple[str, str], ...]
    body: bytes
    code: str = ""
    operation: str = ""


class Asks(Protocol):
    """Asks the dialects that this process serves."""

    async def ask(self, target: str, principal: Principal, base_url: str, headers: Mapping[str, str]) -> Asked:
        """GET a target as this principal. Errors are replies in the shape of the dialect."""
        ...
