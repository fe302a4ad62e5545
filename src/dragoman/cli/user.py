"""`dragoman user`: the users of a tenant."""

from typing import Any

import click

from dragoman.cli import user_change, user_password
from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.tables import table
from dragoman.cli.user_alias import alias
from dragoman.cli.user_options import DIALECTS, EMAIL, LANGUAGE, ROLE, ZONE, Words, call, show, tell
from dragoman.dialects.kit import json
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire.users import UserList
from dragoman.domain.clock import to_datetime
from dragoman.domain.passwords import hash_password
from dragoman.domain.people import User, UserKind, UserRole
from dragoman.runtime.application import Application
from dragoman.usecases.admin import people
from dragoman.usecases.identity import adding, profiles, user_lists
from dragoman.usecases.identity.profiles import Profile
from dragoman.usecases.identity.user_lists import UserState

PAGE = 1_000


@click.group("user", short_help="Add, list, change and delete users.")
@common
def user_command() -> None:
    """Users: persons and service accounts, their logins and rights."""


for command in (
    *(alias, user_change.change, user_change.enable, user_change.disable, user_change.delete),
    *(user_password.password, user_password.unlock),
):
    user_command.add_command(command)


@user_command.command("add")
@click.argument("login", type=PLAIN)
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--link", "by_link", is_flag=True, help="Print a link by which the user chooses a password, once.")
@click.option("--no-password", is_flag=True, help="Don't ask: the user has tokens only, or signs in elsewhere.")
@click.option("--email", type=EMAIL, metavar="ADDRESS", help="An e-mail address, which is also a login.")
@click.option("--name", type=PLAIN, help="The displayed name.  [default: the login]")
@click.option("--title", type=PLAIN, help="What the user does here.")
@click.option("--zone", type=ZONE, help="The time zone that the user lives in.")
@click.option("--language", type=LANGUAGE, metavar="TAG", help="A language tag such as lv or de-AT.")
@click.option("--admin", is_flag=True, help="Make this user an administrator of the tenant.")
@click.option("--role", "roles", type=ROLE, multiple=True, help="A role; may be repeated.")
@click.option("--group", "groups", type=PLAIN, multiple=True, help="A group, by name or id; may be repeated.")
@click.option("--service", is_flag=True, help="A service account: without a password, for programs.")
@click.option("--owner", type=PLAIN, metavar="LOGIN", help="The person whom to ask about a service account.")
@click.option("--scopes", type=Words(), help="What all credentials can be used for at most.  [default: anything]")
@click.option("--dialects", type=DIALECTS, help="The dialects that the user may use.  [default: all]")
@as_json
@common
@click.pass_context
def add(context: click.Context, /, login: str, *, as_json: bool, **given: Any) -> None:
    """Add a user. On a terminal the command asks for the password twice; with an empty one the user has tokens only.

    Logins are unique over all tenants, without regard to case.

    \b
    Example:
      dragoman user add anna --name "Anna Berg" --email anna@example.com --admin
      echo "$PASSWORD" | dragoman user add bert --password-stdin --role reviewer
      dragoman user add carl --email carl@example.com --link
      dragoman user add robot --service --owner anna --scopes "task.read task.write"

    \b
    Exit codes:
      0  added
      1  refused: the login is taken, a group doesn't exist
      2  wrong usage
    """
    if sum((given["password_stdin"], given["by_link"], given["no_password"])) > 1:
        raise click.UsageError("take one of --password-stdin, --link and --no-password", context)
    if given["by_link"] and given["service"]:
        raise click.UsageError("a service account has no password to choose", context)
    asks = not (given["no_password"] or given["by_link"] or given["service"])
    names = {name: given[name] for name in ("title", "zone", "language") if given[name] is not None}
    command = adding.AddUser(
        login,
        given["email"],
        given["name"],
        is_admin=given["admin"],
        roles=given["roles"],
        password=_password(piped=given["password_stdin"]) if given["password_stdin"] or asks else None,
        kind=UserKind.SERVICE if given["service"] else UserKind.PERSON,
        names=names,
        groups=given["groups"],
        owner=given["owner"],
        scopes=given["scopes"],
        dialects=given["dialects"],
    )
    shown: Profile = call(context, people.documented(adding.add_user), command, existing=False, operation="add_user")
    if given["by_link"]:
        click.echo(user_password.new_link(context, shown.user.uid, None, as_json=as_json))
    else:
        tell(shown, f"user {shown.user.login} added", as_json=as_json)


