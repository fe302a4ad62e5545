"""`dragoman batch watch`, `pause`, `resume`, `stop` and `set`."""

import click

from dragoman.cli.answers import print_json
from dragoman.cli.batch.group import batch_command
from dragoman.cli.batch.progress import wait
from dragoman.cli.batch.shared import BATCHES, exit_code, failures_of
from dragoman.cli.options import WholeNumber
from dragoman.cli.remote import Remote, part, remote


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
        document = wait(there, batch, show=not as_json)
    if as_json:
        print_json(document)
    return exit_code(document)


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
        print_json(document) if as_json else click.echo(f"{document['number']}  {document['status']}")

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
    given = {"rate_per_second": rate, "max_failures": failures_of(max_failures), "priority": priority}
    body = {name: value for name, value in given.items() if value is not None}
    if not body:
        raise click.UsageError("name --rate, --max-failures or --priority")
    with Remote(server, token) as there:
        document = there.ask(
            "PATCH", f"{BATCHES}/{part(batch)}", body=body, headers={"Content-Type": "application/merge-patch+json"}
        ).json()
    print_json(document) if as_json else click.echo(f"{document['number']}  {document['status']}")
