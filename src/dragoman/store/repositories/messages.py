"""Messages of tasks in the store, by the task's uid and which they are."""

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.clock import Moment
from dragoman.domain.message import Message
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

M = tables.message.c
S = tables.tombstone.c


class Messages(Repository[Message]):
    """The messages of one tenant's tasks."""

    mapping = MAPPINGS["message"]

    def of(self, task: str, which: str, lock: Lock = Lock.NONE) -> Message | None:
        """One message, or None."""
        return self.find((task, which), lock)

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

    def has_deleted(self, before: Moment) -> bool:
        """Whether there are messages of tasks that were deleted before a moment. For readers and exclusive commands."""
        statement = sa.select(M.task).where(M.tenant == self.tenant, self._is_gone(before)).limit(1)
        return self.by_condition(statement).first() is not None

    def forget_deleted(self, before: Moment) -> int:
        """Delete the messages of tasks that were deleted before a moment. The command must be exclusive."""
        statement = sa.delete(tables.message).where(M.tenant == self.tenant, self._is_gone(before))
        return int(self.by_condition(statement).rowcount)

    def _is_gone(self, before: Moment) -> sa.ColumnElement[bool]:
        """By the tombstone of its task: there are fewer messages than tombstones."""
        left = sa.exists().where(S.tenant == self.tenant, S.entity == "task", S.uid == M.task, S.at < before)
        return left.correlate(tables.message)


def message_like(known: Message, new: Message) -> Message:
    """The new text under the row version of the old one."""
    return Message(known.tenant, known.task, known.which, new.type, new.body, known.row_version)
