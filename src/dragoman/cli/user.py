"""`dragoman user`: the users of a tenant."""

import sys

import click

from dragoman.cli.application import opened, tenant_of
from dragoman.cli.options import PLAIN, common
from dragoman.cli.tables import table
from dragoman.cli.user_alias import alias
from dragoman.domain.clock import to_datetime
from dragoman.domain.errors import Conflict, Invalid
from dragoman.domain.ids import new_id
from dragoman.domain.passwords import hash_password
from dragoman.domain.people import DIRECTORY_TENANT, User
from dragoman.domain.text import composed, folded
from dragoman.runtime.application import Application
from dragoman.usecases.identity import users as people


@click.group("user", short_help="Add, list and disable users.")
@common
def user_command() -> None:
    """Users: their logins and rights."""


user_command.add_command(alias)


@user_command.command("add")
@click.argument("login", type=PLAIN)
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--email", type=PLAIN, metavar="ADDRESS", help="An e-mail address, which is also a login.")
@click.option("--name", type=PLAIN, help="The displayed name.  [default: the login]")
@click.option("--admin", is_flag=True, help="Make this user an administrator of the tenant.")
@common
@click.pass_context
def add(
    context: click.Context, login: str, *, password_stdin: bool, email: str | None, name: str | None, admin: bool
) -> None:
    """Add a user. On a terminal the command asks for the password twice; with an empty one the user has tokens only.

    Logins are unique over all tenants.

    \b
    Example:
      dragoman user add anna --name "Anna Berg" --email anna@example.com --admin
      echo "$PASSWORD" | dragoman user add bot --password-stdin

    \b
    Exit codes:
      0  added
      1  the login is taken
      2  wrong usage
    """
    password = _read_password(piped=password_stdin)
    with opened(context) as app:
        add_user(app, tenant_of(context, app), login, password, email=email, name=name, admin=admin)
    click.echo(f"user {login} added")


@user_command.command("list")
@common
@click.pass_context
def list_(context: click.Context) -> None:
    """Show every user of the tenant, disabled ones too.

    \b
    Example:
      dragoman user list --tenant north

    \b
    Exit codes:
      0  shown
      1  there is no such database or tenant
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        users = app.executor.call(people.list_users, people.ListUsers(), tenant_of(context, app))
    table(("LOGIN", "NAME", "E-MAIL", "RIGHTS"), [_row(user) for user in users])


@user_command.command("disable", short_help="Disable a user.")
@click.argument("login", type=PLAIN)
@common
@click.pass_context
def disable(context: click.Context, login: str) -> None:
    """Disable a user: within a second the password and all tokens are refused. The user's tasks and history remain.

    \b
    Example:
      dragoman user disable anna

    \b
    Exit codes:
      0  disabled, now or before
      1  there is no such user
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        app.executor.call(people.disable_user, people.DisableUser(login), tenant_of(context, app))
    click.echo(f"user {login} disabled")


def add_user(
    app: Application,
    tenant: int,
    login: str,
    password: str | None,
    *,
    email: str | None = None,
    name: str | None = None,
    admin: bool = False,
) -> User:
    """Claim the login and the e-mail address for the tenant, then add their user.

    Raises Conflict if another user of any tenant has one of them, and Invalid for an invalid login.
    """
    login = composed(login)
    people.check_login(login)
    uid = app.executor.call(people.claim_login, people.ClaimLogin(login, tenant, new_id()), DIRECTORY_TENANT)
    if email is not None:
        owner = app.executor.call(people.claim_login, people.ClaimLogin(folded(email), tenant, uid), DIRECTORY_TENANT)
        if owner != uid:
            raise Conflict("email_taken", f"The address {email} is another user's.")
    app.executor.call(
        people.claim_login, people.ClaimLogin(uid, tenant, uid), DIRECTORY_TENANT
    )  # one may log in by id, too
    password_hash = hash_password(password) if password else None
    user = people.AddUser(uid, login, email=email, display_name=name, password_hash=password_hash, is_admin=admin)
    return app.executor.call(people.add_user, user, tenant)


def _read_password(*, piped: bool) -> str | None:
    if piped:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Invalid("no_password", "There is no password on standard input.")
        return password
    if not sys.stdin.isatty():
        return None
    typed: str = click.prompt(
        "Password (empty for none)",
        hide_input=True,
        confirmation_prompt="The same again",
        default="",
        err=True,
        show_default=False,
    )
    return typed or None


def _row(user: User) -> tuple[str, str, str, str]:
    rights = "administrator" if user.is_admin else "user"
    if user.disabled_at is not None:
        rights = f"disabled since {to_datetime(user.disabled_at):%Y-%m-%d %H:%M} UTC"
    return user.login, user.display_name, user.email or "", rights
