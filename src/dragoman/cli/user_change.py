"""`dragoman user change`, `enable`, `disable`, `delete`."""

from typing import Any

import click

from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.user_options import DIALECTS, EMAIL, LANGUAGE, ROLE, ZONE, Words, call, tell
from dragoman.dialects.kit import json
from dragoman.dialects.native.wire.users import JobQueued
from dragoman.domain.job import Job
from dragoman.domain.people import UserRole
from dragoman.usecases.admin import leaving, people
from dragoman.usecases.identity import changing
from dragoman.usecases.identity.profiles import Profile

FIELDS = {"new_login": "login", "name": "display_name", "email": "email", "zone": "zone", "language": "language"}
FIELDS |= {"title": "title", "scopes": "scopes", "dialects": "dialects"}
CLEARED = {"no_email": "email", "all_scopes": "scopes", "all_dialects": "dialects"}


@click.command("change", short_help="Change a user.")
@click.argument("login", type=PLAIN)
@click.option("--login", "new_login", type=PLAIN, metavar="NEW", help="Another login; the old one stays reserved.")
@click.option("--name", type=PLAIN, help="The displayed name.")
@click.option("--email", type=EMAIL, metavar="ADDRESS", help="The e-mail address, which is also a login.")
@click.option("--no-email", is_flag=True, help="No e-mail address.")
@click.option("--zone", type=ZONE, help="The time zone that the user lives in.")
@click.option("--language", type=LANGUAGE, metavar="TAG", help="A language tag such as lv or de-AT.")
@click.option("--title", type=PLAIN, help="What the user does here.")
@click.option("--admin/--no-admin", default=None, help="Give or take the role administrator.")
@click.option("--role", "roles", type=ROLE, multiple=True, help="A role to give; may be repeated.")
@click.option("--no-role", "no_roles", type=ROLE, multiple=True, help="A role to take away; may be repeated.")
@click.option("--scopes", type=Words(), help="What all credentials can be used for at most.")
@click.option("--all-scopes", is_flag=True, help="No such bound.")
@click.option("--dialects", type=DIALECTS, help="The dialects that the user may use.")
@click.option("--all-dialects", is_flag=True, help="All dialects.")
@as_json
@common
@click.pass_context
def change(context: click.Context, /, login: str, *, as_json: bool, **given: Any) -> None:
    """Change what the options name, and leave the rest. Tokens, sessions and tasks of the user aren't touched.

    \b
    Example:
      dragoman user change bert --role reviewer --zone Europe/Riga
      dragoman user change bert --login bmoss

    \b
    Exit codes:
      0  changed, now or before
      1  refused: no such user, the login is taken, the last administrator
      2  wrong usage
    """
    fields = {field: given[option] for option, field in FIELDS.items() if given[option] is not None}
    for option, field in CLEARED.items():
        if given[option] and field in fields:
            raise click.UsageError(f"--{option.replace('_', '-')} and --{field} contradict each other", context)
        fields |= {field: None} if given[option] else {}
    gives, takes = set(given["roles"]), set(given["no_roles"])
    if given["admin"] is not None:
        (gives if given["admin"] else takes).add(UserRole.ADMINISTRATOR.value)
    if gives & takes:
        raise click.UsageError(f"the role {min(gives & takes)} is both given and taken", context)
    command = changing.ChangeUser(login, fields, give_roles=tuple(sorted(gives)), take_roles=tuple(sorted(takes)))
    shown: Profile = call(context, people.documented(changing.change_user), command, operation="change_user")
    tell(shown, f"user {shown.user.login} changed", as_json=as_json)


@click.command("enable", short_help="Let a disabled user in again.")
@click.argument("login", type=PLAIN)
@as_json
@common
@click.pass_context
def enable(context: click.Context, login: str, *, as_json: bool) -> None:
    """Let a disabled user in again: password and API tokens count as before.

    \b
    Example:
      dragoman user enable bert

    \b
    Exit codes:
      0  enabled, now or before
      1  there is no such user
      2  wrong usage
    """
    command = leaving.EnableUser(login)
    shown: Profile = call(context, people.documented(leaving.enable_user), command, operation="enable_user")
    tell(shown, f"user {shown.user.login} enabled", as_json=as_json)


@click.command("disable", short_help="Shut a user out.")
@click.argument("login", type=PLAIN)
@click.option("--hand-over-to", type=PLAIN, metavar="LOGIN", help="Who gets the user's open work.")
@as_json
@common
@click.pass_context
def disable(context: click.Context, login: str, *, hand_over_to: str | None, as_json: bool) -> None:
    """Disable a user: within a second the password and all tokens are refused. The user's tasks and history remain.

    \b
    Example:
      dragoman user disable anna
      dragoman user disable anna --hand-over-to bert

    \b
    Exit codes:
      0  disabled, now or before
      1  refused: no such user, the last administrator
      2  wrong usage
    """
    command = leaving.DisableUser(login, hand_over_to)
    shown: Profile = call(context, people.documented(leaving.disable_user), command, operation="disable_user")
    tell(shown, f"user {shown.user.login} disabled", as_json=as_json)


@click.command("delete", short_help="Delete a user.")
@click.argument("login", type=PLAIN)
@click.option("--hand-over-to", type=PLAIN, metavar="LOGIN", help="Who gets the open work; `nobody` releases it.")
@as_json
@common
@click.pass_context
def delete(context: click.Context, login: str, *, hand_over_to: str | None, as_json: bool) -> None:
    """Delete a user. The name stays in histories and on old tasks; the login is free again.

    \b
    Example:
      dragoman user delete bert --hand-over-to anna

    \b
    Exit codes:
      0  deleted
      1  refused: no such user, open work, the last administrator
      2  wrong usage
    """
    job: Job | None = call(context, leaving.delete_user, leaving.DeleteUser(login, hand_over_to))
    if as_json:
        click.echo(b"" if job is None else json.encode(JobQueued(job.uid)), nl=job is not None)
    else:
        rest = "" if job is None else f"; job {job.uid} hands over the open work"
        click.echo(f"user {login} deleted{rest}")
