"""Query tables in a template file: the tables `query_table`, beside those of templates."""

import re
from collections.abc import Mapping
from typing import Any

from dragoman.domain.errors import Problem
from dragoman.usecases.tasks.query_tables import Definition, Given
from dragoman.usecases.tasks.toml_positions import Path

TABLE = "query_table"
MOST_TABLES = 100
LONGEST = 65_536
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\.[A-Za-z_][A-Za-z0-9_]{0,63}")
KEYS = ("name", "filter", "attributes", "display_name", "description", "removed")


def read_tables(given: Any, lines: Mapping[Path, int]) -> tuple[list[Given], list[Problem]]:
    """The definitions that could be read, and the faults; the path of a problem is its line."""
    if not isinstance(given, list) or not all(isinstance(table, dict) for table in given):
        return [], [Problem(str(lines.get((TABLE,), 1)), TABLE, "a query table is written as [[query_table]]")]
    if len(given) > MOST_TABLES:
        return [], [Problem(str(lines.get((TABLE,), 1)), TABLE, f"a file holds at most {MOST_TABLES} query tables")]
    found, faults = [], []
    for place, table in enumerate(given):
        at = {"": lines.get((TABLE, place), 1)} | {
            key: lines.get((TABLE, place, key), lines.get((TABLE, place), 1)) for key in table
        }
        wrong = [Problem(str(at.get(key) or at[""]), key, f"{key}: {message}") for key, message in _wrong(table)]
        faults += wrong
        if not wrong:
            found.append(Given(_definition(table), at, table.get("removed", False)))
    return found, faults


def _wrong(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [(key, f"there is no such key; there are {', '.join(KEYS)}") for key in table if key not in KEYS]
    name = table.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        found.append(("name", "must be a prefix and a name, such as EM3.MOVE_SPOOLS_TASK"))
    for key in ("filter", "display_name", "description"):
        text = table.get(key, "")
        if not isinstance(text, str) or len(text.encode()) > LONGEST:
            found.append((key, f"must be text, up to {LONGEST} bytes"))
    names = table.get("attributes", [])
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        found.append(("attributes", "must be a list of names"))
    if not isinstance(table.get("removed", False), bool):
        found.append(("removed", "must be true or false"))
    return found


def _definition(table: Mapping[str, Any]) -> Definition:
    return Definition(
        table["name"],
        table.get("filter", ""),
        tuple(dict.fromkeys(name.strip().upper() for name in table.get("attributes", []))),
        table.get("display_name", ""),
        table.get("description", ""),
    )
