"""`dragoman batch results`, `retry`, `undo` and `delete`."""

from pathlib import Path
from typing import Any

import click

from dragoman.cli.answers import print_json, text_of
from dragoman.cli.batch.group import batch_command
from dragoman.cli.batch.shared import BATCHES, SUFFIXES, copy
from dragoman.cli.remote import Remote, part, remote


@batch_command.command("results")
@click.argument("batch")
@click.option(
    "--outcome", "outcomes", multiple=True, type=click.Choice(["success", "failure", "skipped"]), help="Only these."
)
@click.option("--csv", "format_", flag_value="csv", help="All rows as CSV.")
@click.option("--ndjson", "format_", flag_value="ndjson", help="All rows as lines of JSON.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Complete, or not there.")
@remote
def results(
    batch: str,
    outcomes: tuple[str, ...],
    format_: str | None,
    output: str | None,
    as_json: bool,
    server: str | None,
    token: str | None,
) -> None:
    """Show the failures of a batch in groups; or write each entry with its outcome, which can be submitted again.

    \b
    Example:
      dragoman batch results 12 --outcome failure --csv -o failed.csv

    \b
    Exit codes:
      0  shown, or the file is complete
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    path = f"{BATCHES}/{part(batch)}"
    with Remote(server, token) as there:
        if format_ is None and output is not None:
            format_ = SUFFIXES.get(Path(output).suffix.lower(), "ndjson")
        if format_ is not None or outcomes:
            query = [("outcome", outcome) for outcome in outcomes]
            return copy(there, f"{path}/results", query, format_ or "ndjson", output)
        answer = there.ask("GET", f"{path}/failures")
    if as_json:
        click.echo(answer.body.decode())
        return None
    for group in answer.json()["items"]:
        examples = ", ".join(text_of(_named(example)) for example in group["examples"])
        where = "" if group["field"] is None else f" {group['field']}"
        click.echo(f"{group['count']} × {group['code']}{where}: {group['message']}  ({examples})")
    other = answer.json()["other"]
    if other:
        click.echo(f"{other} other failures")
    return None


def _named(example: dict[str, Any]) -> Any:
    return example["index"] if example["entry"] is None else example["entry"]


@batch_command.command("retry")
@click.argument("batch")
@click.option("--skipped", is_flag=True, help="Also the entries that a stop left out.")
@remote
def retry(batch: str, skipped: bool, as_json: bool, server: str | None, token: str | None) -> None:
    """Make a new batch of the entries that failed; print its id only.

    \b
    Example:
      dragoman batch retry 12 --skipped

    \b
    Exit codes:
      0  made
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    _made(server, token, batch, "retry", {"outcomes": ["failure", "skipped"] if skipped else ["failure"]}, as_json)


@batch_command.command("undo")
@click.argument("batch")
@click.option("--on-conflict", type=click.Choice(["fail", "merge", "overwrite"]), help="What was changed since.")
@remote
def undo(batch: str, on_conflict: str | None, as_json: bool, server: str | None, token: str | None) -> None:
    """Make a new batch that takes back what a batch changed; print its id only.

    \b
    Example:
      dragoman batch undo 12 --on-conflict merge

    \b
    Exit codes:
      0  made
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    _made(server, token, batch, "undo", {} if on_conflict is None else {"on_conflict": on_conflict}, as_json)


def _made(server: str | None, token: str | None, batch: str, verb: str, body: dict[str, Any], as_json: bool) -> None:
    with Remote(server, token) as there:
        made = there.ask("POST", f"{BATCHES}/{part(batch)}/{verb}", body=body).json()
    print_json(made) if as_json else click.echo(made["id"])


@batch_command.command("delete")
@click.argument("batch")
@remote
def delete(batch: str, as_json: bool, server: str | None, token: str | None) -> None:
    """Delete the record of a batch; what it changed stays.

    \b
    Example:
      dragoman batch delete 12

    \b
    Exit codes:
      0  deleted
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    with Remote(server, token) as there:
        document = there.ask("GET", f"{BATCHES}/{part(batch)}").json()
        there.ask("DELETE", f"{BATCHES}/{part(batch)}")
    print_json(document) if as_json else click.echo(document["id"])


# What the commands share
