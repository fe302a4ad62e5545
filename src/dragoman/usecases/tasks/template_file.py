"""A template file: TOML, an array of tables `template`. All faults are reported at once, each with its line."""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from tomlkit.exceptions import ParseError

from dragoman.domain import timing
from dragoman.domain.clock import Moment, from_datetime
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.template import KINDS, Template
from dragoman.domain.work_item import Role
from dragoman.usecases.tasks import query_table_file
from dragoman.usecases.tasks.query_tables import Given
from dragoman.usecases.tasks.template_client_settings import Files, no_files, read_settings
from dragoman.usecases.tasks.template_escalations import read_escalations
from dragoman.usecases.tasks.templates import Entry, LoadTemplates
from dragoman.usecases.tasks.toml_positions import Path, lines_of

MOST_TEMPLATES = 1_000
_ID = re.compile(r"_TKT:([0-9a-f]{1,8})\.([0-9a-f]{1,8})\.([0-9a-f]{1,8})\.([0-9a-f]{1,8})")
_SYNTAX = re.compile(r"\(at (?:line ([0-9]+), column [0-9]+|end of document)\)")

Reader = Callable[[Any], Any]
"""Converts the value of a key. Raises ValueError with what it must be."""


def read(content: bytes, files: Files = no_files) -> LoadTemplates:
    """The command that loads what could be read; the faults are in it, the path of each is its line. `files` reads the
    files that templates name."""
    entries, faults, given = _read(content, files)
    return LoadTemplates(tuple(entries), tuple(faults), tuple(given))


def _read(content: bytes, files: Files) -> tuple[list[Entry], list[Problem], list[Given]]:
    try:
        text = content.decode()
        tables = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return [], [Problem(str(content.count(b"\n", 0, error.start) + 1), "encoding", "this is no UTF-8")], []
    except tomllib.TOMLDecodeError as error:
        return [], [_syntax(error, text)], []
    except RecursionError:
        return [], [Problem("1", "syntax", "it is nested too deeply")], []
    try:
        lines = lines_of(text)
    except ParseError as error:  # tomlkit has a limit of nesting where tomllib has none
        return [], [Problem(str(error.line), "syntax", "it is nested too deeply")], []
    alone = "the file holds [[template]] and [[query_table]] alone"
    found = [Problem(str(lines[name,]), name, alone) for name in tables if name not in (_TOP, query_table_file.TABLE)]
    defined, wrong = query_table_file.read_tables(tables.get(query_table_file.TABLE, []), lines)
    found += wrong
    given = tables.get(_TOP, [] if query_table_file.TABLE in tables else None)
    if given is None:
        return [], found or [Problem("1", _TOP, "there is no [[template]]")], defined
    if not isinstance(given, list) or not all(isinstance(table, dict) for table in given):
        return [], [*found, Problem(str(lines[_TOP,]), _TOP, "a template is written as [[template]]")], defined
    readers = [_Table(table, (_TOP, place), lines, files) for place, table in enumerate(given[:MOST_TEMPLATES])]
    entries = [reader.entry() for reader in readers]
    for reader in readers:
        found += reader.faults
    if len(given) > MOST_TEMPLATES:
        found.append(Problem("1", _TOP, f"a file holds at most {MOST_TEMPLATES} templates"))
    return entries, found, defined


_TOP = "template"
OF_THEIR_OWN = ("properties", "client_settings", "escalation")
"""Tables within a template that are read apart."""


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    found = _SYNTAX.search(str(error))
    line = text.count("\n") + 1 if found is None or found[1] is None else int(found[1])
    return Problem(str(line), "syntax", _SYNTAX.sub("", str(error)).strip())


class _Table:
    """One [[template]]."""

    def __init__(self, table: Mapping[str, Any], path: Path, lines: Mapping[Path, int], files: Files) -> None:
        self.table = table
        self.files = files
        self.path = path
        self.known_lines = lines
        self.faults: list[Problem] = []
        self.lines = {"": self.line(())}

    def line(self, below: Path) -> int:
        """The line of a key, or of the table that contains it."""
        path = (*self.path, *below)
        while path and path not in self.known_lines:
            path = path[:-1]
        return self.known_lines.get(path, 1)

    def fault(self, below: Path, message: str) -> None:
        name = ".".join(str(part) for part in below)
        self.faults.append(Problem(str(self.line(below)), name, f"{name}: {message.rstrip('.')}" if name else message))

    def entry(self) -> Entry:
        """The entry of the table; wrong keys count as missing."""
        values = self.values((), self.table, FIELDS, skip=(*SECTIONS, *OF_THEIR_OWN))
        sections = {name: self.section(name, readers) for name, readers in SECTIONS.items()}
        properties = self.section("properties", None)
        roles = sections["roles"]
        escalations = read_escalations(self.table.get("escalation", []), self.fault)
        for place in range(len(escalations)):
            self.lines[f"escalation.{place}"] = self.line(("escalation", place))
        if "name" not in self.table:
            self.fault((), "a template has a name")
        if values.get("is_one_way") and (values.get("output_name") or values.get("fault_names")):
            self.fault(("one_way",), "a one-way template has neither output nor faults")
        draft = Template(
            tenant=0,
            version=0,
            uid=values.pop("uid", ""),
            name=values.pop("name", ""),
            timing={key: text for key, text in sections["durations"].items() if text},
            flags=SUPPORTED | sections["supports"],
            properties=properties,
            client_settings=read_settings(self.table.get("client_settings", {}), self.files, self.fault),
            escalations=escalations,
            **values,
        )
        return Entry(draft, roles, self.lines)

    def section(self, name: str, readers: "Mapping[str, tuple[Any, Reader]] | None") -> dict[Any, Any]:
        """A table of the template; `readers` is None for properties, which may have any name."""
        table = self.table.get(name, {})
        if not isinstance(table, dict):
            self.fault((name,), "must be a table")
            return {}
        if readers is None:
            readers = {key: (key, _property(key)) for key in table}
        return self.values((name,), table, readers)

    def values(
        self,
        below: Path,
        table: Mapping[str, Any],
        readers: "Mapping[str, tuple[Any, Reader]]",
        skip: tuple[str, ...] = (),
    ) -> dict[Any, Any]:
        """The converted values, under the names of a template's fields."""
        found = {}
        for key, value in table.items():
            path = (*below, key)
            self.lines[".".join(map(str, path))] = self.line(path)
            if key in skip:
                continue
            if key not in readers:
                self.fault(path, f"there is no such key; there are {', '.join([*readers, *skip])}")
                continue
            name, reader = readers[key]
            try:
                found[name] = reader(value)
            except ValueError as error:
                self.fault(path, str(error))
        return found


