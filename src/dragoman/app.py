"""Puts the application, HTTP, pages and jobs together: what `dragoman serve` and `dragoman work` start."""

import socket
from collections.abc import Sequence
from typing import Any

from dragoman.runtime.application import Application
from dragoman.settings import Settings


def create(settings: Settings) -> tuple[Application, dict[str, Any]]:
    """What one process serves: an open application, and the pages in addition to its dialects."""
    app = Application(settings).open()
    return app, mounts(app)


def mounts(app: Application) -> dict[str, Any]:
    """What is served beside the dialects, by path."""
    from dragoman.http.endpoints.documents import documents  # a command needs neither these nor templates
    from dragoman.http.in_process import InProcess
    from dragoman.web.views import PAGES, site

    app.asks = InProcess(app)
    return {"/ui/": site(app, PAGES), **documents(app.dialects)}


def serve(settings: Settings, inherited: Sequence[socket.socket] = (), hint: str = "") -> int:
    """Serve until a signal stops it; the exit code. Listens on the inherited sockets, if there are any.

    `hint` is printed behind the line that reports readiness; `{url}` in it is the server's address.
    """
    from dragoman.http.server import processes  # only `serve` needs it: it takes a third of a start

    return processes.serve(settings, f"{__name__}:{create.__name__}", inherited, hint)


def work(settings: Settings) -> int:
    """Do background work until a signal stops it, without serving requests; the exit code."""
    from dragoman.jobs import process

    return process.work(settings, lambda: Application(settings).open())
