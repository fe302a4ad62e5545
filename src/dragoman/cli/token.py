"""`dragoman token`: credentials for programs."""

import re
from typing import Any

import click

from dragoman.cli.application import make_app, opened, read_settings, tenant_of
from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.tables import table
from dragoman.dialects.kit import json
from dragoman.domain.clock import to_datetime
from dragoman.domain.errors import Conflict, Invalid, NotFound
from dragoman.domain.people import DIRECTORY_TENANT, Token, User
from dragoman.runtime.application import Application
from dragoman.usecases.identity import scopes as scope_words
from dragoman.usecases.identity import tokens
from dragoman.usecases.identity import users as people

SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
DURATION = re.compile(r"(?:[0-9]{1,9}[dhms])+")
LONGEST_SECONDS = 100 * 366 * SECONDS["d"]


class Duration(click.ParamType[int]):
    """A duration in days, hours, minutes, seconds: 90d, 12h, 1h30m."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds, or a usage error."""
        if isinstance(value, int):
            return value
        if not DURATION.fullmatch(value):
            self.fail(f"{value!r} is not a duration; write 90d, 12h, 30m, 45s or 1h30m", param, ctx)
        seconds = sum(int(count) * SECONDS[unit] for count, unit in re.findall(r"([0-9]+)([dhms])", value))
        if not 0 < seconds <= LONGEST_SECONDS:
            self.fail(f"{value!r} is not between a second and a hundred years", param, ctx)
        return seconds


class Scopes(click.ParamType[tuple[str, ...]]):
    """Words separated by blanks."""

    name = "words"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The words, each once, in their order."""
        if isinstance(value, tuple):
            return value
        words = tuple(dict.fromkeys(value.split()))
        if not words or not value.isprintable():
            self.fail("name at least one scope; `*` means all", param, ctx)
        return words


@click.group("token", short_help="Create credentials for programs.")
@common
def token_command() -> None:
    """Tokens: credentials for programs. A token acts as its user, within its scopes."""


@token_command.command("create")
@click.option("--user", "login", type=PLAIN, required=True, metavar="LOGIN", help="The user that the token acts as.")
@click.option(
    "--scope",
    "scopes",
    type=Scopes(),
    required=True,
    help="The scopes or presets, separated by blanks; `*` for all rights of its user. See `dragoman token scopes`.",
)
@click.option("--expires", type=Duration(), help="How long it is valid: 90d, 12h, 30m, 45s.  [default: until revoked]")
@common
@click.pass_context
def create(context: click.Context, login: str, scopes: tuple[str, ...], expires: int | None) -> None:
    """Create a token and print only it. It can't be shown again: only its hash is stored.

    It is valid at once, also on a running server.

    \b
    Example:
      dragoman token create --user anna --scope "task.read task.write" --expires 90d
      curl -H "Authorization: Bearer $(dragoman token create --user anna --scope '*')" http://127.0.0.1:8080/v1/tasks

    \b
    Exit codes:
      0  created
      1  there is no such user, or it is disabled
      2  wrong usage, such as a scope that there isn't
    """
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        user = user_of(app, tenant, login)
        if user.disabled_at is not None:
            raise Conflict("user_disabled", f"The user {login} is disabled.")
        text = create_token(app, tenant, user, written_out(context, scopes), expires)
    click.echo(text)


@token_command.command("list")
@click.option("--user", "login", type=PLAIN, required=True, metavar="LOGIN", help="The user of the tokens.")
@common
@click.pass_context
def list_(context: click.Context, login: str) -> None:
    """Show a user's tokens by their names for `dragoman token revoke`; the tokens themselves are not stored.

    \b
    Example:
      dragoman token list --user anna

    \b
    Exit codes:
      0  shown
      1  there is no such database or user
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        found = app.executor.call(tokens.list_tokens, tokens.ListTokens(user_of(app, tenant, login).uid), tenant)
    table(("TOKEN", "MADE", "EXPIRES", "REVOKED", "SCOPES"), [_row(token) for token in found])


@token_command.command("revoke")
@click.argument("token", type=PLAIN)
@common
@click.pass_context
def revoke(context: click.Context, token: str) -> None:
    """Revoke a token, on every node within a second. TOKEN is the token or its name in the list.

    \b
    Example:
      dragoman token revoke 3f6c1e0a9b7d2c54

    \b
    Exit codes:
      0  revoked, now or before
      1  there is no such token
      2  wrong usage
    """
    beginning = people.token_hash(token) if people.token_tenant(token) is not None else token
    with opened(context, existing=True) as app:
        app.executor.call(tokens.revoke_token, tokens.RevokeToken(beginning), tenant_of(context, app))
    click.echo("token revoked")


@token_command.command("scopes")
@as_json
@common
@click.pass_context
def scopes_(context: click.Context, *, as_json: bool) -> None:
    """Show the scopes that a token may have, with the number of operations of each, and the presets.

    \b
    Example:
      dragoman token scopes

    \b
    Exit codes:
      0  shown
      2  wrong usage
    """
    app = make_app(context, read_settings(context))
    registry = scope_words.registry()
    app.close()
    if as_json:
        from dragoman.dialects.native.handlers.scopes import document

        click.echo(json.encode(document(registry)).decode())
        return
    rows = [(each.name, str(len(each.operations)), each.summary) for each in registry.scopes]
    table(("SCOPE", "OPERATIONS", "SUMMARY"), rows)
    click.echo()
    table(("PRESET", "SCOPES"), [(each.name, " ".join(each.scopes)) for each in registry.presets])


def written_out(context: click.Context, words: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes with presets replaced by theirs. Raises a usage error for a word that is none."""
    try:
        return scope_words.registry().written_out(words)
    except Invalid as refused:
        raise click.UsageError("; ".join(problem.message for problem in refused.problems), context) from refused


def user_of(app: Application, tenant: int, login: str) -> User:
    """The tenant's user with this login. Raises NotFound for an unknown one."""
    entry = app.executor.call(people.find_login, people.FindLogin(login), DIRECTORY_TENANT)
    user = None
    if entry is not None and entry.user_tenant == tenant:
        user = app.executor.call(people.find_user, people.FindUser(entry.user), tenant)
    if user is None:
        raise NotFound("user_not_found", f"There is no user {login} in this tenant.")
    return user


def _row(token: Token) -> tuple[str, ...]:
    moments = (token.created_at, token.expires_at, token.revoked_at)
    written = ("" if moment is None else f"{to_datetime(moment):%Y-%m-%d %H:%M} UTC" for moment in moments)
    return token.hash[: tokens.SHOWN_DIGITS], *written, " ".join(token.scopes)


def create_token(app: Application, tenant: int, user: User, scopes: tuple[str, ...], seconds: int | None = None) -> str:
    """A new token of this user."""
    text = people.token_text(tenant)
    command = people.CreateToken(user.uid, people.token_hash(text), scopes, seconds, gives_decision=True)
    app.executor.call(people.create_token, command, tenant)
    return text
