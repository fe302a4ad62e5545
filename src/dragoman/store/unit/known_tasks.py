"""Tasks that lists read before, each good as long as its row has the same version.

A list reads keys and versions first, and only those tasks whose version isn't known. `row_version` rises with every
write of a task's row, on whatever node, and the hash at the head of its history tells apart what has the same number
and version in two databases, of which one replaced the other. So nothing need be announced, and nothing can be stale.
Kept is what every reader is shown: rows and work items, which are written with the row. Extensions are read each time,
since their removal marks values and leaves the row alone; what due timers do is found each time.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dragoman.domain.task import Task

MOST_BYTES = 16 * 1024 * 1024
LARGEST_SHARE = 64
"""A task that takes more than such a part of all the room isn't kept."""
BYTES_A_TASK = 2_400
"""What a task takes beside its texts, by measurement: the object, its moments, and its pieces' own objects."""
BYTES_A_WORK_ITEM = 200
COPIES = 3
"""How often a text is there: in the task, in a piece as a dialect shows it, and some room for escapes."""


class Version(NamedTuple):
    """What names one state of a task's row."""

    number: int
    row_version: int
    head_hash: str


Pieces = dict[str, bytes]
"""What dialects show of a task, by their own names: the same for every reader."""


class Known:
    """A task as it is stored, without extensions."""

    __slots__ = ("bytes", "pieces", "task")

    def __init__(self, task: Task, row: Sequence[Any]) -> None:
        self.task = task
        self.pieces: Pieces = {}
        texts = sum(len(value) for value in row if type(value) is str)
        self.bytes = BYTES_A_TASK + COPIES * texts + BYTES_A_WORK_ITEM * len(task.work_items)


class KnownTasks:
    """Those of one process, for all its readers; the ones that were not asked for the longest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._known: OrderedDict[tuple[int, int], Known] = OrderedDict()
        self._guard = threading.Lock()

    def of(self, tenant: int, versions: Iterable[Version]) -> dict[int, Known]:
        """By number those that are known in just this version."""
        found: dict[int, Known] = {}
        with self._guard:
            for number, row_version, head_hash in versions:
                known = self._known.get((tenant, number))
                if known is None:
                    continue
                if known.task.row_version == row_version and known.task.head_hash == head_hash:
                    self._known.move_to_end((tenant, number))
                    found[number] = known
        return found

    def keep(self, tenant: int, found: Iterable[Known]) -> None:
        """Keep these in place of what was known of them."""
        with self._guard:
            for known in found:
                if known.bytes * LARGEST_SHARE > self._most_bytes:
                    continue
                key = (tenant, known.task.number)
                before = self._known.pop(key, None)
                self._known[key] = known
                self._bytes += known.bytes - (0 if before is None else before.bytes)
            while self._bytes > self._most_bytes:
                _, oldest = self._known.popitem(last=False)
                self._bytes -= oldest.bytes

    @property
    def bytes(self) -> int:
        """What they take, by estimate."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._known)
