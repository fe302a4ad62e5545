"""What anybody may read: the OpenAPI document, and the page that shows it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from dragoman.command import Keys
from dragoman.dialects.kit import Reply, Request
from dragoman.usecases.uow import UnitOfWork

FOLDER = Path(__file__).parent / "page"
MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class Look(msgspec.Struct, frozen=True):
    """Nothing is needed from the store."""

    def keys(self) -> Keys:
        return Keys()


def parse(request: Request, query: Any) -> Look:
    """A command without parameters."""
    return Look()


def look(uow: UnitOfWork, command: Look) -> None:
    """Nothing is done."""


def showing(name: str) -> Callable[[None, Request], Reply]:
    """A file of the page."""

    def render(nothing: None, request: Request) -> Reply:
        return Reply(200, _read(name), MEDIA[Path(name).suffix], [("Content-Security-Policy", POLICY)])

    return render


@cache
def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