@user_command.command("list")
@click.option("--all", "state", flag_value="all", help="Disabled and deleted ones, too.")
@click.option("--disabled", "state", flag_value="disabled", help="The disabled ones.")
@click.option("--role", type=ROLE, help="Those who have this role, also by a group.")
@click.option("--group", type=PLAIN, help="The members of this group.")
@click.option("--service", is_flag=True, help="The service accounts.")
@as_json
@common
@click.pass_context
def list_(
    context: click.Context, *, state: str | None, role: UserRole | None, group: str | None, service: bool, as_json: bool
) -> None:
    """Show the users of the tenant by login: the enabled ones, unless others are asked for.

    \b
    Example:
      dragoman user list --tenant north
      dragoman user list --role reviewer

    \b
    Exit codes:
      0  shown
      1  there is no such database, tenant or group
      2  wrong usage
    """
    kind = UserKind.SERVICE if service else None
    found: list[Profile] = []
    after: tuple[str, int] | None = None
    while not found or after is not None:
        wanted = user_lists.List(
            PAGE,
            after,
            kind=kind,
            role=role,
            group=group,
            state=UserState(state or "enabled"),
        )
        page: user_lists.Page = call(context, user_lists.list_page, wanted)
        found += page.items
        after = page.after
        if not page.items:
            break
    if as_json:
        click.echo(json.encode(UserList([wire.user(each) for each in found])))
    else:
        table(("LOGIN", "NAME", "E-MAIL", "RIGHTS"), [_row(each) for each in found])
        for logins in call(context, user_lists.twins, user_lists.Twins()):
            click.echo(f"{' and '.join(logins)} differ in case alone; rename one of them")


@user_command.command("show")
@click.argument("login", type=PLAIN)
@as_json
@common
@click.pass_context
def show_(context: click.Context, login: str, *, as_json: bool) -> None:
    """Show a user, by login or id.

    \b
    Example:
      dragoman user show anna --json

    \b
    Exit codes:
      0  shown
      1  there is no such user
      2  wrong usage
    """
    shown: Profile = call(context, profiles.read, profiles.Read(login))
    if as_json:
        tell(shown, "", as_json=True)
    else:
        show(wire.user(shown))


def add_user(
    app: Application,
    tenant: int,
    login: str,
    password: str | None,
    *,
    email: str | None = None,
    name: str | None = None,
    admin: bool = False,
    roles: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> User:
    """Add a user whose password isn't held against the rules for passwords: for demonstrations and fixtures."""
    password_hash = hash_password(password) if password else None
    command = adding.AddUser(login, email, name, password_hash, admin, roles, groups=groups)
    return app.executor.call(adding.add_user, command, tenant)


def _password(*, piped: bool) -> str | None:
    return user_password.read_password(piped=piped, empty_for=" (empty for none)")


def _row(shown: Profile) -> tuple[str, str, str, str]:
    user = shown.user
    rights = ", ".join(shown.roles) or ("service account" if user.kind is UserKind.SERVICE else "user")
    for moment, word in ((user.deleted_at, "deleted"), (user.disabled_at, "disabled")):
        if moment is not None:
            rights = f"{word} since {to_datetime(moment):%Y-%m-%d %H:%M} UTC"
            break
    return user.login, user.display_name, user.email or "", rights
