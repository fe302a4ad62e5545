"""Cases as they stand in `dialects/*/cases/*.toml`. The format: docs/guide/writing-a-dialect.md."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

import dragoman.dialects

DIALECTS = Path(dragoman.dialects.__path__[0])


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"asked_by": "as"}):
    """One exchange. `asked_by` None: anna, unless `headers` hold credentials; empty: nobody. `block`: the reply is the
    first block of a stream that does not end."""

    request: str
    status: int
    asked_by: str | None = None
    headers: dict[str, str] = {}
    body: str | None = None
    body_hex: str | None = None
    reply: str | None = None
    reply_text: str | None = None
    more: bool = False
    until: bool = False
    block: bool = False
    reply_headers: dict[str, str] = {}
    save: dict[str, str] = {}

    @property
    def method(self) -> str:
        return self.request.partition(" ")[0]

    @property
    def target(self) -> str:
        return self.request.partition(" ")[2]


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is true of one dialect, as steps that follow each other."""

    name: str
    source: str
    step: list[Step]
    given: list[str] = []
    options: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    batch: dict[str, Any] = {}


@dataclass(frozen=True)
class Found:
    """A case and where it stands."""

    dialect: str
    file: Path = field(repr=False)
    case: Case

    @property
    def id(self) -> str:
        return f"{self.dialect}/{self.file.stem}"

    @property
    def config(self) -> str:
        """The server's settings that the case needs, as TOML; the same text means the same server will do."""
        tables = {f"dialects.{self.dialect}": self.case.options, "limits": self.case.limits, "batch": self.case.batch}
        return "".join(
            f"[{name}]\n" + "".join(f"{key} = {in_toml(value)}\n" for key, value in given.items())
            for name, given in tables.items()
            if given
        )


def in_toml(value: Any) -> str:
    """A value as TOML has it: tables inline."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {in_toml(member)}' for key, member in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(in_toml, value))}]"
    return msgspec.json.encode(value).decode()


def load(file: Path) -> Case:
    """One file. ValueError, naming the file, when it isn't as it should be."""
    try:
        case = msgspec.convert(tomllib.loads(file.read_text()), Case)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{file}: {error}") from error
    if not case.step:
        raise ValueError(f"{file}: a case has at least one [[step]]")
    return case


def find_cases(folder: Path = DIALECTS) -> list[Found]:
    """All cases of all dialects, in a fixed order."""
    files = sorted(folder.glob("*/cases/**/*.toml"))
    return [Found(file.relative_to(folder).parts[0], file, load(file)) for file in files]
