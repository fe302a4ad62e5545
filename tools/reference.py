"""Reference tables from the code, as Markdown: settings, commands, error codes, jobs."""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

import dragoman
from dragoman import settings as settings_module
from dragoman.cli.main import dragoman as command_line
from dragoman.dialects import discover
from dragoman.domain import errors as errors_module
from dragoman.domain.job import ARROWS
from dragoman.jobs.handlers.registry import HANDLERS
from dragoman.metrics.table import METRICS, Metric
from dragoman.runtime.application import configured
from dragoman.usecases.background.timers import TIMERS
from dragoman.usecases.identity.scope_words import Registry
from dragoman.usecases.identity.scopes import registry

CODE = Path(dragoman.__path__[0])
OUTSIDE_CODE = re.compile(r"`[^`]*`|[^`]+")
KINDS = {kind.__name__: kind for kind in errors_module.Expected.__subclasses__()}


def settings() -> str:
    """Every setting: name, type, default, description."""
    options = {dialect.name: dialect.options for dialect in discover()}
    rows = [(code(row.name), row.type, code(row.default), row.summary) for row in settings_module.describe(options)]
    return table(("setting", "type", "default", "what it does"), rows)


def commands() -> str:
    """Every command with its help."""
    parts = [f"## {path}\n\n```text\n{text}\n```\n" for path, text in _helps("dragoman", command_line)]
    return "\n" + "\n".join(parts) + "\n"


def _helps(path: str, command: click.Command) -> Iterator[tuple[str, str]]:
    """The help of a command and its subcommands."""
    context = click.Context(command, info_name=path, terminal_width=100, help_option_names=["-h", "--help"])
    yield path, command.get_help(context).strip()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _helps(f"{path} {name}", inner)


@dataclass(frozen=True, order=True)
class Raised:
    """One expected error as the code raises it."""

    code: str
    kind: str
    message: str


def errors() -> str:
    """Every code of an expected error, with its kind and message."""
    found: dict[tuple[str, str], list[str]] = {}
    for error in sorted(raised(*CODE.rglob("*.py"))):
        found.setdefault((error.code, error.kind), []).append(error.message)
    rows = [(code(name), code(kind), _messages(texts)) for (name, kind), texts in found.items()]
    return table(("code", "kind", "message"), rows)


def _messages(texts: list[str]) -> str:
    """The informative messages; `…` only if there is no other."""
    return " · ".join([text for text in texts if text != "…"] or texts)


def raised(*files: Path) -> set[Raised]:
    """The expected errors that these files raise, tests aside."""
    return {error for file in files if not file.name.startswith("test_") for error in _raised(file)}


def _raised(file: Path) -> Iterator[Raised]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and len(node.args) > 1:
            kind = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = _text(node.args[0])
            # In lower case: a row of a table of operations is a NotOffered, too, and begins with a method.
            if kind in KINDS and name.islower():
                yield Raised(name, kind, _text(node.args[1]))


def _text(node: ast.expr) -> str:
    """A message with `…` for what is known only when it is raised."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


def job_kinds() -> str:
    """Every kind of job, with the first line of its handler's docstring."""
    rows = [(code(kind), _first_line(handler)) for kind, handler in sorted(HANDLERS.items())]
    return table(("kind", "what it does"), rows)


def job_states() -> str:
    """Every transition between the states of a job."""
    return table(("from", "by", "to"), [(code(before), verb, code(after)) for before, verb, after in ARROWS])


def metrics() -> str:
    """Every metric: name, type, labels, description."""
    rows = [
        (code(metric.name), metric.kind + (", common" if metric.is_common else ""), _labels(metric), metric.summary)
        for metric in METRICS
    ]
    return table(("metric", "type", "labels", "description"), rows)


def _labels(metric: Metric) -> str:
    return ", ".join(map(code, metric.labels))


def scopes() -> str:
    """Every scope of the dialects and types of batches."""
    rows = [(code(each.name), each.summary) for each in _registry().scopes]
    return table(("scope", "what it allows"), rows)


def presets() -> str:
    """Every preset, with the scopes that it stands for."""
    rows = [(code(each.name), each.summary, ", ".join(map(code, each.scopes))) for each in _registry().presets]
    return table(("preset", "what it is for", "scopes"), rows)


def _registry() -> Registry:
    configured(settings_module.load(environ={}, dialects={dialect.name: dialect.options for dialect in discover()}))
    return registry()


def timers() -> str:
    """Every timer, with its effect."""
    return table(("timer", "effect"), [(code(n), _first_line(t.fire)) for n, t in TIMERS.items()])


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0]


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return OUTSIDE_CODE.sub(_as_text, text.replace("|", "\\|").replace("\n", " "))


def _as_text(found: re.Match[str]) -> str:
    """Outside of code style, `<uuid>` would be HTML."""
    return found[0] if found[0].startswith("`") else found[0].replace("<", "&lt;")


def code(text: str) -> str:
    """Text in code style; empty text remains empty."""
    return f"`{text}`" if text else ""
