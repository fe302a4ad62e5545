"""Worker sockets: the workers of one server exchange their counts, so that each can answer for all.

Each worker listens at a Unix socket in a folder that only the user of the server may enter. A connection receives the
counts, and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from dragoman.domain.errors import Unavailable

PATIENCE_SECONDS = 2.0


class WorkerSockets(msgspec.Struct, frozen=True):
    """The sockets of all workers, as one of them uses them."""

    folder: str | None  # None where no folder can be created
    number: int
    count: int

    async def listen(self, counts: Callable[[], Awaitable[bytes]]) -> asyncio.Server:
        """Send the counts to every connection, until the server is closed. OSError where that is impossible."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                writer.write(await counts())
            finally:
                writer.close()

        return await asyncio.start_unix_server(answer, self._path(self.number))

    async def ask(self) -> list[bytes]:
        """The counts of all other workers. Unavailable when one is missing: the sum of the rest would be wrong."""
        others = (number for number in range(self.count) if number != self.number)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.gather(*map(self._ask, others))
        except (OSError, TimeoutError) as silent:
            raise Unavailable("worker_unresponsive", "One of the server's processes doesn't answer.") from silent

    async def _ask(self, number: int) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._path(number))
        try:
            return await reader.read()
        finally:
            writer.close()

    def _path(self, number: int) -> str:
        if self.folder is None:
            raise FileNotFoundError(ENOENT, "no folder for temporary files")
        return str(Path(self.folder) / str(number))


@contextmanager
def sockets_folder() -> Iterator[str | None]:
    """A temporary folder for the sockets; None where it can't be created, which is no reason not to serve."""
    try:
        folder = TemporaryDirectory(prefix="dragoman-", ignore_cleanup_errors=True)
    except OSError:
        yield None
        return
    with folder as name:
        yield name
