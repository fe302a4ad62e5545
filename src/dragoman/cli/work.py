"""`dragoman work`."""

import click

from dragoman.app import work
from dragoman.cli.application import make_app, read_settings
from dragoman.cli.options import chosen, common


@click.command("work")
@common
@click.pass_context
def work_command(context: click.Context) -> int:
    """Do background work without serving: jobs, timers, upkeep.

    Every `dragoman serve` does this beside its requests. Start additional processes on any number of machines to run
    batches where no requests are served. They share the work through the database: when one is killed, others continue
    its jobs after half a minute (`jobs.lease_seconds`). A SQLite file has one serving process, which does this work.

    Prints `dragoman ready to work` on standard output when it has started. SIGTERM completes the current slice and
    releases the jobs. The log goes to standard error, one JSON object per line, one for each attempt at a job.

    \b
    Example:
      dragoman work --database postgresql://dragoman@db.example.com/dragoman

    \b
    Exit codes:
      0  stopped by a signal
      1  it could not start, or had to stop
      2  wrong usage (on SQLite)
    """
    settings = read_settings(context, {"tenant": chosen(context, "tenant")})
    app = make_app(context, settings)
    try:
        if app.store.engine.is_sqlite:
            raise click.UsageError("work needs PostgreSQL: a SQLite file has one serving process", context)
        app.open()  # an error of the database is reported here, in one line
    finally:
        app.close()
    return work(settings)
