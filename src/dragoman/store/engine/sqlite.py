"""The driver of SQLite: `pysqlite3`, which contains its own SQLite. On a Python that it has no wheel for, that of the
standard library, whose SQLite is the system's.
"""

from typing import Any

sqlite: Any
try:
    import pysqlite3

    sqlite = pysqlite3
except ImportError:
    import sqlite3

    sqlite = sqlite3

OLDEST_SAFE = (3, 51, 3)
"""Older ones can lose commits: the WAL-reset bug."""

# Without an adapter the driver looks for one each time that it binds a null or a flag, a microsecond a value.
sqlite.register_adapter(type(None), {None: None}.get)
sqlite.register_adapter(bool, int)


def check() -> None:
    """ValueError when this SQLite isn't safe."""
    if sqlite.sqlite_version_info < OLDEST_SAFE:
        version = f"SQLite {sqlite.sqlite_version} may lose commits; 3.51.3 or later is needed"
        raise ValueError(f"{version}: install pysqlite3, which contains one, or use PostgreSQL")
