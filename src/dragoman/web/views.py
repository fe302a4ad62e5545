"""HTML pages: the start page, which lists the dialects."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dragoman import __version__

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent
HEADERS = {
    # Nothing from elsewhere, and no script but files of our own: what a client stored must never run here.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
}


class Face:
    """One dialect on the page."""

    def __init__(self, name: str, title: str, prefixes: Sequence[str], operations: int) -> None:
        self.name = name
        self.title = title
        self.prefixes = [prefix or "/" for prefix in prefixes]
        self.operations = operations


@lru_cache
def _template(name: str) -> "jinja2.Template":
    import jinja2  # a tenth of the start of a server, and compiling as much again

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True)
    return environment.get_template(name)


def pages(faces: Sequence[Face]) -> Starlette:
    """Everything under /ui/."""

    def welcome(request: Request) -> HTMLResponse:
        return HTMLResponse(_template("welcome.html").render(faces=faces, version=__version__), headers=HEADERS)

    return Starlette(
        routes=[
            Mount("/ui/static", StaticFiles(directory=FOLDER / "static")),
            Route("/ui/", welcome, methods=["GET"]),
        ]
    )
