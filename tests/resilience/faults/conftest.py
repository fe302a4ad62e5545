"""What the tests of faults share. Each lets something break that breaks on a machine, and looks at what is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.server import Server, command


@contextmanager
def wholly(server: Server) -> Iterator[Server]:
    """A server whose database must be whole when it has ended, in good order."""
    with server:
        yield server
    assert command(server.database_url, "verify").startswith("all fits")
