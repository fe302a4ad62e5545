"""`dragoman demo`: something to look at within a second, and nothing left of it."""

import signal
import socket
import sys
import tempfile
from pathlib import Path

import click

from dragoman.app import App, serve
from dragoman.cli import samples
from dragoman.cli.opening import make_app, read_settings
from dragoman.cli.options import chosen, common
from dragoman.cli.serving import check_port
from dragoman.cli.tokens import create_token
from dragoman.cli.users import add_user
from dragoman.domain.access import Principal
from dragoman.settings import Settings
from dragoman.supervision import Supervisor
from dragoman.usecases.people import principal_of

PASSWORD = "dragoman"  # noqa: S105 - everybody may know it: it guards a sample
PEOPLE = (("anna", "Anna Berg", True), ("bert", "Bert Moss", False), ("carla", "Carla Wood", False))


@click.command("demo", short_help="Try it: sample tasks in a fresh database.")
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [default: 8080]"
)
@common
@click.pass_context
def demo_command(context: click.Context, port: int | None) -> int:
    """Serve a fresh temporary database with sample people and tasks of every dialect.

    Prints the logins and a `curl` for each dialect that works as it stands. Stop it with Ctrl-C; then the database is
    gone.

    \b
    Example:
      dragoman demo

    \b
    Exit codes:
      0  stopped as told
      1  it could not start
      2  called wrongly
    """
    if chosen(context, "database") is not None:
        raise click.UsageError("a demonstration makes a database of its own", context)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))  # until the server is there to take it
    with tempfile.TemporaryDirectory(prefix="dragoman-demo-") as folder:
        settings = _settings(context, Path(folder), port)
        check_port(settings)
        app = make_app(context, settings)
        try:
            _introduce(app.open(), settings)
        finally:
            app.close()
        return serve(settings, Supervisor())


def _settings(context: click.Context, folder: Path, port: int | None) -> Settings:
    given: dict[str, object] = {
        "database": f"sqlite:///{folder / 'dragoman.db'}",
        "server.port": port,
        "server.workers": 1,
        "tenant": chosen(context, "tenant"),
    }
    settings = read_settings(context, given)
    if settings.server.port != 0:
        return settings
    with socket.socket() as probe:  # what is printed below must name it
        probe.bind((settings.server.host, 0))
        return read_settings(context, given | {"server.port": probe.getsockname()[1]})


def _introduce(app: App, settings: Settings) -> None:
    """Fill the database and tell how to get in."""
    tenant = app.ensure_tenant(settings.tenant)
    people: dict[str, Principal] = {}
    for login, name, admin in PEOPLE:
        user = add_user(app, tenant, login, PASSWORD, email=f"{login}@example.com", name=name, admin=admin)
        people[login] = principal_of(user)
        if admin:
            token = create_token(app, tenant, user, ("*",))
    host = settings.server.host
    base_url = f"http://{f'[{host}]' if ':' in host else host}:{settings.server.port}"
    shown = samples.play(app, tenant, people, base_url, PASSWORD)

    click.echo("A demonstration on a fresh database, which is gone when you stop it (Ctrl-C).\n")
    click.echo(f"Look around   {base_url}/ui/")
    for login, name, admin in PEOPLE:
        click.echo(f"Log in as     {login}, password {PASSWORD}  ({name}{', administrator' if admin else ''})")
    click.echo(f"Anna's token  {token}\n")
    for each in shown:
        click.echo(f"{each.dialect}: {each.title}\n  {each.curl}\n")
