"""The contenders: servers with known processes that do some kinds of work."""

import os
from collections.abc import Container
from dataclasses import dataclass
from typing import Protocol

from bench import gauges
from bench.load import Answers, Work, load


class Contender(Protocol):
    """One that is measured. It does the kinds of work that `works` names, and no others."""

    name: str

    @property
    def works(self) -> Container[str]:
        """The kinds of work it can do."""
        ...

    def ask(self, work: str, connections: int, seconds: float) -> Answers:
        """Let so many callers ask for so long, each waiting for its answer before it asks again."""
        ...

    def pids(self) -> list[int]:
        """Its processes."""
        ...


@dataclass
class Side:
    """A running server, and its requests."""

    name: str
    address: str
    pid: int
    works: dict[str, Work]

    def ask(self, work: str, connections: int, seconds: float) -> Answers:
        """See Contender."""
        return load(self.address, self.works[work], connections, seconds)

    def pids(self) -> list[int]:
        """The server and all that it started."""
        return gauges.family(self.pid)


class Here:
    """One that runs in this process."""

    def pids(self) -> list[int]:
        """This process alone: the servers descend from it, too."""
        return [os.getpid()]
