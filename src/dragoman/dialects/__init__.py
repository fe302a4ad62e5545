"""The dialects that this installation serves: those in this folder, and those of installed packages.

A package offers one through the entry point group `dragoman.dialects`: the name is the dialect's, the value its
`Dialect`.
"""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dragoman.dialects.kit import Dialect

ENTRY_POINTS = "dragoman.dialects"


@cache
def discover() -> "tuple[Dialect, ...]":
    """Every dialect, in the order of their names. ValueError when two have the same name."""
    found: list[Dialect] = [
        importlib.import_module(f"{__name__}.{module.name}").DIALECT
        for module in pkgutil.iter_modules(__path__)
        if module.name != "kit"
    ]
    found += [entry_point.load() for entry_point in entry_points(group=ENTRY_POINTS)]
    names = [dialect.name for dialect in found]
    if len(set(names)) != len(names):
        raise ValueError(f"two dialects have the same name: {', '.join(sorted(names))}")
    return tuple(sorted(found, key=lambda dialect: dialect.name))
