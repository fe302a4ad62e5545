"""`dragoman verify`, `backup`, `restore`, `export`, `import`: that what is stored stays, and stays what it was."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dragoman.cli.application import make_app, opened, prepare_file, read_settings, tenant_of
from dragoman.cli.errors import FAILED
from dragoman.cli.options import common
from dragoman.domain.errors import Invalid
from dragoman.runtime.application import Application
from dragoman.usecases.admin import maintenance as keeping

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("verify", short_help="Check that history is what it was.")
@common
@click.pass_context
def verify_command(context: click.Context) -> int:
    """Check that history was not changed outside the server.

    Checks the history of each task, case, stage and contact of all tenants from its first row to the entity, or to the
    tombstone of a deleted one; then the hourly digests and their files. The server may run.

    The first fault is reported on standard error. Also reported are rows older than an hour that no digest covers, and
    moments in the future: they show that a clock was wrong, or that no server ran to make digests.

    \b
    Example:
      dragoman verify

    \b
    Exit codes:
      0  history is intact
      1  a fault was found, or there is no such database
      2  called wrongly
    """
    with opened(context, existing=True) as app:
        report = keeping.verify(app.store, app.digest_folder, app.clock.now())
    counted = f"{report.rows} history rows, {report.digests} digests, {report.files} of them also as files"
    if report.broken is not None:
        click.echo(f"dragoman: {report.broken}. This is the first fault; checked before it: {counted}.", err=True)
        return FAILED
    click.echo("\n".join((f"all fits: {counted}", *report.warnings)))
    return 0


@click.command("backup", short_help="Copy the database to a file.")
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@common
@click.pass_context
def backup_command(context: click.Context, file: Path, *, force: bool) -> None:
    """Copy the whole database to FILE, while the server runs.

    The copy is of one moment. Of SQLite it is a database file that can be opened as it is; of PostgreSQL it is an
    export (see `dragoman export`). FILE appears when it is complete, FILE.sha256 beside it. It holds hashes of
    passwords and tokens: nobody else may read it.

    \b
    Example:
      dragoman backup /var/backups/dragoman-$(date +%F).db

    \b
    Exit codes:
      0  copied
      1  it could not be, or there is such a file already
      2  called wrongly
    """
    with opened(context, existing=True) as app:
        keeping.back_up(app.store, file, app.clock.now(), overwrite=force)
    click.echo(f"{file} written, its SHA-256 beside it")


@click.command("restore", short_help="Put a copy in its place.")
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace a database that is in use already: what it holds is lost.")
@common
@click.pass_context
def restore_command(context: click.Context, file: Path, *, force: bool) -> None:
    """Put a copy in the place of the database, whole or not at all.

    FILE is what `backup` or `export` made, of either engine. The server must not run on a SQLite file meanwhile; it is
    looked for. A copy that is not what it was is refused.

    \b
    Example:
      dragoman restore /var/backups/dragoman-2026-05-01.db
      dragoman restore copy.db --database postgresql://dragoman@db.example.com/dragoman

    \b
    Exit codes:
      0  restored
      1  nothing was changed, the reason stands on standard error
      2  called wrongly
    """
    with unopened(context) as app:
        aside = keeping.restore(app.store, file, app.digest_folder, app.clock.now(), force=force)
    click.echo(f"{file} restored")
    if aside is not None:
        click.echo(f"The digests of what was there before are kept in {aside}.")


@click.command("export", short_help="Write a tenant as lines of JSON.")
@click.option("--all", "everything", is_flag=True, help="All tenants, not the chosen one alone.")
@common
@click.pass_context
def export_command(context: click.Context, *, everything: bool) -> None:
    """Write a tenant as lines of JSON to standard output, while the server runs.

    All of it as it stood at one moment: tasks, cases, contacts, people, history with its hashes, digests. A line is a
    row; moments are counts of 100 ns since 1970 UTC, clients' JSON is the text it was. The last line tells how many
    there are and their SHA-256.

    \b
    Example:
      dragoman export > main.ndjson
      dragoman export --all | gzip > everything.ndjson.gz

    \b
    Exit codes:
      0  written
      1  there is no such database or tenant
      2  called wrongly
    """
    with opened(context, existing=True) as app:
        tenant = None if everything else tenant_of(context, app)
        sys.stdout.buffer.writelines(keeping.export(app.store, app.clock.now(), tenant))
        sys.stdout.buffer.flush()


@click.command("import", short_help="Fill an empty database with an export.")
@common
@click.pass_context
def import_command(context: click.Context) -> None:
    """Fill an empty database with what `export` wrote, from standard input, on either engine.

    In one transaction: either all of it is there afterwards, with the same numbers, ids, history and tokens, or
    nothing is. A database in which anybody did anything is not empty.

    \b
    Example:
      dragoman import --database postgresql://dragoman@db.example.com/dragoman < main.ndjson

    \b
    Exit codes:
      0  filled
      1  nothing was changed, the reason stands on standard error
      2  called wrongly
    """
    if sys.stdin.isatty():
        raise Invalid("no_export", "Give the export on standard input: dragoman import < FILE.")
    with unopened(context) as app:
        rows = keeping.import_(app.store, sys.stdin.buffer, app.digest_folder, app.clock.now())
    click.echo(f"{rows} rows imported")


@contextmanager
def unopened(context: click.Context) -> Iterator[Application]:
    """The application on a database to which nothing was done yet, not even its tables made."""
    app = make_app(context, read_settings(context))
    try:
        prepare_file(app)
        yield app
    finally:
        app.close()
