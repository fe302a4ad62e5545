"""Calling `dragoman` as a person would, and looking at all that comes of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support import commands as command


class Done:
    """A command that has ended."""

    def __init__(self, done: command.Done) -> None:
        self.code = done.code
        self.raw = done.out
        self.out = done.out.decode()
        self.error = done.error.decode()

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.error}"


def dragoman(
    database_url: str,
    *arguments: str,
    typed: str | bytes = b"",
    config: Path | None = None,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Done:
    """Run `dragoman ARGUMENTS` on a database ("": none is named), with these variables beside."""
    given = typed.encode() if isinstance(typed, str) else typed
    known = dict(variables)
    if database_url:
        known["DRAGOMAN_DATABASE"] = database_url
    if config is not None:
        known["DRAGOMAN_CONFIG"] = str(config)
    return Done(command.call(*arguments, variables=known, typed=given))


def well(database_url: str, *arguments: str, typed: str | bytes = b"") -> Done:
    """Run it; AssertionError unless it ends with 0 and nothing on standard error."""
    done = dragoman(database_url, *arguments, typed=typed)
    assert (done.code, done.error) == (0, ""), done
    return done


def refused(database_url: str, *arguments: str, typed: str | bytes = b"", code: int = 1) -> str:
    """Run what can't be done; what it says: one line, no trace, nothing on standard output."""
    done = dragoman(database_url, *arguments, typed=typed)
    assert (done.code, done.out) == (code, ""), done
    assert done.error.startswith("dragoman"), done
    assert done.error.endswith("\n"), done
    assert "Traceback" not in done.error
    assert done.error.count("\n") == 1, done
    return done.error.rstrip("\n")


def rows(database_url: str) -> list[dict[str, Any]]:
    """All that a database holds, but for when it was asked."""
    lines = well(database_url, "export", "--all").out.splitlines()
    return [json.loads(line) for line in lines[1:-1]]
