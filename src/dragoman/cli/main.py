"""The command `dragoman`: finds the command that was meant, and says in one line what went wrong.

Commands are loaded when they are called for, so that none waits for what only another needs.
"""

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from dragoman import __version__
from dragoman.cli.errors import FAILED, said_of, usage_line
from dragoman.cli.options import common

COMMANDS = {
    "serve": "serve",
    "work": "work",
    "demo": "demo",
    "tenant": "tenant",
    "user": "user",
    "token": "token",
    "template": "template",
    "fixture": "fixture",
    "verify": "maintenance",
    "backup": "maintenance",
    "restore": "maintenance",
    "export": "maintenance",
    "import": "maintenance",
}
"""Command -> the module of this package that holds it, in the order of the help."""


STOPPED = 130  # as shells tell of an interrupt


class Commands(click.Group):
    """All commands, each loaded when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"dragoman.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dragoman", message="%(prog)s %(version)s")
@common
def dragoman() -> None:
    """One task server that every client can address in its own dialect.

    \b
    Try it:       dragoman demo
    Start it:     dragoman user add anna --admin && dragoman serve
    Let one in:   dragoman token create --user anna --scope "task.read task.write"

    The database and the tenant are chosen by options, which may stand before or after the command, by variables
    (DRAGOMAN_DATABASE, DRAGOMAN_TENANT), or in the file of --config. Without any, the database is the SQLite file
    `dragoman.db` in your data folder.

    \b
    Exit codes:
      0  it was done
      1  it could not be done; the reason stands on standard error, in one line
      2  it was called wrongly
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code. Whatever goes wrong is told in one line on standard error."""
    logging.getLogger().addHandler(logging.NullHandler())  # commands speak for themselves; `serve` sets up its log
    try:
        code = dragoman.main(args=arguments, prog_name="dragoman", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.UsageError as error:
        click.echo(usage_line(error), err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("dragoman: stopped by you.", err=True)
        return STOPPED
    except BrokenPipeError:
        # Whoever read has gone; Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # house: ok, because a command says what went wrong in a line, never with a trace
        logging.getLogger(__name__).debug("command.failed", exc_info=error)
        click.echo(f"dragoman: {said_of(error)}", err=True)
        return FAILED
    return code if isinstance(code, int) else 0


def main() -> NoReturn:
    """The console script."""
    sys.exit(run())
