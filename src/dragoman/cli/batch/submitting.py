"""`dragoman batch submit` and `list`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click
import msgspec

from dragoman.cli.answers import pages_of, print_json, text_of
from dragoman.cli.batch.group import batch_command
from dragoman.cli.batch.progress import wait
from dragoman.cli.batch.shared import BATCHES, MEDIA, SUFFIXES, counts_line, exit_code, failures_of
from dragoman.cli.options import WholeNumber
from dragoman.cli.remote import Remote, remote

BLOCK = 65_536


class Json(click.ParamType[Any]):
    """A JSON value, kept as the text it was."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> msgspec.Raw:
        """The text, or a usage error."""
        if isinstance(value, msgspec.Raw):
            return value
        try:
            msgspec.json.decode(value)
        except msgspec.DecodeError as error:
            self.fail(f"{value!r} is not JSON: {error}", param, ctx)
        return msgspec.Raw(str(value).encode())


@batch_command.command("submit")
@click.argument("file", required=False)
@click.option("--type", "type_", metavar="TYPE", help="What is changed: task, contact, case, …")
@click.option("--method", type=click.Choice(["POST", "PATCH", "DELETE"], case_sensitive=False))
@click.option("--field", help="The key by which the entries name objects.")
@click.option("--data", type=Json(), metavar="JSON", help="What all entries share.")
@click.option("--select", type=Json(), metavar="JSON", help="Conditions that find the objects, instead of FILE.")
@click.option("--no-review", is_flag=True, help="Run it without a preview and a decision.")
@click.option("--max-failures", metavar="N|P%", help="Stop at one failure more.")
@click.option("--canary", type=WholeNumber(1, 10_000), help="Wait for a second decision after so many entries.")
@click.option("--rate", type=float, help="Entries a second.")
@click.option("--purpose", help="Why; shown to reviewers.")
@click.option("--not-before", metavar="MOMENT")
@click.option("--priority", type=WholeNumber(0, 1_000))
@click.option("--format", "format_", type=click.Choice(list(MEDIA)), help="Of standard input.")
@click.option("--idempotency-key", metavar="KEY", help="Repeating the command with the same key makes no second batch.")
@click.option("--dry-run", is_flag=True, help="Check everything, store nothing.")
@click.option("--wait", is_flag=True, help="Wait until it rests: for a decision, or at its end.")
@remote
def submit(file: str | None, as_json: bool, server: str | None, token: str | None, **given: Any) -> int:
    """Make a batch from FILE (.csv, .ndjson, or .json with the body of a request), or `-`; print its id only.

    \b
    Example:
      dragoman batch submit moves.csv --type task --method PATCH --field id --purpose "Spring move"

    \b
    Exit codes:
      0  made
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
      3  with --wait: it has ended, but not completed without failures
    """
    options = _options(given)
    headers = {"Idempotency-Key": given["idempotency_key"]} if given["idempotency_key"] else {}
    query = {"dry_run": "true"} if given["dry_run"] else {}
    with Remote(server, token) as there:
        format_ = _format(file, given["format_"], has_select=given["select"] is not None)
        if format_ in ("csv", "ndjson"):
            texts = {name: value if isinstance(value, str) else text_of(value) for name, value in options.items()}
            headers["Content-Type"] = MEDIA[format_]
            with _read(file or "-") as source:
                answer = there.ask("POST", BATCHES, query=texts | query, content=_blocks(source), headers=headers)
        else:
            body = _document(file) | options
            answer = there.ask("POST", BATCHES, query=query, body=body, headers=headers)
        made = answer.json()
        if given["wait"] and not given["dry_run"]:
            made = wait(there, made["id"])
    if as_json:
        print_json(made)
    else:
        click.echo(made["id"] if made["id"] is not None else f"nothing was stored: {made['title']}")
    return exit_code(made) if given["wait"] and not given["dry_run"] else 0


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """The members of the request that the command line names."""
    method = given["method"]
    named = {
        "method": method.upper() if method else None,
        "type": given["type_"],
        "field": given["field"],
        "data": given["data"],
        "select": given["select"],
        "review": False if given["no_review"] else None,
        "max_failures": failures_of(given["max_failures"]),
        "canary": given["canary"],
        "rate_per_second": given["rate"],
        "purpose": given["purpose"],
        "not_before": given["not_before"],
        "priority": given["priority"],
    }
    return {name: value for name, value in named.items() if value is not None}


def _format(file: str | None, format_: str | None, *, has_select: bool) -> str | None:
    if file is None:
        if not has_select:
            raise click.UsageError("name a FILE, `-` for standard input, or --select")
        return None
    if has_select:
        raise click.UsageError("FILE and --select exclude each other")
    known = format_ or SUFFIXES.get(Path(file).suffix.lower())
    if known is None:
        raise click.UsageError("name the format of the entries: --format csv, ndjson or json")
    return known


def _read(file: str) -> IO[bytes]:
    return sys.stdin.buffer if file == "-" else Path(file).open("rb")


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(BLOCK):
        yield block


def _document(file: str | None) -> dict[str, Any]:
    if file is None:
        return {}
    with _read(file) as source:
        try:
            return msgspec.json.decode(source.read(), type=dict[str, msgspec.Raw])
        except msgspec.DecodeError as error:
            raise click.ClickException(f"{file} holds no JSON object: {error}") from error


@batch_command.command("list")
@click.option("--status", "statuses", multiple=True, help="Only batches in this status; may be repeated.")
@click.option("--needs-me", is_flag=True, help="Only batches that wait for a decision of yours.")
@remote
def list_(statuses: tuple[str, ...], needs_me: bool, as_json: bool, server: str | None, token: str | None) -> None:
    """Show batches, the newest first: number, status, title, counts.

    \b
    Example:
      dragoman batch list --needs-me

    \b
    Exit codes:
      0  shown
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    query = [("status", status) for status in statuses] + ([("needs_me", "true")] if needs_me else [])
    with Remote(server, token) as there:
        items = list(pages_of(there, BATCHES, query))
    if as_json:
        return print_json({"items": items})
    for item in items:
        click.echo(f"{item['number']}  {item['status']}  {item['title']}  {counts_line(item['counts'])}")
    return None
