"""Files of exported services: arrays of JSON in a folder of the server, named by it alone."""

import os
from pathlib import Path
from types import TracebackType
from typing import IO

from dragoman.dialects.genesys.wire.maintenance import file_name
from dragoman.dialects.genesys.wire.moments import TICKS_PER_MILLISECOND
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Unavailable

PER_FILE = 10_000
OWNER_ONLY = 0o600


class Files:
    """The files of one export. Those of one that fails are removed. Unavailable where none can be written."""

    def __init__(self, folder: Path, moment: Moment, per_file: int = PER_FILE) -> None:
        self._folder = folder
        self._moment = moment
        self._per_file = per_file
        self._paths: list[Path] = []
        self._file: IO[bytes] | None = None
        self._count = 0
        self._is_finished = False

    def __enter__(self) -> "Files":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if not self._is_finished:
            for path in self._paths:
                path.unlink(missing_ok=True)

    def add(self, items: list[bytes]) -> None:
        """Write services, each as JSON; a further file is begun where one is full."""
        try:
            for item in items:
                file = self._file_with_room()
                file.write(b"," + item if self._count else b"[" + item)
                self._count += 1
        except OSError as error:
            raise _unwritable(error) from error

    def finish(self) -> list[str]:
        """The names of the files, all of them whole."""
        try:
            self._close()
        except OSError as error:
            raise _unwritable(error) from error
        self._is_finished = True
        return [path.name for path in self._paths]

    def _file_with_room(self) -> IO[bytes]:
        if self._file is not None and self._count >= self._per_file:
            self._close()
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file, self._count = self._opened(), 0
        return self._file

    def _opened(self) -> IO[bytes]:
        """A new file, named by the next moment of which there is none."""
        while True:
            path = self._folder / file_name(self._moment)
            self._moment = Moment(self._moment + TICKS_PER_MILLISECOND)
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
            except FileExistsError:
                continue
            self._paths.append(path)
            return os.fdopen(descriptor, "wb")

    def _close(self) -> None:
        if self._file is not None:
            self._file.write(b"]")
            self._file.close()
            self._file = None


def _unwritable(error: OSError) -> Unavailable:
    reason = error.strerror or "it failed"
    return Unavailable("exports_unwritable", f"The export can't be written: {reason}.", retry_after_seconds=60)
