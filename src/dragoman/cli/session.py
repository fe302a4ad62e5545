"""`dragoman session`: browsers that are signed in."""

import click

from dragoman.cli.application import opened, tenant_of
from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.tables import table
from dragoman.dialects.kit import json
from dragoman.domain.clock import Moment, to_datetime
from dragoman.runtime.application import Application
from dragoman.usecases.identity import session_lists


@click.group("session", short_help="See and end the sessions of browsers.")
@common
def session_command() -> None:
    """Sessions: browsers that are signed in to the pages under /ui/."""


@session_command.command("list")
@click.option("--user", "login", type=PLAIN, metavar="LOGIN", help="Only the sessions of this user.")
@as_json
@common
@click.pass_context
def list_(context: click.Context, login: str | None, *, as_json: bool) -> None:
    """Show the sessions that count, oldest first.

    \b
    Example:
      dragoman session list --user anna

    \b
    Exit codes:
      0  shown
      1  there is no such database or user
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        found = _all(app, tenant_of(context, app), login)
    if as_json:
        from dragoman.dialects.native.handlers.sessions import document

        click.echo(json.encode(document(found)).decode())
        return
    table(("SESSION", "USER", "BY", "BEGAN", "USED", "ENDS", "ADDRESS", "BROWSER"), [_row(item) for item in found])


@session_command.command("end")
@click.argument("session", type=PLAIN, required=False)
@click.option("--user", "login", type=PLAIN, metavar="LOGIN", help="All sessions of this user.")
@as_json
@common
@click.pass_context
def end(context: click.Context, session: str | None, login: str | None, *, as_json: bool) -> None:
    """End a session, or all of a user: within a second its browser has to sign in again on every node.

    \b
    Example:
      dragoman session end --user anna

    \b
    Exit codes:
      0  ended
      1  there is no such session or user
      2  wrong usage
    """
    if (session is None) == (login is None):
        raise click.UsageError("name a session, or a user with --user", context)
    with opened(context, existing=True) as app:
        count = _end(app, tenant_of(context, app), session, login)
    if as_json:
        click.echo(json.encode({"ended": count}).decode())
    else:
        click.echo("session ended" if login is None else f"{count} session{'' if count == 1 else 's'} ended")


def _all(app: Application, tenant: int, login: str | None) -> list[session_lists.Listed]:
    command = session_lists.ListSessions(login, limit=None)
    return app.executor.call(session_lists.list_sessions, command, tenant).items


def _end(app: Application, tenant: int, session: str | None, login: str | None) -> int:
    if login is not None:
        return app.executor.call(session_lists.end_sessions, session_lists.EndSessions(login), tenant)
    app.executor.call(session_lists.end_session, session_lists.EndSession(session or ""), tenant)
    return 1


def _row(item: session_lists.Listed) -> tuple[str, ...]:
    session = item.session
    moments = map(_written, (session.created_at, session.seen_at, session.expires_at))
    return session.uid, item.login, session.via, *moments, session.address or "", _plain(session.browser or "")


def _written(moment: Moment) -> str:
    return f"{to_datetime(moment):%Y-%m-%d %H:%M} UTC"


def _plain(text: str) -> str:
    """The text for a terminal, on which control characters would act."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
