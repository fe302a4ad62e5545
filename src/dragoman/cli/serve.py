"""`dragoman serve`."""

import socket

import click

from dragoman.app import serve
from dragoman.cli.application import make_app, prepare_file, read_settings
from dragoman.cli.options import WholeNumber, chosen, common
from dragoman.domain.errors import Conflict
from dragoman.runtime.service_manager import inherited_sockets
from dragoman.settings import Settings
from dragoman.usecases.admin import maintenance as keeping

FIRST_RUN = "No users yet. Make the administrator at {{url}}/ui/first-run?code={code}"


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="The address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port", metavar="PORT", type=WholeNumber(0, 65535), help="The port; 0 takes a free one.  [default: 8080]"
)
@click.option(
    "--workers",
    metavar="N",
    type=WholeNumber(1, 256),
    help="Processes on the port.  [default: 1]",
)
@common
@click.pass_context
def serve_command(context: click.Context, host: str | None, port: int | None, workers: int | None) -> int:
    """Serve every dialect on one port.

    Creates or migrates the database first, and prints `dragoman ready http://HOST:PORT` on standard output when it
    accepts requests; without any user also the address of the page on which the first one is made. SIGTERM completes
    the requests and jobs in progress, then exits. Sockets of a service manager (socket activation) are used instead of
    the address. The log goes to standard error, one JSON object per line.

    \b
    Example:
      dragoman serve
      dragoman serve --workers 2
      dragoman serve --port 9000 --database postgresql://dragoman@db.example.com/dragoman --workers 4

    \b
    Exit codes:
      0  stopped by a signal
      1  it could not start, or had to stop
      2  wrong usage
    """
    given = {"server.host": host, "server.port": port, "server.workers": workers}

    settings = read_settings(context, {**given, "tenant": chosen(context, "tenant")})
    if not settings.lets_sign_in:
        raise click.UsageError(
            "passwords.enabled is false: configure a provider or a proxy, or nobody can sign in", context
        )
    inherited = inherited_sockets()
    app = make_app(context, settings)
    try:
        prepare_file(app)
        with keeping.served_by_us(app.store):
            if not inherited:
                check_port(settings)
            with keeping.alone(app.store) as is_alone:
                app.open()  # an error of the database is reported here, in one line, before workers start
                if is_alone:
                    app.take_over()
            code = app.first_run.code(app.identity.anonymous().tenant)
            app.close()
            return serve(settings, inherited, "" if code is None else FIRST_RUN.format(code=code))
    finally:
        app.close()


def check_port(settings: Settings) -> None:
    """Raise Conflict if the port is taken, before anything is started."""
    host, port = settings.server.host, settings.server.port
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Conflict("address_not_free", f"{host}:{port} can't be listened on: {error.strerror}.") from error
