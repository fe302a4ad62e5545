"""The command `dragoman`: loads the subcommand, and reports an error in one line.

Only the module of the called subcommand is imported, so that no command waits for the imports of another.
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
    "status": "status",
    "config": "config",
    "work": "work",
    "demo": "demo",
    "tenant": "tenant",
    "user": "user",
    "group": "group",
    "token": "token",
    "session": "session",
    "batch": "batch",
    "events": "events",
    "webhook": "webhook",
    "template": "template",
    "fixture": "fixture",
    "verify": "maintenance",
    "backup": "maintenance",
    "restore": "maintenance",
    "export": "maintenance",
    "import": "maintenance",
}
"""Command -> the module of this package that holds it, in the order of the help."""


STOPPED = 130  # the exit code of shells after an interrupt


class Commands(click.Group):
    """All commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of COMMANDS."""
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
    """A task server that clients of several vendors address in their own dialects.

    \b
    Try it:        dragoman demo
    Start it:      dragoman user add anna --admin && dragoman serve
    Grant access:  dragoman token create --user anna --scope "task.read task.write"

    Options before or after the command select the database and the tenant; so do the variables DRAGOMAN_DATABASE and
    DRAGOMAN_TENANT, and the file of --config. The default database is the SQLite file `dragoman.db` in your data
    folder.

    \b
    Exit codes:
      0  success
      1  failure; the reason is on standard error, in one line
      2  wrong usage
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code. An error is one line on standard error."""
    logging.getLogger().addHandler(logging.NullHandler())  # commands print their own errors; `serve` sets up its log
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
        # The reader has closed the pipe; Python must not try to write the rest at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # house: ok, because a command reports its error in one line, without a trace
        logging.getLogger(__name__).debug("command.failed", exc_info=error)
        click.echo(f"dragoman: {said_of(error)}", err=True)
        return FAILED
    return code if isinstance(code, int) else 0


def main() -> NoReturn:
    """The console script."""
    sys.exit(run())
