"""What the commands over HTTP do with answers: whole lists, and values as JSON on one line."""

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from dragoman.cli.remote import Remote


def pages_of(there: Remote, path: str, query: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """The items of a whole list, page by page."""
    page = there.ask("GET", path, query=[*query, ("limit", "1000")]).json()
    yield from following(there, path, [*query, ("limit", "1000")], page)


def following(there: Remote, path: str, query: list[tuple[str, str]], page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a page and of those that follow it."""
    yield from page["items"]
    while page.get("next"):
        page = there.ask("GET", path, query=[*query, ("cursor", page["next"])]).json()
        yield from page["items"]


def text_of(value: Any) -> str:
    """A value as JSON on one line."""
    return msgspec.json.encode(value).decode()


def print_json(value: Any) -> None:
    """Print a value as JSON on one line."""
    click.echo(text_of(value))
