"""What the commands of batches share: the path, pages and copies of lists, lines of text."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import msgspec

from dragoman.cli.remote import Remote

BATCHES = "/v1/batches"
MEDIA = {"csv": "text/csv", "ndjson": "application/x-ndjson", "json": "application/json"}
SUFFIXES = {".csv": "csv", ".ndjson": "ndjson", ".json": "json"}
NOT_CLEAN = 3
"""The exit code of a batch that ended otherwise than completed without failures."""

EFFECTS = ("will_change", "no_op", "missing", "ambiguous", "invalid", "forbidden")
COUNTS = ("total", "processed", "success", "unchanged", "failure", "skipped")
ENDED = ("completed", "stopped", "cancelled", "expired")


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


def copy(there: Remote, path: str, query: list[tuple[str, str]], format_: str, output: str | None) -> None:
    """Copy a stream to standard output, or to a file that appears when it is complete."""
    with there.stream("GET", path, query=query, headers={"Accept": MEDIA[format_]}) as response:
        if output is None:
            for block in response.iter_stream():
                sys.stdout.buffer.write(block)
            sys.stdout.buffer.flush()
            return
        target = Path(output)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                for block in response.iter_stream():
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:  # house: ok, because whatever ends it, no part of a file is left
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise


def exit_code(document: dict[str, Any]) -> int:
    """0, or NOT_CLEAN for a batch that ended otherwise than completed without failures."""
    is_clean = document["status"] == "completed" and not document["counts"]["failure"]
    return NOT_CLEAN if document["status"] in ENDED and not is_clean else 0


def summary_line(summary: dict[str, Any] | None) -> str:
    """What a preview found, as one line; empty before it."""
    if summary is None:
        return ""
    told = (f"{summary[effect]} {effect}" for effect in EFFECTS if summary[effect])
    return f"{summary['total']} entries: {', '.join(told)}"


def counts_line(counts: dict[str, Any]) -> str:
    """The counts that there are, as one line."""
    return " ".join(f"{name}={counts[name]}" for name in COUNTS if counts[name] is not None)


def text_of(value: Any) -> str:
    """A value as JSON on one line."""
    return msgspec.json.encode(value).decode()


def print_json(value: Any) -> None:
    """Print a value as JSON on one line."""
    click.echo(text_of(value))


def failures_of(text: str | None) -> int | str | None:
    """The value of --max-failures: a count, or a share such as 5%."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else text