def _text(most: int, *, least: int = 0) -> Reader:
    def read_text(value: Any) -> str:
        if type(value) is not str or not least <= len(value.encode()) <= most:
            raise ValueError(
                f"must be text of {least} to {most} bytes" if least else f"must be text, up to {most} bytes"
            )
        if any(ord(sign) < 32 and sign not in "\t\n\r" for sign in value):
            raise ValueError("must hold no control characters")
        return value

    return read_text


def _property(name: str) -> Reader:
    def read_property(value: Any) -> str:
        _text(220, least=1)(name)
        return str(_text(254)(value))

    return read_property


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("must be true or false")
    return value


def _priority(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError("must be a whole number, not below 0")
    return value


def _one_of(words: Mapping[str, str] | tuple[str, ...]) -> Reader:
    def read_word(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return words[value] if isinstance(words, Mapping) else value

    return read_word


def _names(value: Any) -> tuple[str, ...]:
    """A list of names, each once."""
    one = _text(220, least=1)
    if not isinstance(value, list) or len(value) > MOST_TEMPLATES:
        raise ValueError("must be a list of names")
    names = tuple(one(name) for name in value)
    if len(set(names)) != len(names):
        raise ValueError("names one twice")
    return names


def _duration(value: Any) -> str:
    text: str = _text(254, least=1)(value)
    try:
        timing.after(Moment(0), text)
    except Invalid as error:
        raise ValueError(error.message) from None
    return text


def _moment(value: Any) -> Moment:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        raise ValueError("must be a date, such as 2031-05-04 or 2031-05-04T10:00:00Z")
    try:
        return from_datetime(value if value.tzinfo is not None else value.replace(tzinfo=UTC))
    except OverflowError:
        raise ValueError("is beyond the calendar") from None


def _tktid(value: Any) -> str:
    """The id of a version, `_TKT:` and four hexadecimal words, as the uid that it spells."""
    found = _ID.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be _TKT: and four hexadecimal words, such as _TKT:801a0001.1.1.1")
    digits = "".join(word.rjust(8, "0") for word in found.groups())
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


FIELDS: dict[str, tuple[str, Reader]] = {
    "tktid": ("uid", _tktid),
    "name": ("name", _text(220, least=1)),
    "namespace": ("namespace", _text(254)),
    "kind": ("kind", _one_of(KINDS)),
    "priority": ("priority", _priority),
    "type": ("type", _text(254)),
    "display_name": ("display_name", _text(1_016)),
    "description": ("description", _text(8_000)),
    "one_way": ("is_one_way", _boolean),
    "input": ("input_name", _text(220, least=1)),
    "output": ("output_name", _text(220, least=1)),
    "faults": ("fault_names", _names),
    "valid_from": ("valid_from", _moment),
    "stopped": ("is_stopped", _boolean),
}
"""Key of a template -> its field, and how it is read."""

SECTIONS: dict[str, dict[str, tuple[Any, Reader]]] = {
    "roles": {str(role): (role, _names) for role in Role if role is not Role.ESCALATION_RECEIVER},
    "durations": {
        "due": (timing.DUE, _duration),
        "expires": (timing.EXPIRES, _duration),
        "deleted": (timing.DELETED, _duration),
        "deleted_after": (timing.KEPT, _one_of({"completion": "", "success": timing.UNLESS_COMPLETED})),
    },
    "supports": {
        "claim_if_suspended": ("supportsClaimIfSuspended", _boolean),
        "delegation": ("supportsDelegation", _boolean),
        "follow_on_tasks": ("supportsFollowOnTasks", _boolean),
        "sub_tasks": ("supportsSubTasks", _boolean),
        "automatic_claim": ("supportsAutomaticClaim", _boolean),
    },
}
"""Table within a template -> its keys, what a template calls them, and how they are read."""

SUPPORTED = {
    "supportsClaimIfSuspended": False,
    "supportsDelegation": True,
    "supportsFollowOnTasks": True,
    "supportsSubTasks": True,
    "supportsAutomaticClaim": False,
}
"""The defaults of `supports`."""
