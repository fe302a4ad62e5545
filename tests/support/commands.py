"""The command line, run in this process: one of its own would take the better part of a second to load."""

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from click.testing import CliRunner

from dragoman.cli.main import run


class Done(NamedTuple):
    """A command that has ended: its exit code, and what it wrote."""

    code: int
    out: bytes
    error: bytes


def call(*arguments: str, variables: Mapping[str, str], typed: bytes = b"") -> Done:
    """`dragoman ARGUMENTS` with these variables, and none of Dragoman's beside them."""
    hidden = {name: None for name in os.environ if name.startswith("DRAGOMAN_")}
    with CliRunner().isolation(typed, {**hidden, **variables}) as (out, error, _both):
        code = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        return Done(code, out.getvalue(), error.getvalue())
