"""`dragoman user password`, `unlock`: what lets a user in by password."""

import sys

import click

from dragoman.cli.application import read_settings
from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.token import Duration
from dragoman.cli.user_options import call, tell
from dragoman.dialects.kit import json
from dragoman.dialects.native.handlers.passwords import link
from dragoman.domain.errors import Invalid
from dragoman.settings import Server
from dragoman.usecases.admin import people
from dragoman.usecases.identity import password_changes, password_links
from dragoman.usecases.identity.profiles import Profile


@click.command("password", short_help="Set or remove a user's password, or make a link to choose one.")
@click.argument("login", type=PLAIN)
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--link", "by_link", is_flag=True, help="Print a link by which the user chooses a password, once.")
@click.option("--expires", type=Duration(), help="How long the link is valid, up to 7d.  [default: 1h]")
@click.option("--remove", is_flag=True, help="Take the password away; tokens and providers still let in.")
@as_json
@common
@click.pass_context
def password(
    context: click.Context,
    login: str,
    *,
    password_stdin: bool,
    by_link: bool,
    expires: int | None,
    remove: bool,
    as_json: bool,
) -> None:
    """Set a user's password; on a terminal the command asks for it twice. Sessions and login tokens of the user end.

    \b
    Example:
      dragoman user password bert
      dragoman user password bert --link --expires 1d

    \b
    Exit codes:
      0  done
      1  refused: no such user, a service account, a password that is too short or too common
      2  wrong usage
    """
    if sum((password_stdin, by_link, remove)) > 1:
        raise click.UsageError("take one of --password-stdin, --link and --remove", context)
    if expires is not None and not by_link:
        raise click.UsageError("--expires is for --link", context)
    if by_link:
        click.echo(new_link(context, login, expires, as_json=as_json))
        return
    if remove:
        command = password_changes.RemovePassword(login)
        removing = people.documented(password_changes.remove_password)
        shown: Profile = call(context, removing, command, operation="delete_password")
        tell(shown, f"password of user {shown.user.login} removed", as_json=as_json)
        return
    new = read_password(piped=password_stdin)
    if not new:
        raise click.UsageError("there is no terminal to ask at: use --password-stdin, --link or --remove", context)
    setting = people.documented(password_changes.set_password)
    shown = call(context, setting, password_changes.SetPassword(login, new), operation="put_password")
    tell(shown, f"password of user {shown.user.login} set", as_json=as_json)


@click.command("unlock", short_help="Let a user's failed logins of before count no more.")
@click.argument("login", type=PLAIN)
@as_json
@common
@click.pass_context
def unlock(context: click.Context, login: str, *, as_json: bool) -> None:
    """Let a user's failed logins of before count no more, on every node within a second.

    \b
    Example:
      dragoman user unlock bert

    \b
    Exit codes:
      0  unlocked, now or before
      1  there is no such user
      2  wrong usage
    """
    command = password_changes.Unlock(login)
    shown: Profile = call(context, people.documented(password_changes.unlock), command, operation="unlock_user")
    tell(shown, f"user {shown.user.login} unlocked", as_json=as_json)


def new_link(context: click.Context, login: str, seconds: int | None, *, as_json: bool) -> str:
    """A new link of a user: its address, or the API's document."""
    if seconds is not None and seconds > password_links.LONGEST_SECONDS:
        raise click.UsageError("--expires: a link is valid for 7d at most", context)
    command = password_links.CreateLink(login, seconds)
    made = call(context, password_links.create_link, command, operation="create_password_link")
    document = link(made, _address(read_settings(context).server))
    return json.encode(document).decode() if as_json else str(document.url)


def _address(server: Server) -> str:
    """Where the pages of the server are, as far as its settings tell."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return server.public_url or f"http://{host}:{server.port}"


def read_password(*, piped: bool, empty_for: str = "") -> str | None:
    """The password from standard input, or typed twice at a terminal; None without a terminal, and for an empty one.

    `empty_for` says at the prompt what an empty one means.
    """
    if piped:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Invalid("no_password", "There is no password on standard input.")
        return password
    if not sys.stdin.isatty():
        return None
    typed: str = click.prompt(
        f"Password{empty_for}",
        hide_input=True,
        confirmation_prompt="The same again",
        default="" if empty_for else None,
        err=True,
        show_default=False,
    )
    return typed or None
