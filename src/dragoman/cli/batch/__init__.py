"""`dragoman batch`: reviewed bulk work on a running server."""

from dragoman.cli.batch import outcomes, reviewing, running, submitting
from dragoman.cli.batch.group import batch_command

__all__ = ["batch_command", "outcomes", "reviewing", "running", "submitting"]
