"""`dragoman batch`: reviewed bulk work on a running server."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import click
import msgspec

from dragoman.cli.options import WholeNumber
from dragoman.cli.remote import Remote, events, part, remote
from dragoman.domain.clock import SystemClock

BATCHES = "/v1/batches"
MEDIA = {"csv": "text/csv", "ndjson": "application/x-ndjson", "json": "application/json"}
SUFFIXES = {".csv": "csv", ".ndjson": "ndjson", ".json": "json"}
BLOCK = 65_536
LINE_SECONDS = 5.0
NOT_CLEAN = 3
"""The exit code of a batch that ended otherwise than completed without failures."""

EFFECTS = ("will_change", "no_op", "missing", "ambiguous", "invalid", "forbidden")
COUNTS = ("total", "processed", "success", "unchanged", "failure", "skipped")
RESTING = ("pending_review", "canary_review", "paused", "completed", "stopped", "cancelled", "expired")
ENDED = ("completed", "stopped", "cancelled", "expired")


@click.group("batch", short_help="Submit, review, watch and undo bulk work.")
def batch_command() -> None:
    """Reviewed bulk work: one method applied to many objects, shown before it happens. Batches are named by id or
    number."""


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
            texts = {name: value if isinstance(value, str) else _text(value) for name, value in options.items()}
            headers["Content-Type"] = MEDIA[format_]
            with _read(file or "-") as source:
                answer = there.ask("POST", BATCHES, query=texts | query, content=_blocks(source), headers=headers)
        else:
            body = _document(file) | options
            answer = there.ask("POST", BATCHES, query=query, body=body, headers=headers)
        made = answer.json()
        if given["wait"] and not given["dry_run"]:
            made = _wait(there, made["id"])
    if as_json:
        _print(made)
    else:
        click.echo(made["id"] if made["id"] is not None else f"nothing was stored: {made['title']}")
    return _code(made) if given["wait"] and not given["dry_run"] else 0


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
        "max_failures": _failures(given["max_failures"]),
        "canary": given["canary"],
        "rate_per_second": given["rate"],
        "purpose": given["purpose"],
        "not_before": given["not_before"],
        "priority": given["priority"],
    }
    return {name: value for name, value in named.items() if value is not None}


def _failures(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else text


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
        items = list(_pages(there, BATCHES, query))
    if as_json:
        return _print({"items": items})
    for item in items:
        click.echo(f"{item['number']}  {item['status']}  {item['title']}  {_counts(item['counts'])}")
    return None


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
            return _copy(there, path, query, format_, None)
        first = there.ask("GET", path, query=[*query, ("limit", "1000")])
        if as_json:
            click.echo(first.body.decode())
            return None
        page = first.json()
        click.echo(f"version {first.headers.get('etag', '')}")
        click.echo(_summary(page["summary"]))
        for row in _rest(there, path, [*query, ("limit", "1000")], page):
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
    return _text(document)


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
            for line in (document["purpose"], _summary(document["summary"])):
                if line:
                    click.echo(line)
        if not yes and sys.stdin.isatty() and not click.confirm(f"{verb} it?"):
            raise click.Abort
        version = seen or shown.headers["etag"]
        body = {} if reason is None else {"reason": reason}
        decided = there.ask("POST", f"{path}/{verb}", body=body, headers={"If-Match": _quoted(version)}).json()
    _print(decided) if as_json else click.echo(f"{decided['number']}  {decided['status']}")


def _quoted(version: str) -> str:
    return version if version == "*" or version.startswith('"') else f'"{version}"'


@batch_command.command("watch")
@click.argument("batch")
@remote
def watch(batch: str, as_json: bool, server: str | None, token: str | None) -> int:
    """Follow a batch until it rests: a bar on a terminal, a line each five seconds elsewhere.

    \b
    Example:
      dragoman batch watch 12

    \b
    Exit codes:
      0  it waits for somebody, or completed without failures
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
      3  it ended otherwise
    """
    with Remote(server, token) as there:
        document = _wait(there, batch, show=not as_json)
    if as_json:
        _print(document)
    return _code(document)


def _wait(there: Remote, batch: str, *, show: bool = False) -> dict[str, Any]:
    """The batch, when it rests."""
    path, shown = f"{BATCHES}/{part(batch)}", Shown() if show else None
    while True:
        with there.stream("GET", f"{path}/events", headers={"Accept": "text/event-stream"}) as response:
            for name, data in events(response):
                if name == "gone":
                    raise click.ClickException("the batch was deleted (batch_not_found)")
                if data["status"] in RESTING:
                    break
                if shown is not None:
                    shown.show(data)
        document: dict[str, Any] = there.ask("GET", path).json()
        if document["status"] in RESTING:
            if shown is not None:
                shown.end(document)
            return document


class Shown:
    """Progress on standard output."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._clock = SystemClock()
        self._last = 0.0

    def show(self, data: dict[str, Any]) -> None:
        """Show the present counts."""
        if self._is_terminal:
            click.echo(f"\r\x1b[K{_bar(data)}", nl=False)
            return
        now = self._clock.monotonic()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            click.echo(_line(data))

    def end(self, document: dict[str, Any]) -> None:
        """Show the last counts."""
        click.echo(f"\r\x1b[K{_line(document)}" if self._is_terminal else _line(document))


