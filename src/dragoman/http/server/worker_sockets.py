"""The workers of one server tell each other what they counted, so that any of them can answer for all.

Each listens at a Unix socket in a folder that only their own user may enter; who connects is told, and that is all.
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


class Siblings(msgspec.Struct, frozen=True):
    """One of several workers, as it knows the others."""

    folder: str | None  # None where there is no room for one
    number: int
    count: int

    async def listen(self, tell: Callable[[], Awaitable[bytes]]) -> asyncio.Server:
        """From here on answer whoever asks, until it is closed. OSError where that can't be."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                writer.write(await tell())
            finally:
                writer.close()

        return await asyncio.start_unix_server(answer, self._path(self.number))

    async def ask(self) -> list[bytes]:
        """What each of the others tells. Unavailable when one doesn't: the sum of the rest would look like a loss."""
        others = (number for number in range(self.count) if number != self.number)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.gather(*map(self._ask, others))
        except (OSError, TimeoutError) as silent:
            raise Unavailable("worker_silent", "One of the server's processes doesn't answer.") from silent

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
def meeting_place() -> Iterator[str | None]:
    """A folder for siblings as long as the block lasts; None where nothing can be written, which must stop nobody."""
    try:
        folder = TemporaryDirectory(prefix="dragoman-", ignore_cleanup_errors=True)
    except OSError:
        yield None
        return
    with folder as name:
        yield name
