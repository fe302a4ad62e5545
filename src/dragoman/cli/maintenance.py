"""`dragoman verify`, `backup`, `restore`, `export`, `import`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from dragoman.cli.application import make_app, opened, prepare_file, read_settings, tenant_of
from dragoman.cli.errors import FAILED
from dragoman.cli.options import as_json, common
from dragoman.domain.errors import Invalid
from dragoman.runtime.application import Application
from dragoman.usecases.admin import maintenance as keeping

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("verify", short_help="Check that history was not changed.")
@as_json
@common
@click.pass_context
def verify_command(context: click.Context, *, as_json: bool) -> int:
    """Check that history was not changed outside the server.

    Checks the history of each task, case, stage and contact of all tenants from its first row to the entity, or to the
    tombstone of a deleted one; then the hourly digests and their files; then that each change since the event log
    began has one event, without a gap in their sequences. The server may run.

    The first fault is reported on standard error. Also reported are rows older than an hour that no digest covers, and
    moments in the future: they show that a clock was wrong, or that no server ran to make digests.

    \b
    Example:
      dragoman verify

    \b
    Exit codes:
      0  history is intact
      1  a fault was found, or there is no such database
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        report = keeping.verify(app.store, app.digest_folder, app.clock.now())
    if as_json:
        click.echo(_line(report))
        return FAILED if report.broken is not None else 0
    counted = f"{report.rows} history rows, {report.digests} digests, {report.files} of them also as files"
    if report.broken is not None:
        click.echo(f"dragoman: {report.broken}. This is the first fault; checked before it: {counted}.", err=True)
        return FAILED
    click.echo("\n".join((f"all fits: {counted}", *report.warnings)))
    return 0


@click.command("backup", short_help="Copy the database to a file.")
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@as_json
@common
@click.pass_context
def backup_command(context: click.Context, file: Path, *, force: bool, as_json: bool) -> None:
    """Copy the whole database to FILE, while the server runs.

    The copy is consistent. For SQLite it is a database file, for PostgreSQL an export (see `dragoman export`). FILE
    appears when it is complete, with FILE.sha256 beside it. It contains hashes of passwords and tokens, so only its
    owner may read it.

    \b
    Example:
      dragoman backup /var/backups/dragoman-$(date +%F).db

    \b
    Exit codes:
      0  copied
      1  it failed, or the file exists already
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        keeping.back_up(app.store, file, app.clock.now(), overwrite=force)
    click.echo(_line({"file": str(file)}) if as_json else f"{file} written, its SHA-256 beside it")


@click.command("restore", short_help="Replace the database with a copy.")
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace a database that has been used: its content is lost.")
@as_json
@common
@click.pass_context
def restore_command(context: click.Context, file: Path, *, force: bool, as_json: bool) -> None:
    """Replace the database with a copy, whole or not at all.

    FILE is the output of `backup` or `export`, of either engine. The command refuses while a server runs on the SQLite
    file, and refuses a damaged copy.

    \b
    Example:
      dragoman restore /var/backups/dragoman-2026-05-01.db
      dragoman restore copy.db --database postgresql://dragoman@db.example.com/dragoman

    \b
    Exit codes:
      0  restored
      1  nothing was changed, the reason is on standard error
      2  wrong usage
    """
    with unopened(context) as app:
        aside = keeping.restore(app.store, file, app.digest_folder, app.clock.now(), force=force)
    if as_json:
        click.echo(_line({"file": str(file), "digests_aside": None if aside is None else str(aside)}))
        return
    click.echo(f"{file} restored")
    if aside is not None:
        click.echo(f"The digests of the replaced database are in {aside}.")


@click.command("export", short_help="Write a tenant as lines of JSON.")
@click.option("--all", "everything", is_flag=True, help="All tenants, not only the selected one.")
@common
@click.pass_context
def export_command(context: click.Context, *, everything: bool) -> None:
    """Write a tenant as lines of JSON to standard output, while the server runs.

    A consistent copy of tasks, cases, contacts, users, history with its hashes, and digests. A line is a row; times are
    counts of 100 ns since 1970 UTC, clients' JSON is its original text. The last line has the number of lines and their
    SHA-256.

    \b
    Example:
      dragoman export > main.ndjson
      dragoman export --all | gzip > everything.ndjson.gz

    \b
    Exit codes:
      0  written
      1  there is no such database or tenant
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        tenant = None if everything else tenant_of(context, app)
        sys.stdout.buffer.writelines(keeping.export(app.store, app.clock.now(), tenant))
        sys.stdout.buffer.flush()


@click.command("import", short_help="Fill an empty database with an export.")
@as_json
@common
@click.pass_context
def import_command(context: click.Context, *, as_json: bool) -> None:
    """Fill an empty database with the output of `export`, from standard input, on either engine.

    This is one transaction: afterwards either everything is there, with the same numbers, ids, history and tokens, or
    nothing. A database that has been used is not empty.

    \b
    Example:
      dragoman import --database postgresql://dragoman@db.example.com/dragoman < main.ndjson

    \b
    Exit codes:
      0  imported
      1  nothing was changed, the reason is on standard error
      2  wrong usage
    """
    if sys.stdin.isatty():
        raise Invalid("no_export", "Give the export on standard input: dragoman import < FILE.")
    with unopened(context) as app:
        rows = keeping.import_(app.store, sys.stdin.buffer, app.digest_folder, app.clock.now())
    click.echo(_line({"rows": rows}) if as_json else f"{rows} rows imported")


def _line(document: Any) -> str:
    return msgspec.json.encode(document).decode()


@contextmanager
def unopened(context: click.Context) -> Iterator[Application]:
    """The application on a database that may not have its tables yet."""
    app = make_app(context, read_settings(context))
    try:
        prepare_file(app)
        yield app
    finally:
        app.close()