def _bar(data: dict[str, Any], width: int = 30) -> str:
    counts = data["counts"]
    total, done = counts["total"] or 0, counts["processed"] or 0
    full = width * done // total if total else 0
    return f"[{'#' * full}{'.' * (width - full)}] {_line(data)}"


def _line(data: dict[str, Any]) -> str:
    counts, progress = data["counts"], data.get("progress") or {}
    parts = [data["status"]]
    if counts["total"] is not None:
        parts.append(f"{counts['processed']} of {counts['total']}")
    if progress.get("rate_per_second") is not None:
        parts.append(f"{progress['rate_per_second']:g}/s")
    if counts["failure"]:
        parts.append(f"{counts['failure']} failed")
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped")
    if progress.get("estimated_end_at") is not None:
        parts.append(f"ends about {progress['estimated_end_at']}")
    return ", ".join(parts)


VERB_HELP = """{does}

\b
Example:
  dragoman batch {name} 12

\b
Exit codes:
  0  done, or it was so already
  1  refused, or the server can't be reached; the reason is on standard error
  2  wrong usage
"""


def _verb(name: str, does: str) -> click.Command:
    @batch_command.command(name, help=VERB_HELP.format(name=name, does=does), short_help=does)
    @click.argument("batch")
    @click.option("--reason", help="Kept in the history.")
    @remote
    def run(batch: str, reason: str | None, as_json: bool, server: str | None, token: str | None) -> None:
        body = {} if reason is None else {"reason": reason}
        with Remote(server, token) as there:
            document = there.ask("POST", f"{BATCHES}/{part(batch)}/{name}", body=body).json()
        _print(document) if as_json else click.echo(f"{document['number']}  {document['status']}")

    return run


pause = _verb("pause", "Let a batch stand still between two entries.")
resume = _verb("resume", "Let a paused batch go on.")
stop = _verb("stop", "End a batch for good between two entries; the rest is skipped.")


@batch_command.command("set")
@click.argument("batch")
@click.option("--rate", type=float, help="Entries a second.")
@click.option("--max-failures", metavar="N|P%", help="Stop at one failure more.")
@click.option("--priority", type=WholeNumber(0, 1_000))
@remote
def set_(
    batch: str,
    rate: float | None,
    max_failures: str | None,
    priority: int | None,
    as_json: bool,
    server: str | None,
    token: str | None,
) -> None:
    """Change the options of a batch, also while it runs.

    \b
    Example:
      dragoman batch set 12 --rate 50 --max-failures 1%

    \b
    Exit codes:
      0  changed
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    given = {"rate_per_second": rate, "max_failures": _failures(max_failures), "priority": priority}
    body = {name: value for name, value in given.items() if value is not None}
    if not body:
        raise click.UsageError("name --rate, --max-failures or --priority")
    with Remote(server, token) as there:
        document = there.ask(
            "PATCH", f"{BATCHES}/{part(batch)}", body=body, headers={"Content-Type": "application/merge-patch+json"}
        ).json()
    _print(document) if as_json else click.echo(f"{document['number']}  {document['status']}")


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
            return _copy(there, f"{path}/results", query, format_ or "ndjson", output)
        answer = there.ask("GET", f"{path}/failures")
    if as_json:
        click.echo(answer.body.decode())
        return None
    for group in answer.json()["items"]:
        examples = ", ".join(_text(_named(example)) for example in group["examples"])
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
    _print(made) if as_json else click.echo(made["id"])


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
    _print(document) if as_json else click.echo(document["id"])


# What the commands share


def _pages(there: Remote, path: str, query: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    page = there.ask("GET", path, query=[*query, ("limit", "1000")]).json()
    yield from _rest(there, path, [*query, ("limit", "1000")], page)


def _rest(there: Remote, path: str, query: list[tuple[str, str]], page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a page and of those that follow it."""
    yield from page["items"]
    while page.get("next"):
        page = there.ask("GET", path, query=[*query, ("cursor", page["next"])]).json()
        yield from page["items"]


def _copy(there: Remote, path: str, query: list[tuple[str, str]], format_: str, output: str | None) -> None:
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


def _code(document: dict[str, Any]) -> int:
    is_clean = document["status"] == "completed" and not document["counts"]["failure"]
    return NOT_CLEAN if document["status"] in ENDED and not is_clean else 0


def _summary(summary: dict[str, Any] | None) -> str:
    if summary is None:
        return ""
    told = (f"{summary[effect]} {effect}" for effect in EFFECTS if summary[effect])
    return f"{summary['total']} entries: {', '.join(told)}"


def _counts(counts: dict[str, Any]) -> str:
    return " ".join(f"{name}={counts[name]}" for name in COUNTS if counts[name] is not None)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _print(value: Any) -> None:
    click.echo(_text(value))
