"""A connection to SQLite that prepares each statement once.

Where ANALYZE was run, SQLite looks at the values of parameters to choose a plan, and prepares a statement again at each
change of them: that takes four times as long as reading a row, and as long as a whole page. It doesn't look behind a
sign, which changes no value.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from dragoman.store.engine.sqlite import sqlite

REMEMBERED = 1_024
_QUOTED_OR_PARAMETER = re.compile(r"""'[^']*'|"[^"]*"|\?""")


@lru_cache(REMEMBERED)
def with_signs(text: str) -> str:
    """The statement with a sign before each parameter."""
    return _QUOTED_OR_PARAMETER.sub(lambda found: "+?" if found[0] == "?" else found[0], text)


class Cursor(sqlite.Cursor):  # type: ignore[misc]  # the driver has no types
    """The driver's cursor, for statements with signs."""

    def execute(self, text: str, values: Sequence[Any] = ()) -> Any:
        return super().execute(with_signs(text), values)

    def executemany(self, text: str, rows: Iterable[Sequence[Any]]) -> Any:
        return super().executemany(with_signs(text), rows)


class Connection(sqlite.Connection):  # type: ignore[misc]  # as above
    """The driver's connection, with such cursors."""

    def cursor(self, factory: type[Cursor] = Cursor) -> Any:
        return super().cursor(factory)
