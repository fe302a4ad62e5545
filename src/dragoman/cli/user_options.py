"""What the commands about users share: option types, the call of a use case, how a user is shown."""

import re
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click
from msgspec.structs import asdict

from dragoman.cli.application import opened, tenant_of
from dragoman.dialects.kit import json
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire.scalars import EMAIL_PATTERN, LANGUAGE_PATTERN
from dragoman.dialects.native.wire.users import DialectName
from dragoman.dialects.native.wire.users import User as Document
from dragoman.domain.errors import Expected, Invalid
from dragoman.domain.people import UserRole
from dragoman.domain.zones import names
from dragoman.usecases.identity.profiles import Profile

R = TypeVar("R")
ROLE = click.Choice([str(role) for role in UserRole])
FAULTS_OF_USAGE = frozenset({"bad_login", "invalid_body"})


class Words(click.ParamType[tuple[str, ...]]):
    """Words separated by blanks, each once; one of `choices`, where there are some."""

    name = "words"

    def __init__(self, choices: tuple[str, ...] = ()) -> None:
        self._choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The words in their order."""
        words = value if isinstance(value, tuple) else tuple(dict.fromkeys(value.split()))
        if not words:
            self.fail("name at least one word", param, ctx)
        unknown = [word for word in words if self._choices and word not in self._choices]
        if unknown:
            self.fail(f"{unknown[0]!r} is not one of {', '.join(self._choices)}", param, ctx)
        return words


class Zone(click.ParamType[str]):
    """The name of a time zone."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself."""
        if value not in names():
            self.fail(f"{value!r} is not the name of a time zone such as Europe/Riga", param, ctx)
        return str(value)


class Matching(click.ParamType[str]):
    """A text of a form that the API asks for, too."""

    def __init__(self, name: str, pattern: str, example: str) -> None:
        self.name = name
        self._pattern = re.compile(pattern)
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself."""
        text = str(value)
        if len(text) > 255 or not text.isprintable() or not self._pattern.fullmatch(text):
            self.fail(f"{text!r} doesn't look like {self._example}", param, ctx)
        return text


EMAIL = Matching("address", EMAIL_PATTERN, "anna@example.com")
LANGUAGE = Matching("tag", LANGUAGE_PATTERN, "lv or de-AT")
DIALECTS = Words(get_args(DialectName))
ZONE = Zone()


def call(
    context: click.Context,
    run: Callable[..., R],
    command: Any,
    *,
    existing: bool = True,
    operation: str | None = None,
) -> R:
    """Run a use case on the chosen tenant, as the system.

    A refusal is one line with its code; a usage error where the words of the command can't be used.
    """
    with opened(context, existing=existing) as app:
        try:
            return app.executor.call(run, command, tenant_of(context, app), operation=operation)
        except Invalid as refused:
            if refused.code in FAULTS_OF_USAGE and not is_of_password(refused):
                raise click.UsageError(said(refused), context) from refused
            codes = [problem.code for problem in refused.problems] if is_of_password(refused) else [refused.code]
            raise click.ClickException(f"{said(refused)} ({', '.join(codes)})") from refused
        except Expected as refused:
            raise click.ClickException(f"{refused.message} ({refused.code})") from refused


def is_of_password(refused: Invalid) -> bool:
    """Whether a password is refused, which is no word of the command."""
    return any(problem.path in ("/new", "/password") for problem in refused.problems)


def said(refused: Invalid) -> str:
    """All problems in one line."""
    names = {"/new": "password"}
    faults = [
        f"{names.get(problem.path, problem.path.lstrip('/?').replace('_', '-'))} {problem.message}"
        for problem in refused.problems
    ]
    return "; ".join(faults) or refused.message


def tell(shown: Profile, sentence: str, *, as_json: bool) -> None:
    """Print the API's document, or the sentence."""
    click.echo(json.encode(wire.user(shown)) if as_json else sentence)


def show(document: Document) -> None:
    """Print the members of the document, one a line."""
    for name, value in asdict(document).items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else value
        click.echo(f"{name.replace('_', ' ')}: {'' if text is None else text}".rstrip())
