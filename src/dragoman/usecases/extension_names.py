"""Reserved extension names: a dialect shows fields of these names beside extensions.

A dialect declares its names (`Dialect.reserved_names`); the application registers them at start, for all dialects.
"""

from collections.abc import Iterable

from dragoman.domain import extension

_reserved: set[str] = set()


def register(names: Iterable[str]) -> None:
    """Reserve names, without regard to case."""
    _reserved.update(map(extension.fold, names))


def fault(name: str) -> str | None:
    """Why a value can't be stored under this name; None when it can."""
    return extension.name_fault(name, _reserved)


def check(name: str) -> None:
    """Invalid unless a value can be stored under this name."""
    extension.check_name(name, _reserved)


def declared_fault(name: str) -> str | None:
    """Why there can be no schema of this name; None when there can."""
    return extension.declared_name_fault(name, _reserved)
