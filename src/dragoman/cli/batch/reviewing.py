"""`dragoman batch preview`, `approve` and `refuse`."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from dragoman.cli.answers import following, print_json, text_of
from dragoman.cli.batch.group import batch_command
from dragoman.cli.batch.shared import BATCHES, EFFECTS, copy, summary_line
from dragoman.cli.remote import Remote, part, remote


@batch_command.command("preview")
@click.argument("batch")
@click.option("--effect", "effects", multiple=True, type=click.Choice(EFFECTS), help="Only these entries.")
@click.option("--csv", "format_", flag_value="csv", help="All rows as CSV.")
@click.option("--ndjson", "format_", flag_value="ndjson", help="All rows as lines of JSON.")
@remote
def preview(
    batch: str, effects: tuple[str, ...], format_: str | None, as_json: bool, server: str | None, token: str | None
) -> None:
    """Show what a batch would do: the summary and its version for --seen, then entry, effect, `member: old → new`.

    \b
    Example:
      dragoman batch preview 12 --effect missing

    \b
    Exit codes:
      0  shown
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    path = f"{BATCHES}/{part(batch)}/preview"
    query = [("effect", effect) for effect in effects]
    with Remote(server, token) as there:
        if format_ is not None:
            return copy(there, path, query, format_, None)
        first = there.ask("GET", path, query=[*query, ("limit", "1000")])
        if as_json:
            click.echo(first.body.decode())
            return None
        page = first.json()
        click.echo(f"version {first.headers.get('etag', '')}")
        click.echo(summary_line(page["summary"]))
        for row in following(there, path, [*query, ("limit", "1000")], page):
            for line in _row(row):
                click.echo(line)
    return None


def _row(row: dict[str, Any]) -> Iterator[str]:
    named = row["index"] if row["entry"] is None else row["entry"]
    error = "" if row["error"] is None else f"  {row['error']['message']} ({row['error']['code']})"
    yield f"{named}  {row['effect']}{error}"
    for pointer in row["changed"] or ():
        if row["hidden"]:
            yield f"  {pointer}: hidden"
        else:
            yield f"  {pointer}: {_member(row['before'], pointer)} → {_member(row['after'], pointer)}"
    if row["warning"]:
        yield f"  {row['warning']}"


def _member(document: Any, pointer: str) -> str:
    """The value at a JSON Pointer, or a dash."""
    for name in pointer.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, dict) or name not in document:
            return "-"
        document = document[name]
    return text_of(document)


@batch_command.command("approve")
@click.argument("batch")
@click.option("--reason", help="Kept with the decision.")
@click.option("--seen", metavar="VERSION", help="The version that you saw, as `preview` prints it.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@remote
def approve(**given: Any) -> None:
    """Show a batch and approve it, as it was shown.

    \b
    Example:
      dragoman batch approve 12 --reason "as agreed"

    \b
    Exit codes:
      0  approved, or one approval more
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    _decide("approve", **given)


@batch_command.command("refuse")
@click.argument("batch")
@click.option("--reason", help="Kept with the decision.")
@click.option("--seen", metavar="VERSION", help="The version that you saw, as `preview` prints it.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@remote
def refuse(**given: Any) -> None:
    """Show a batch and refuse it; one refusal ends its review.

    \b
    Example:
      dragoman batch refuse 12 --reason "wrong week"

    \b
    Exit codes:
      0  refused
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    _decide("refuse", **given)


def _decide(
    verb: str,
    *,
    batch: str,
    reason: str | None,
    seen: str | None,
    yes: bool,
    as_json: bool,
    server: str | None,
    token: str | None,
) -> None:
    path = f"{BATCHES}/{part(batch)}"
    with Remote(server, token) as there:
        shown = there.ask("GET", path)
        document = shown.json()
        if not as_json:
            click.echo(f"{document['number']}  {document['status']}  {document['title']}")
            for line in (document["purpose"], summary_line(document["summary"])):
                if line:
                    click.echo(line)
        if not yes and sys.stdin.isatty() and not click.confirm(f"{verb} it?"):
            raise click.Abort
        version = seen or shown.headers["etag"]
        body = {} if reason is None else {"reason": reason}
        decided = there.ask("POST", f"{path}/{verb}", body=body, headers={"If-Match": _quoted(version)}).json()
    print_json(decided) if as_json else click.echo(f"{decided['number']}  {decided['status']}")


def _quoted(version: str) -> str:
    return version if version == "*" or version.startswith('"') else f'"{version}"'
