"""`dragoman demo`: a server with sample data, in a temporary database unless one is given."""

import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from dragoman.app import serve
from dragoman.cli import samples
from dragoman.cli.application import make_app, prepare_file, read_settings
from dragoman.cli.demo_world import DAY_TICKS, DAYS, Clock, World
from dragoman.cli.options import WholeNumber, chosen, common
from dragoman.cli.serve import check_port
from dragoman.cli.token import create_token
from dragoman.cli.user import add_user
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.people import User, UserRole
from dragoman.runtime.application import Application
from dragoman.settings import Settings
from dragoman.usecases.admin import maintenance as keeping
from dragoman.usecases.admin.samples import COLLEAGUES
from dragoman.usecases.identity import entry_links, groups
from dragoman.usecases.identity.users import principal_of

PASSWORD = "dragoman"  # noqa: S105 - the public password of sample users
LINK_SECONDS = 43_200.0
MOST_TASKS = 5_000_000
GROUP = "desk"


class Sample(NamedTuple):
    """A person of the demonstration."""

    login: str
    name: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The name and the roles."""
        return ", ".join((self.name, *self.roles))


PEOPLE = (
    Sample("anna", "Anna Berg", (UserRole.ADMINISTRATOR,)),
    Sample("bert", "Bert Moss", (UserRole.REVIEWER,), (GROUP,)),
    Sample("carla", "Carla Wood", (), (GROUP,)),
)


@click.command("demo", short_help="Try it: sample tasks in a fresh database.")
@click.option(
    "--port", metavar="PORT", type=WholeNumber(0, 65535), help="The port; 0 takes a free one.  [default: 8080]"
)
@click.option(
    "--tasks",
    metavar="N",
    type=WholeNumber(1, MOST_TASKS),
    help="Add this many generated tasks, up to 5 million.",
)
@common
@click.pass_context
def demo_command(context: click.Context, port: int | None, tasks: int | None) -> int:
    """Serve a fresh database with sample people and tasks of every dialect.

    Prints the logins and a `curl` command for each dialect. Stop it with Ctrl-C. The database is temporary, unless
    `--database` names one, which must be empty and is kept.

    \b
    Example:
      dragoman demo
      dragoman demo --tasks 1000000 --database sqlite:///million.db

    \b
    Exit codes:
      0  stopped by a signal
      1  it could not start, or the database is in use already
      2  wrong usage
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))  # until the server handles it
    with _database(context) as database:
        settings = _settings(context, database, port)
        check_port(settings)
        clock = Clock()
        app = make_app(context, settings, clock)
        try:
            prepare_file(app)
            _introduce(app.open(), clock, settings, tasks or 0, is_kept=chosen(context, "database") is not None)
        finally:
            app.close()
        return serve(settings)


@contextmanager
def _database(context: click.Context) -> Iterator[str]:
    """The named database, or a temporary one."""
    named = chosen(context, "database")
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="dragoman-demo-") as folder:
        yield f"sqlite:///{Path(folder) / 'dragoman.db'}"


def _settings(context: click.Context, database: str, port: int | None) -> Settings:
    given: dict[str, object] = {
        "database": database,
        "server.port": port,
        "server.workers": 1,
        "tenant": chosen(context, "tenant"),
    }
    settings = read_settings(context, given)
    if settings.server.port != 0:
        return settings
    with socket.socket() as probe:  # the printed commands contain it
        probe.bind((settings.server.host, 0))
        return read_settings(context, given | {"server.port": probe.getsockname()[1]})


def _introduce(app: Application, clock: Clock, settings: Settings, tasks: int, *, is_kept: bool) -> None:
    """Fill the database and print how to use it. Raises Conflict if it has been used."""
    keeping.must_be_unused(app.store)
    clock.set(Moment(clock.now() - (DAYS + 1) * DAY_TICKS))  # the month of the world comes before today
    tenant = app.ensure_tenant(settings.tenant)
    app.executor.call(groups.add, groups.Add(GROUP, {"description": "Who answers customers."}), tenant)
    users = {each.login: _add(app, tenant, each) for each in PEOPLE}
    people: dict[str, Principal] = {login: principal_of(user) for login, user in users.items()}
    token = create_token(app, tenant, users["anna"], ("*",))
    host = settings.server.host
    base_url = f"http://{f'[{host}]' if ':' in host else host}:{settings.server.port}"
    shown = samples.play(app, tenant, people, base_url, PASSWORD, World(app, clock, people))
    if tasks:
        team = [principal.user for principal in people.values() if principal.user is not None]
        samples.add_tasks(app, people["anna"], [*team, *_colleagues(app, tenant)], tasks)

    left = "stays when you stop it" if is_kept else "is gone when you stop it"
    click.echo(f"A demonstration on a fresh database, which {left} (Ctrl-C).\n")
    link = entry_links.Create("anna", LINK_SECONDS)
    entry = app.executor.call(entry_links.create, link, tenant, operation="demo")
    click.echo(f"Signed in     {base_url}/ui/enter?token={entry}  (Anna Berg, in a browser, once)")
    click.echo(f"Look around   {base_url}/ui/")
    for each in PEOPLE:
        click.echo(f"Log in as     {each.login}, password {PASSWORD}  ({each.told})")
    click.echo(f"Anna's token  {token}\n")
    for call in shown:
        click.echo(f"{call.dialect}: {call.title}\n  {call.curl}\n")


def _add(app: Application, tenant: int, person: Sample) -> User:
    login, name, roles, belongs_to = person
    mail = f"{login}@example.com"
    return add_user(app, tenant, login, PASSWORD, email=mail, name=name, roles=roles, groups=belongs_to)


def _colleagues(app: Application, tenant: int) -> Iterator[str]:
    """Further users, who have tasks and no password."""
    for login in COLLEAGUES:
        yield add_user(app, tenant, login, None, name=login.capitalize()).uid
