"""`dragoman demo` as a process: a server with a world worth looking at."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.postgres import free_port
from tests.support.server import PROGRAM, environment


class Demonstration(NamedTuple):
    """A demonstration that runs, and what it said until it was ready."""

    process: "subprocess.Popen[str]"
    said: str
    folder: Path

    @property
    def base_url(self) -> str:
        """Where it is."""
        return self._found(r"dragoman ready (\S+)")

    @property
    def entry(self) -> str:
        """The link that signs anna in, once."""
        return self._found(r"Signed in +(\S+)")

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found is not None, self.said
        return found[1]


@contextmanager
def demonstration(folder: Path) -> Iterator[Demonstration]:
    """A demonstration whose files are in the folder."""
    known = environment("") | {"TMPDIR": str(folder)}
    del known["DRAGOMAN_DATABASE"]
    process = subprocess.Popen(
        [PROGRAM, "demo", "--port", str(free_port())],
        env=known,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    with process.stdout as lines:
        while "dragoman ready" not in said:
            line = lines.readline()
            assert line, said
            said += line
        yield Demonstration(process, said, folder)
    if process.poll() is None:
        process.kill()
        process.wait()
