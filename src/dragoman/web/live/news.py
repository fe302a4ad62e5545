"""What a page hears a little later than the event: how many new rows its list has, and other counts.

A change may bring its task into the list, or take it out again; which, only the list's own conditions can tell. They
are asked once for all that changed within a moment.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import msgspec

from dragoman.domain.access import Principal
from dragoman.domain.errors import Expected
from dragoman.usecases.events.tailing import Row
from dragoman.usecases.events.visibility import Heard
from dragoman.usecases.inbox.listed import Judged
from dragoman.web.live.asked import Asked
from dragoman.web.live.belonging import may_bring

NEVER = float("inf")
GATHERING_SECONDS = 0.25
"""How long changes are collected."""
APART_SECONDS = 1.0
"""Between two looks at the list."""
COUNTS_APART_SECONDS = 5.0
MOST_NEW = 1_000
"""Where counts of new rows stop."""

Judge = Callable[[Principal, tuple[int, ...]], Awaitable[list[Judged]]]
Counts = Callable[[], Awaitable[Mapping[str, int]]]


class News:
    """Of one page. `judge` holds tasks against its list; `fields` are those on which that depends, None for all."""

    def __init__(
        self,
        asked: Asked,
        judge: Judge,
        fields: frozenset[str] | None,
        counts: Counts,
        time: Callable[[], float],
        known: Mapping[str, int],
    ) -> None:
        self._asked = asked
        self._judge = judge
        self._fields = fields
        self._counts = counts
        self._time = time
        self._counted = dict(known)
        self._new: set[int] = set()
        self._doubtful: set[int] = set()
        self._list_at = NEVER
        self._counts_at = NEVER
        self._list_again_at = self._counts_again_at = 0.0

    @property
    def due_at(self) -> float:
        """When there is something to look at."""
        return min(self._list_at, self._counts_at)

    def is_due(self, now: float) -> bool:
        """Whether that is now."""
        return now >= self.due_at

    def note(self, row: Row, what: Heard, *, is_shown: bool) -> None:
        """Note a change of a task that the reader hears of."""
        now = self._time()
        self._counts_at = min(self._counts_at, max(now + APART_SECONDS, self._counts_again_at))
        number = row.event.number
        if is_shown or not self._asked.list or number is None or len(self._new) >= MOST_NEW:
            return
        if number in self._new or may_bring(row, what, self._fields):
            self._doubtful.add(number)
            self._list_at = min(self._list_at, max(now + GATHERING_SECONDS, self._list_again_at))

    async def missed(self, principal: Principal) -> AsyncIterator[bytes]:
        """Those of the rows shown that are others by now."""
        if self._asked.rows:
            for each in await self._judge(principal, tuple(self._asked.rows)):
                if each.revision > self._asked.rows[each.number]:
                    self._asked.rows[each.number] = each.revision
                    yield b'event: task\ndata: {"n":%d,"r":%d}\n\n' % (each.number, each.revision)

    async def found(self, principal: Principal, now: float) -> AsyncIterator[bytes]:
        """What is due: the number of new rows, where it is another now; the counts that are others now."""
        if now >= self._list_at:
            doubtful, self._doubtful, self._list_at = self._doubtful, set(), NEVER
            self._list_again_at = now + APART_SECONDS
            before = len(self._new)
            await self._sort(principal, doubtful)
            if len(self._new) != before:
                yield b'event: list\ndata: {"new":%d}\n\n' % len(self._new)
        if now >= self._counts_at:
            self._counts_at, self._counts_again_at = NEVER, now + COUNTS_APART_SECONDS
            if changed := await self._changed_counts():
                yield b"event: count\ndata: %b\n\n" % msgspec.json.encode(changed)

    async def _sort(self, principal: Principal, numbers: set[int]) -> None:
        try:
            judged = await self._judge(principal, tuple(sorted(numbers)))
        except Expected:  # the database may be away: looked at again with the next change
            self._doubtful |= numbers
            return
        self._new -= numbers
        self._new |= {each.number for each in judged if each.belongs}

    async def _changed_counts(self) -> dict[str, int]:
        try:
            counts = await self._counts()
        except Expected:
            return {}
        changed = {name: count for name, count in counts.items() if self._counted.get(name) != count}
        self._counted |= changed
        return changed
