"""`dragoman status`: how the database and a server on it are."""

import click
import msgspec

from dragoman import __version__
from dragoman.cli.application import make_app, prepare_file, read_settings
from dragoman.cli.errors import FAILED
from dragoman.cli.options import as_json, common
from dragoman.cli.remote import Refused, Remote
from dragoman.dialects.kit import json
from dragoman.domain.clock import TICKS_PER_SECOND, Moment, to_datetime
from dragoman.metrics.table import REQUESTS
from dragoman.runtime.application import Application
from dragoman.usecases.admin import maintenance as keeping

MIB = 1024 * 1024
LATE_JOB_SECONDS = 600.0
LATE_DIGEST_SECONDS = 3 * 3_600.0


class Database(msgspec.Struct, frozen=True):
    """Where the data are, and their size."""

    kind: str
    name: str
    bytes: int


class Jobs(msgspec.Struct, frozen=True):
    """Jobs that wait, how long the oldest has been due, and those given up."""

    waiting: int
    oldest_seconds: float
    discarded: int


class Digests(msgspec.Struct, frozen=True):
    """Until when the history of every tenant is sealed; None before the first digest. `behind_seconds`: how old the
    oldest row without one is."""

    sealed_until: str | None
    behind_seconds: float


class Serving(msgspec.Struct, frozen=True):
    """A server that answers."""

    address: str
    ready: bool
    requests_per_second: float | None


class Status(msgspec.Struct, frozen=True):
    """All of it; `server` is None where none answers."""

    version: str
    database: Database
    revision: str | None
    up_to_date: bool
    tasks: dict[str, int]
    jobs: Jobs
    digests: Digests
    server: Serving | None

    def faults(self) -> list[str]:
        """What is not well."""
        said = []
        if not self.up_to_date:
            said.append(f"the tables have revision {self.revision}, which isn't this program's")
        if self.jobs.oldest_seconds > LATE_JOB_SECONDS:
            said.append("jobs wait for long: is a server or worker running?")
        if self.jobs.discarded:
            said.append(f"{self.jobs.discarded} jobs were given up; see the log for their errors")
        if self.digests.behind_seconds > LATE_DIGEST_SECONDS:
            said.append("digests are behind: is a server or worker running?")
        if self.server is not None and not self.server.ready:
            said.append("the server is not ready")
        return said


@click.command("status", short_help="Show how the database and the server are.")
@as_json
@common
@click.pass_context
def status_command(context: click.Context, *, as_json: bool) -> int:
    """Show the version, the database, open tasks, waiting jobs, digests, and the server at `server.host` and
    `server.port` if one answers there. What is not well stands on standard error.

    \b
    Example:
      dragoman status

    \b
    Exit codes:
      0  all is well
      1  something is not well, or there is no such database
      2  wrong usage
    """
    app = make_app(context, read_settings(context))
    try:
        prepare_file(app, existing=True)
        found = _look(app)
    finally:
        app.close()
    click.echo(json.encode(found).decode() if as_json else "\n".join(_lines(found)))
    for fault in found.faults():
        click.echo(f"dragoman: {fault}.", err=True)
    return FAILED if found.faults() else 0


def _look(app: Application) -> Status:
    revision, is_ours = keeping.form(app.store)
    url = app.store.engine.url
    database = Database(url.get_backend_name(), url.database or "", keeping.size(app.store))
    server = _server(f"http://{app.settings.server.host}:{app.settings.server.port}", app.clock.now())
    if not is_ours:
        return Status(__version__, database, revision, False, {}, Jobs(0, 0.0, 0), Digests(None, 0.0), server)
    seen = keeping.look(app.store, app.clock.now())
    sealed = None if seen.sealed_until is None else f"{to_datetime(seen.sealed_until):%Y-%m-%dT%H:%M:%SZ}"
    return Status(
        __version__,
        database,
        revision,
        True,
        {"open": seen.open_tasks},
        Jobs(seen.waiting, seen.oldest_seconds, seen.discarded),
        Digests(sealed, seen.unsealed_seconds),
        server,
    )


def _lines(found: Status) -> list[str]:
    state = "up to date" if found.up_to_date else "not this program's"
    size = f"{found.database.bytes / MIB:,.0f} MB"
    lines = [
        f"version {found.version}",
        f"database {found.database.kind} {found.database.name} {size}, revision {found.revision}, {state}",
    ]
    if found.up_to_date:
        sealed = found.digests.sealed_until
        lines += [
            f"tasks {found.tasks['open']:,} open",
            f"jobs {found.jobs.waiting:,} waiting, oldest {found.jobs.oldest_seconds:.0f} s",
            f"digests sealed to {sealed}" if sealed is not None else "digests none yet",
        ]
    if found.server is not None:
        lanes = "lanes alive" if found.server.ready else "not ready"
        rate = found.server.requests_per_second
        lines.append(f"serving {found.server.address}, {lanes}" + ("" if rate is None else f", {rate:,.0f} requests/s"))
    return lines


def _server(address: str, now: Moment) -> Serving | None:
    """What answers at the address; None if nothing does. Its requests a second are those since its start."""
    try:
        with Remote(address, None) as remote:
            ready = _is_ready(remote)
            return Serving(address, ready, _rate(remote, now))
    except click.ClickException:
        return None


def _is_ready(remote: Remote) -> bool:
    try:
        remote.ask("GET", "/readyz")
    except Refused as refused:
        if refused.code == "unreachable":
            raise
        return False
    return True


def _rate(remote: Remote, now: Moment) -> float | None:
    """None where the metrics aren't shown to everybody."""
    try:
        text = remote.ask("GET", "/metrics", headers={"Accept": "*/*"}).body.decode()
    except Refused:
        return None
    found = [line.rpartition(" ") for line in text.splitlines()]
    count = sum(float(value) for name, _, value in found if name.startswith(f"{REQUESTS.name}{{"))
    starts = [float(value) for name, _, value in found if name.partition("{")[0] == "process_start_time_seconds"]
    seconds = now / TICKS_PER_SECOND - min(starts, default=0.0)
    return count / seconds if starts and seconds > 0 else None
