"""`dragoman work`."""

import click

from dragoman.app import work
from dragoman.cli.application import make_app, prepare_file, read_settings
from dragoman.cli.options import chosen, common
from dragoman.usecases.admin import maintenance as keeping


@click.command("work")
@common
@click.pass_context
def work_command(context: click.Context) -> int:
    """Do background work without serving: jobs, timers, upkeep.

    Every `dragoman serve` does this beside its requests. Start additional processes to run batches where no requests
    are served: on any number of machines with PostgreSQL, beside the server with a SQLite file. They share the work
    through the database: when one is killed, others continue its jobs after half a minute (`jobs.lease_seconds`).

    Prints `dragoman ready to work` on standard output when it has started. SIGTERM completes the current slice and
    releases the jobs. The log goes to standard error, one JSON object per line, one for each attempt at a job.

    \b
    Example:
      dragoman work --database postgresql://dragoman@db.example.com/dragoman

    \b
    Exit codes:
      0  stopped by a signal
      1  it could not start, or had to stop
      2  wrong usage
    """
    settings = read_settings(context, {"tenant": chosen(context, "tenant")})
    app = make_app(context, settings)
    try:
        prepare_file(app)
        with keeping.worked_on_by_us(app.store):
            app.open()  # an error of the database is reported here, in one line
            app.close()
            return work(settings)
    finally:
        app.close()
