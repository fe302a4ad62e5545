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

    Every `dragoman serve` does this beside its requests. Start this as well, on as many machines as you like, when
    batches are to run elsewhere than where people wait for answers. All share the work through the database: one that
    is killed holds its jobs for half a minute, then others go on where it was (`jobs.lease_seconds`). A SQLite file
    has one serving process, which does the work itself.

    Prints `dragoman ready to work` on standard output once it does. SIGTERM finishes the slice that runs and gives the
    jobs back. The log goes to standard error, a JSON object a line, one for each attempt at a job.

    \b
    Example:
      dragoman work --database postgresql://dragoman@db.example.com/dragoman

    \b
    Exit codes:
      0  stopped as told
      1  it could not start, or had to end
      2  called wrongly (on SQLite)
    """
    settings = read_settings(context, {"tenant": chosen(context, "tenant")})
    app = make_app(context, settings)
    try:
        if app.store.engine.is_sqlite:
            raise click.UsageError("work needs PostgreSQL: a SQLite file has one serving process", context)
        app.open()  # what is wrong with the database is said here, in a line
    finally:
        app.close()
    return work(settings)
