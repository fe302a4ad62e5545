"""Figures as drawings: bars with their places, the numbers beside them, and the lists that they count.

A bar is a part of a row (one after another) or of a column. All places are in the units of the drawing.
"""

from collections.abc import Sequence

import msgspec

WIDTH, ROW, BAR, HEIGHT = 1_000, 28, 16, 120
GAP = 0.2
"""Of a column's width, what stays free beside it."""


class Bar(msgspec.Struct, frozen=True):
    """A rectangle. `kind` is its place among those of its row, for its colour; `words` say what it counts."""

    x: float
    y: float
    width: float
    height: float
    kind: int
    words: str
    href: str = ""


class Line(msgspec.Struct, frozen=True):
    """A row of numbers, as the table beside the drawing has it; each with the address of its list, or none."""

    name: str
    cells: Sequence[tuple[str, str]]


class Figure(msgspec.Struct, frozen=True):
    """A drawing with a sentence as its name, and its table."""

    id: str
    caption: str
    sentence: str
    bars: Sequence[Bar]
    height: int
    columns: Sequence[str]
    lines: Sequence[Line]
    labels: Sequence[str] = ()
    totals: Sequence[str] = ()
    kinds: Sequence[str] = ()
    ends: tuple[str, str] | None = None

    @property
    def width(self) -> int:
        """The width of the drawing, whatever room it gets."""
        return WIDTH


Part = tuple[int, str, str]
"""A number, what it counts in words, and the address of its list."""


def rows(parts: Sequence[Sequence[Part]]) -> list[Bar]:
    """Rows of bars one after another, the longest over the whole width."""
    longest = max((sum(count for count, _, _ in row) for row in parts), default=0)
    bars = []
    for place, row in enumerate(parts):
        at = 0.0
        for kind, (count, words, href) in enumerate(row):
            width = WIDTH * count / longest if longest else 0.0
            if count:
                bars.append(Bar(round(at, 2), place * ROW + (ROW - BAR) / 2, round(width, 2), BAR, kind, words, href))
            at += width
    return bars


def columns(parts: Sequence[Part]) -> list[Bar]:
    """Columns side by side, the highest over the whole height."""
    highest = max((count for count, _, _ in parts), default=0)
    step = WIDTH / max(len(parts), 1)
    bars = []
    for place, (count, words, href) in enumerate(parts):
        height = HEIGHT * count / highest if highest else 0.0
        x, width = place * step + step * GAP / 2, step * (1 - GAP)
        if count:
            bars.append(Bar(round(x, 2), round(HEIGHT - height, 2), round(width, 2), round(height, 2), 0, words, href))
    return bars
