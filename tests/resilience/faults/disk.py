"""A disk of a few MiB in memory, that can be filled to the last byte and made larger."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType

AS_ROOT = () if os.getuid() == 0 else ("sudo",)
PAGE = 4096


class Disk:
    """A tmpfs, mounted as long as the block lasts."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        self.folder = folder
        self._mebibytes = mebibytes
        self._filler = folder / "filler"

    def __enter__(self) -> "Disk":
        self.folder.mkdir(exist_ok=True)
        self._mount("mount", "-t", "tmpfs", "-o", f"size={self._mebibytes}m,mode=777", "tmpfs", str(self.folder))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._mount("umount", "--lazy", str(self.folder))

    def fill(self, *, leave_bytes: int = 0) -> None:
        """Let something else take all the room but this."""
        room = os.statvfs(self.folder)
        with self._filler.open("wb", buffering=0) as filler, suppress(OSError):  # others take some of it meanwhile
            for _ in range(room.f_blocks if not leave_bytes else room.f_bavail - leave_bytes // PAGE):
                filler.write(bytes(PAGE))

    def clear(self) -> None:
        """Let it go away again."""
        self._filler.unlink()

    def grow(self, mebibytes: int) -> None:
        """Make the disk so large."""
        self._mount("mount", "-o", f"remount,size={mebibytes}m", str(self.folder))

    @staticmethod
    def _mount(*command: str) -> None:
        subprocess.run([*AS_ROOT, *command], check=True)
