"""HTML pages: the start page, which lists the dialects."""

from collections.abc import Sequence
from pathlib import Path

import jinja2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dragoman import __version__

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


def pages(faces: Sequence[Face]) -> Starlette:
    """Everything under /ui/."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True)
    template = environment.get_template("welcome.html")

    def welcome(request: Request) -> HTMLResponse:
        return HTMLResponse(template.render(faces=faces, version=__version__), headers=HEADERS)

    return Starlette(
        routes=[
            Mount("/ui/static", StaticFiles(directory=FOLDER / "static")),
            Route("/ui/", welcome, methods=["GET"]),
        ]
    )
