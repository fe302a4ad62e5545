"""Examples for a dialect's document: requests of its contract cases with known replies.

The cases ship with the dialect and are kept true by the tests, so an example can't grow old. The format of cases is
described in docs/guide/writing-a-dialect.md.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from urllib.parse import quote

import msgspec

from dragoman.dialects.kit import Dialect, OperationSpec, Request
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Expected
from dragoman.http.router import Router

PLACEHOLDER = re.compile(r"\{\{(?P<literal>[a-z_][^{}\"\n]*)\}\}|\{(?P<name>[a-z_][^{}\"\n]*)\}")
REFUSED = 400
ANY_ID = "00000000-0000-7000-8000-000000000001"

Known = Callable[[str], object]
"""The value of a placeholder by its name."""


class Step(msgspec.Struct, frozen=True):
    """One exchange of a case."""

    request: str
    status: int
    headers: dict[str, str] = {}
    body: str | None = None


class Case(msgspec.Struct, frozen=True):
    """The steps of a case."""

    step: list[Step]


class Example(msgspec.Struct, frozen=True):
    """A request for an operation, and its reply."""

    operation: OperationSpec
    status: int
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    media_type: str
    body: str | None

    @property
    def is_answered(self) -> bool:
        """Whether it succeeded."""
        return self.status < REFUSED


def plausible(name: str) -> object:
    """A readable value of the kind that a placeholder has."""
    kind, _, argument = name.partition(":")
    if kind in ("login", "token", "password", "basic"):
        return argument or kind
    return ANY_ID if kind == "uid" else 1


def examples(dialect: Dialect, known: Known = plausible) -> list[Example]:
    """Every step of the dialect's cases that reaches an operation of it; those that are no requests of its are left
    out."""
    router = Router([dialect])
    found = (_example(router, step, known) for step in _steps(dialect))
    return [example for example in found if example is not None]


def _steps(dialect: Dialect) -> Iterator[Step]:
    folder = resources.files("dragoman.dialects") / dialect.name / "cases"
    files = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    for file in files:
        yield from msgspec.convert(tomllib.loads(file.read_text("utf-8")), Case).step


def _example(router: Router, step: Step, known: Known) -> Example | None:
    method, _, target = step.request.partition(" ")
    path, _, query = _fill(target, lambda name: quote(str(known(name)), safe="")).partition("?")
    headers = {name.lower(): value for name, value in step.headers.items()}
    body = None if step.body is None else _fill(step.body, known)
    request = Request(method, path, query_string=query, headers=headers, received_at=Moment(0))
    try:
        operation = _find(router, request, path)
        return None if operation is None else _of(operation, request, step.status, headers, body)
    except Expected:
        return None


def _find(router: Router, request: Request, path: str) -> OperationSpec | None:
    placed = router.place(path)
    if placed is None:
        return None
    table, request.prefix = placed
    return table.find(request, path[len(request.prefix) :])


def _of(
    operation: OperationSpec, request: Request, status: int, headers: Mapping[str, str], body: str | None
) -> Example:
    media_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return Example(operation, status, request.path, request.query, media_type, body)


def _fill(template: str, known: Known) -> str:
    def replaced(found: re.Match[str]) -> str:
        return str(known(found["name"])) if found["literal"] is None else "{" + found["literal"] + "}"

    return PLACEHOLDER.sub(replaced, template)
