"""Messages of tasks in the store, by the task's uid and which they are."""

from typing import NamedTuple

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.message import Message
from dragoman.store import tables
from dragoman.store.repositories.bodies import Bodies
from dragoman.store.unit.mappings import MAPPINGS

M = tables.message.c


class Start(NamedTuple):
    """How a message begins, and its size in bytes of UTF-8."""

    which: str
    size: int
    text: str


class Messages(Bodies[Message]):
    """The messages of one tenant's tasks."""

    mapping = MAPPINGS["message"]

    def of(self, task: str, which: str, lock: Lock = Lock.NONE) -> Message | None:
        """One message, or None."""
        return self.find((task, which), lock)

    def starts(self, task: str, *, longest: int) -> list[Start]:
        """The messages of a task, of each so many characters. For readers and exclusive commands."""
        statement = (
            sa.select(M.which, sa.func.octet_length(M.body), sa.func.substr(M.body, 1, longest))
            .where(M.tenant == self.tenant, M.task == task)
            .order_by(M.which)
        )
        return [Start(*row) for row in self.by_condition(statement)]

    def put(self, message: Message) -> None:
        """Keep a message in place of what was there."""
        known = self.of(message.task, message.which, Lock.CHANGE)
        if known is None:
            self.add(message)
        elif (known.type, known.body) != (message.type, message.body):
            self.save(message_like(known, message))

    def drop(self, task: str, which: str) -> None:
        """Forget a message; harmless when there is none."""
        known = self.of(task, which, Lock.CHANGE)
        if known is not None:
            self.remove(known)


def message_like(known: Message, new: Message) -> Message:
    """The new text under the row version of the old one."""
    return Message(known.tenant, known.task, known.which, new.type, new.body, known.row_version)
