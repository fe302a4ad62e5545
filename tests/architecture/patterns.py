"""What of a regular expression takes quadratic time, read off its parsed form.

Two things do. A search tries every place of the text, so an open repeat at the beginning looks at a long run again from
each of its places, when something behind it fails. And of two open repeats that can share a run, the first gives its
end back to the second place by place. The alphabet is a sample; what a group holds in turn is looked at twice.
"""

from dataclasses import dataclass, replace
from itertools import islice, product
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

of: Any = _constants

LETTERS = [chr(code) for code in range(0x250)] + [*"٣ſK中𝄞\u2028\ufeff"]
BYTES = [bytes([code]) for code in range(256)]
MANY = 1_000
"""A repeat of fewer is no open one."""
MOST_READINGS = 4_000


@dataclass(frozen=True)
class Atom:
    """One step of a way through an expression: the characters that it takes; of an open repeat as many as there are.

    `gives_back`: tries fewer when what follows fails. `must`: the way fails without it. One that takes no characters
    looks at where it is.
    """

    chars: frozenset[Any] = frozenset()
    is_open: bool = False
    gives_back: bool = False
    must: bool = True


Way = tuple[Atom, ...]


def troubles(pattern: str | bytes, flags: int, *, searches: bool, to_the_end: bool) -> list[str]:
    """What is wrong with an expression. `searches`: it is tried at each place; `to_the_end`: it must take all."""
    parsed = _parser.parse(pattern, flags)
    reading = Reading(parsed.state, isinstance(pattern, bytes))
    found = []
    for way in reading.ways(parsed):
        whole = (*way, Atom()) if to_the_end else way
        if searches and _begins_open(whole):
            found.append("a search that begins with an open repeat takes quadratic time")
        if _shares(whole):
            found.append("two open repeats that can share a run take quadratic time")
    return sorted({*found, *reading.troubles})


def _begins_open(way: Way) -> bool:
    for place, atom in enumerate(way):
        if atom.is_open:
            return any(other.must for other in way[place + 1 :])
        if atom.must:
            return False
    return False


def _shares(way: Way) -> bool:
    for place, atom in enumerate(way):
        if not atom.gives_back:
            continue
        shared = atom.chars
        for at, other in enumerate(way[place + 1 :], place + 1):
            both = shared & other.chars
            if other.is_open and both and any(each.must for each in way[at + 1 :]):
                return True
            if other.must and other.chars:
                shared = both
            if not shared:
                break
    return False


class Reading:
    """The ways through one expression."""

    def __init__(self, state: Any, is_bytes: bool) -> None:
        self._state = state
        self._alphabet = BYTES if is_bytes else LETTERS
        self.troubles: set[str] = set()

    def ways(self, items: Any) -> list[Way]:
        steps = [self._step(item) for item in items]
        found = islice(product(*steps), MOST_READINGS)
        return list(dict.fromkeys(tuple(atom for part in parts for atom in part) for parts in found))

    def _step(self, item: Any) -> list[Way]:
        op, value = item
        if op in (of.LITERAL, of.NOT_LITERAL, of.ANY, of.IN):
            return [(Atom(self._chars(item)),)]
        if op is of.SUBPATTERN:
            return self.ways(value[-1])
        if op is of.BRANCH:
            return [way for branch in value[1] for way in self.ways(branch)]
        if op is of.ATOMIC_GROUP:
            return [self._closed(way) for way in self.ways(value)]
        if op in (of.MAX_REPEAT, of.MIN_REPEAT, of.POSSESSIVE_REPEAT):
            return self._repeat(value, gives_back=op is not of.POSSESSIVE_REPEAT)
        if op in (of.ASSERT, of.ASSERT_NOT):
            for way in self.ways(value[1]):
                self._closed(way)
        return [(Atom(),)] if op in (of.AT, of.ASSERT, of.ASSERT_NOT) else [(Atom(frozenset(self._alphabet)),)]

    def _repeat(self, value: Any, *, gives_back: bool) -> list[Way]:
        least, most, body = value
        ways = self.ways(body)
        if most is not of.MAXREPEAT and most < MANY:
            repeated = [way * (1 if most == 1 else 2) for way in ways]
            return repeated if least else [(), *repeated]
        found: list[Way] = []
        for way in ways:
            if _shares((*way, *way, Atom())):
                self.troubles.add("a repeat whose rounds can share a run takes quadratic time")
            if len(way) == 1:
                found.append((replace(way[0], is_open=True, gives_back=gives_back, must=least > 0),))
                continue
            needed = [atom.chars for atom in way if atom.must and atom.chars]
            turn = frozenset.intersection(*needed) if needed else frozenset()
            again = Atom(turn, is_open=True, gives_back=gives_back, must=False)
            found.append((*(way if gives_back else self._closed(way)), again))
        return found if least else [(), *found]

    def _closed(self, way: Way) -> Way:
        if _shares(way):
            self.troubles.add("two open repeats that can share a run take quadratic time")
        return tuple(replace(atom, gives_back=False) for atom in way)

    def _chars(self, item: Any) -> frozenset[Any]:
        one = _compiler.compile(_parser.SubPattern(self._state, [item]), self._state.flags)
        return frozenset(each for each in self._alphabet if one.fullmatch(each))
