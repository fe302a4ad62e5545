"""What the code says of itself, as Markdown: settings, commands, dialects, error codes."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

import dragoman
from dragoman import settings as settings_module
from dragoman.app import discover
from dragoman.cli.main import dragoman as command_line
from dragoman.dialects._kit import PUBLIC, Dialect, NotOffered, Operation
from dragoman.domain import errors as errors_module
from dragoman.domain.job import ARROWS
from dragoman.jobs.handlers import HANDLERS
from dragoman.usecases.timers import TIMERS

CODE = Path(dragoman.__path__[0])
KINDS = {kind.__name__: kind for kind in errors_module.Expected.__subclasses__()}


def settings() -> str:
    """Every setting: name, variable, type, default, one sentence."""
    options = {dialect.name: dialect.options for dialect in discover()}
    rows = [
        (code(row.name), code(row.variable), row.type, code(row.default), row.summary)
        for row in settings_module.describe(options)
    ]
    return table(("setting", "variable", "type", "default", "what it does"), rows)


def commands() -> str:
    """Every command with its help."""
    parts = [f"## {path}\n\n```text\n{text}\n```\n" for path, text in _helps("dragoman", command_line)]
    return "\n" + "\n".join(parts) + "\n"


def _helps(path: str, command: click.Command) -> Iterator[tuple[str, str]]:
    """A command's help and that of all below it."""
    context = click.Context(command, info_name=path, terminal_width=100, help_option_names=["-h", "--help"])
    yield path, command.get_help(context).strip()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _helps(f"{path} {name}", inner)


def dialects() -> str:
    """Every dialect: where it is, what it offers, what not and why, its switches."""
    return "\n" + "\n".join(_dialect(dialect) for dialect in discover()) + "\n"


def _dialect(dialect: Dialect) -> str:
    prefixes = ", ".join(code(prefix) for prefix in (*filter(None, dialect.prefixes), *dialect.bare_roots))
    parts = [f"## {dialect.title}\n\nPaths: {prefixes}\n"]
    rows = [(code(_request(row)), row.name, _scopes(row), row.summary) for row in dialect.operations]
    parts.append(table(("request", "operation", "any one of the scopes", "what it does"), rows))
    if dialect.not_offered:
        refused = [(code(_request(row)), row.reason) for row in dialect.not_offered]
        parts.append(table(("not offered", "why"), refused))
    if dialect.options:
        options = [(code(option.name), code(str(option.default)), option.summary) for option in dialect.options]
        parts.append(table((f"`[dialects.{dialect.name}]`", "default", "what it does"), options))
    return "\n".join(parts)


def _request(row: Operation | NotOffered) -> str:
    query = "&".join(f"{name}={value}" for name, value in row.query.items())
    return f"{row.method} {row.path}" + (f"?{query}" if query else "")


def _scopes(row: Operation) -> str:
    return "no credentials asked" if row.scopes == PUBLIC else ", ".join(code(scope) for scope in sorted(row.scopes))


@dataclass(frozen=True, order=True)
class Raised:
    """One expected error as the code raises it."""

    code: str
    kind: str
    message: str


def errors() -> str:
    """Every code of an expected error, with its kind and message."""
    found = {error for file in CODE.rglob("*.py") if not file.name.startswith("test_") for error in _raised(file)}
    return table(("code", "kind", "message"), [(code(e.code), e.kind, e.message) for e in sorted(found)])


def _raised(file: Path) -> Iterator[Raised]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and len(node.args) > 1:
            kind = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0]
            if kind in KINDS and isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield Raised(name.value, kind, _text(node.args[1]))


def _text(node: ast.expr) -> str:
    """A message with `…` for what is known only when it is raised."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


def job_kinds() -> str:
    """Every kind of job, and what its handler says it does."""
    rows = [(code(kind), _first_line(handler)) for kind, handler in sorted(HANDLERS.items())]
    return table(("kind", "what it does"), rows)


def job_states() -> str:
    """Every arrow between the states of a job."""
    return table(("from", "by", "to"), [(code(before), verb, code(after)) for before, verb, after in ARROWS])


def timers() -> str:
    """Every timer, and what it does when it fires."""
    return table(("timer", "when its moment has come"), [(code(n), _first_line(t.fire)) for n, t in TIMERS.items()])


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0]


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: str) -> str:
    """Text in code style; nothing stays nothing."""
    return f"`{text}`" if text else ""
