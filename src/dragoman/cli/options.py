"""Options of every command: the database, the settings file, the tenant.

They may be given before or after the command; the last one is used.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _remember(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.meta[f"dragoman.{parameter.name}"] = value


def chosen(context: click.Context, name: str) -> str | None:
    """The value of `--database`, `--config` or `--tenant`, or None."""
    value: str | None = context.meta.get(f"dragoman.{name}")
    return value


def common(command: F) -> F:
    """Add the three options to a command."""
    for option in (
        click.option(
            "--tenant", metavar="NAME", expose_value=False, callback=_remember, help="The tenant.  [default: main]"
        ),
        click.option(
            "--config",
            metavar="FILE",
            expose_value=False,
            callback=_remember,
            help="A TOML file of settings. Also DRAGOMAN_CONFIG.",
        ),
        click.option(
            "--database",
            metavar="URL",
            expose_value=False,
            callback=_remember,
            help="sqlite:///FILE or postgresql://USER@HOST/NAME. Also DRAGOMAN_DATABASE.",
        ),
    ):
        command = option(command)
    return command


def as_json(command: F) -> F:
    """Add `--json`, which prints the document of the API."""
    return click.option("--json", "as_json", is_flag=True, help="Print the API's document on one line.")(command)


class Plain(click.ParamType[str]):
    """A name: not empty, no control characters, no blank at either end."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself, or a usage error."""
        text = str(value)
        if not text or len(text) > 255 or text != text.strip() or not text.isprintable():
            self.fail("1 to 255 printable characters, no blank at either end", param, ctx)
        return text


PLAIN = Plain()


class WholeNumber(click.ParamType[int]):
    """A whole number within bounds, both included."""

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        self.least = least
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a usage error that gives the bounds."""
        try:
            number = int(value)
        except ValueError:
            number = self.least - 1
        if not self.least <= number <= self.most:
            self.fail(f"must be a whole number from {self.least} to {self.most}, not {str(value)!r}", param, ctx)
        return number
