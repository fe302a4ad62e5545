"""What is wrong with an upload, and where; and what its lines are to hold."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dragoman.domain.bulk import Method

MOST_FAULTS = 100
"""Reading ends behind so many faults."""

LONGEST_LINE = 1024 * 1024
"""Maximum bytes of a line, and of a CSV row with the line ends in its quoted cells."""

TOO_LONG = f"the line has more than {LONGEST_LINE} bytes"

Row = tuple[str | int | None, dict[str, Any] | None]
"""An entry (None for POST) and the data of its own (None where a line has none)."""


class FaultCode(StrEnum):
    """Stable codes for clients."""

    RAGGED_ROW = "ragged_row"
    BAD_QUOTE = "bad_quote"
    NO_COLUMN = "no_column"
    DOUBLE_COLUMN = "double_column"
    BAD_JSON = "bad_json"
    BAD_ENTRY = "bad_entry"
    BAD_ENCODING = "bad_encoding"
    LINE_TOO_LONG = "line_too_long"
    UNKNOWN = "unknown"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Lines and columns count from 1, columns in characters of the line."""

    code: FaultCode
    detail: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What the lines of an upload are to hold.

    `has_number_key`: the field is a number, so that an entry like `7.0` was changed by a tool. `has_shared_data`: a
    line may have no data of its own. `moments`: the members that are moments, which CSV may write as databases do.
    """

    method: Method
    field: str | None = None
    has_number_key: bool = False
    has_shared_data: bool = False
    moments: frozenset[str] = frozenset()


@dataclass(slots=True)
class Faults:
    """The faults so far, in the order of the lines. `is_over`: nothing behind them is read."""

    found: list[Fault] = field(default_factory=list)
    is_over: bool = False

    def add(self, code: FaultCode, detail: str, line: int, column: int = 1, *, ends: bool = False) -> None:
        """Note a fault; one that `ends` is the last."""
        if not self.is_over:
            self.found.append(Fault(code, detail, line, column))
            self.is_over = ends or len(self.found) >= MOST_FAULTS
