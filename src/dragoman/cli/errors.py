"""The error messages of commands: one line, without a trace or a password."""

import click

from dragoman.domain.errors import Expected, Invalid
from dragoman.settings import BadSettings

FAILED = 1


def usage_line(error: click.UsageError) -> str:
    """A usage error in one line, with the command for help."""
    path = error.ctx.command_path if error.ctx is not None else "dragoman"
    message = error.format_message().replace("\n", " ").rstrip(".")
    return f"{path}: {message}{'' if message.endswith('?') else '.'} Try '{path} --help'."


def said_of(error: Exception) -> str:
    """Any other failure, in one line; a refusal with its code at the end."""
    if isinstance(error, Invalid) and error.problems:
        return f"{'; '.join(problem.message for problem in error.problems)} ({error.code})"
    if isinstance(error, Expected):
        return f"{error.message} ({error.code})"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, BadSettings):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}."
    database = _said_by_database(error)
    if database is not None:
        return database
    # An unexpected error.
    return f"{type(error).__name__}: {_line(error)}. DRAGOMAN_LOG_LEVEL=debug shows where."


def _said_by_database(error: Exception) -> str | None:
    # Imported here: it is slow to load, and loaded already if the error comes from the database.
    import sqlalchemy.exc

    if isinstance(error, sqlalchemy.exc.DBAPIError):
        return f"the database says: {_line(error.orig or error)}."
    if isinstance(error, sqlalchemy.exc.ArgumentError):
        return "the database's URL can't be read; it looks like sqlite:///file.db or postgresql://user@host/name."
    return None


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
