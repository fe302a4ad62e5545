"""Sums over the rows of a preview: how many have each effect, and equal changes together.

Memory is bounded: where there are many different changes, those that were seen least are forgotten.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from dragoman.domain.bulk import ChangeGroup, Effect, Summary

SHOWN = 100
"""The most groups."""
COUNTED = 1_000
"""The largest number of different old values that is counted."""
MOST_GROUPS = 1_000
MOST_CHARACTERS = 8 * 1024 * 1024

Change = tuple[str, str | None, str | None]
"""The pointer of a member, and the JSON texts of its value before and after; null where it isn't there."""


class _Group:
    __slots__ = ("before", "befores", "count")

    def __init__(self, before: str | None) -> None:
        self.count = 0
        self.before = before  # of the first one
        self.befores: set[int] | None = None  # of texts; null while there is one alone

    def add(self, before: str | None) -> None:
        self.count += 1
        if self.befores is None:
            if before == self.before:
                return
            self.befores = {hash(self.before)}
        if len(self.befores) < COUNTED:
            self.befores.add(hash(before))


class Sums:
    """What the rows so far add up to. `members` are the names of all members that changed."""

    def __init__(self) -> None:
        self.count = 0
        self.members: set[str] = set()
        self._effects = dict.fromkeys(Effect, 0)
        self._groups: dict[tuple[str, str | None], _Group] = {}
        self._characters = 0

    def add(self, effects: Iterable[Effect], changes: Iterable[Sequence[Change]]) -> None:
        """Count the next rows."""
        for effect in effects:
            self._effects[effect] += 1
            self.count += 1
        for row in changes:
            for pointer, before, after in row:
                group = self._groups.get((pointer, after))
                if group is None:
                    group = self._new(pointer, before, after)
                group.add(before)

    def _new(self, pointer: str, before: str | None, after: str | None) -> _Group:
        self.members.add(pointer.split("/", 2)[1] if pointer else "")
        self._characters += len(after or "") + len(before or "")
        if len(self._groups) >= MOST_GROUPS or self._characters > MOST_CHARACTERS:
            self._forget()
        group = self._groups[pointer, after] = _Group(before)
        return group

    def _forget(self) -> None:
        """Keep the larger half."""
        largest = sorted(self._groups.items(), key=lambda each: -each[1].count)
        self._groups = dict(largest[: len(largest) // 2])
        self._characters = sum(len(key[1] or "") + len(group.before or "") for key, group in self._groups.items())

    def made(self) -> int:
        """How many rows change something."""
        return self._effects[Effect.WILL_CHANGE]

    def summary(self) -> Summary:
        """How many rows have each effect."""
        return replace(Summary(total=self.count), **{str(effect): count for effect, count in self._effects.items()})

    def groups(self) -> tuple[ChangeGroup, ...]:
        """The largest groups of equal changes, the largest first, among equals by pointer and value."""
        ordered = sorted(self._groups.items(), key=lambda each: (-each[1].count, each[0][0], each[0][1] or ""))
        return tuple(
            ChangeGroup(
                pointer,
                after,
                group.count,
                1 if group.befores is None else len(group.befores),
                group.before if group.befores is None else None,
            )
            for (pointer, after), group in ordered[:SHOWN]
        )
