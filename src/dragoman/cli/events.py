"""`dragoman events`: the log of events of a running server."""

import select
import sys
import threading

import click

from dragoman.cli.event_pages import Page, Reader
from dragoman.cli.remote import Refused, Remote, remote

BEGIN_AGAIN = "--since earliest shows what is left; for a copy, begin with --since latest --once and read the lists"
NEEDS_A_BEGINNING = ("cursor_gone", "cursor_foreign")


@click.group("events", short_help="Follow what happens.")
def events_command() -> None:
    """The log of events: each change, in the order of the commits."""


@events_command.command("tail")
@click.option(
    "--since", default="earliest", show_default=True, metavar="CURSOR|earliest|latest", help="Where to begin."
)
@click.option("--types", metavar="LIST", help="Only these, with commas: task.created, task.*, …")
@click.option("--subject", help="Only of this one: tasks/12, cases/ID, …")
@click.option("--once", is_flag=True, help="End when all is shown, and print the cursor on standard error.")
@remote
def tail(
    since: str,
    types: str | None,
    subject: str | None,
    once: bool,
    as_json: bool,
    server: str | None,
    token: str | None,
) -> None:
    """Print each event as one line of JSON, as it happens.

    The cursor moves when a page has been printed. If the connection is cut, or the server restarts or answers 429 or
    503, the command waits and goes on there, so that nothing is lost and nothing comes twice. With --once it gives up
    after ten tries in a row.

    \b
    Example:
      dragoman events tail --since latest --types "task.*"

    \b
    Exit codes:
      0  all is shown (--once)
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    given = (("types", types), ("subject", subject))
    query = [(name, value) for name, value in given if value is not None]
    with Remote(server, token) as there:
        reader = Reader(there, since, query, is_brief=once, sleep=threading.Event().wait)
        try:
            _print(reader, once=once)
        except Refused as refused:
            raise _told(refused, reader) from refused
        except KeyboardInterrupt:
            if reader.is_begun:
                click.echo(f"dragoman: go on with --since {reader.cursor}", err=True)
            raise


def _print(reader: Reader, *, once: bool) -> None:
    for page in reader.pages():
        _show(page)
        if once and not page.more:
            click.echo(page.next, err=True)
            return


def _show(page: Page) -> None:
    if page.items:
        sys.stdout.buffer.write(b"".join(bytes(item) + b"\n" for item in page.items))
        sys.stdout.buffer.flush()
    elif _is_abandoned():
        raise BrokenPipeError


def _is_abandoned() -> bool:
    """Whether the output has no reader any more, which is otherwise noticed at the next event only."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return False
    watched = select.poll()
    watched.register(descriptor, 0)
    return any(state & (select.POLLERR | select.POLLHUP) for _, state in watched.poll(0))


def _told(refused: Refused, reader: Reader) -> click.ClickException:
    """The refusal with what to do about it, the code still at the end."""
    said = refused.format_message().removesuffix(f" ({refused.code})").rstrip(".")
    if refused.code in NEEDS_A_BEGINNING:
        return click.ClickException(f"{said}; {BEGIN_AGAIN} ({refused.code})")
    if reader.is_begun:
        return click.ClickException(f"{said}; go on with --since {reader.cursor} ({refused.code})")
    return refused
