"""`dragoman token`: credentials for programs."""

import re
from collections.abc import Iterator
from typing import Any

import click
from msgspec.structs import replace

from dragoman.cli.application import make_app, opened, read_settings, tenant_of
from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.tables import table
from dragoman.dialects.kit import json
from dragoman.domain.clock import to_datetime
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.logins import is_known_as
from dragoman.domain.people import DIRECTORY_TENANT, User
from dragoman.runtime.application import Application
from dragoman.usecases.admin import people as admin
from dragoman.usecases.identity import scopes as scope_words
from dragoman.usecases.identity import tokens
from dragoman.usecases.identity import users as people

SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
DURATION = re.compile(r"(?:[0-9]{1,9}[dhms])+")
AT_ONCE = 1_000
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
        seconds = sum(int(count) * SECONDS[unit] for count, unit in re.findall(r"(?<![0-9])([0-9]+)([dhms])", value))
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
@click.option("--name", type=PLAIN, default=None, help="What it is for.")
@click.option("--expires", type=Duration(), help="How long it is valid: 90d, 12h, 30m, 45s.  [default: until revoked]")
@as_json
@common
@click.pass_context
def create(
    context: click.Context,
    login: str,
    scopes: tuple[str, ...],
    name: str | None,
    expires: int | None,
    *,
    as_json: bool,
) -> None:
    """Create a token and print only it. It can't be shown again: only its hash is stored.

    It is valid at once, also on a running server.

    \b
    Example:
      dragoman token create --user anna --scope "task.read task.write" --expires 90d
      curl -H "Authorization: Bearer $(dragoman token create --user anna --scope '*')" http://127.0.0.1:8080/v1/tasks

    \b
    Exit codes:
      0  created
      1  there is no such user, it is disabled, or it has too many tokens
      2  wrong usage, such as a scope that there isn't, or a longer life than the settings allow
    """
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        user = user_of(app, tenant, login)
        text = people.token_text(tenant)
        command = tokens.Make(text, written_out(context, scopes), name or "", user.uid, expires)
        try:
            made = app.executor.call(tokens.make, command, tenant)
        except Invalid as refused:
            raise click.UsageError(refused.message, context) from refused
    click.echo(_document(made) if as_json else text)


@token_command.command("list")
@click.option("--user", "login", type=PLAIN, metavar="LOGIN", help="Only those of this user.")
@click.option("--all", "all_states", is_flag=True, help="Also expired and revoked ones, and those of disabled users.")
@click.option("--unused", type=Duration(), help="Only those that were neither used nor made for so long: 90d.")
@as_json
@common
@click.pass_context
def list_(context: click.Context, login: str | None, unused: int | None, *, all_states: bool, as_json: bool) -> None:
    """Show the tokens that count, by their names for `dragoman token revoke`; the tokens themselves are not stored.

    The last use is stored every few minutes. A question mark follows scopes that match no operation.

    \b
    Example:
      dragoman token list --user anna
      dragoman token list --unused 90d

    \b
    Exit codes:
      0  shown
      1  there is no such database or user
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        user = None if login is None else user_of(app, tenant, login).uid
        days = None if unused is None else unused / SECONDS["d"]
        asked = tokens.List(user, states=None if all_states else tokens.COUNTING, unused_days=days, limit=AT_ONCE)
        found = list(_pages(app, tenant, asked))
    if as_json:
        click.echo(_documents(found))
        return
    heads = ("TOKEN", "USER", "KIND", "STATE", "MADE", "EXPIRES", "USED", "NAME", "SCOPES")
    table(heads, [_row(shown) for shown in found])


@token_command.command("revoke")
@click.argument("token", type=PLAIN, required=False)
@click.option("--all", "all_of_user", is_flag=True, help="All tokens of --user.")
@click.option("--user", "login", type=PLAIN, metavar="LOGIN", help="With --all: whose tokens.")
@as_json
@common
@click.pass_context
def revoke(context: click.Context, token: str | None, login: str | None, *, all_of_user: bool, as_json: bool) -> None:
    """Revoke a token, or all of a user, on every node within a second. TOKEN is the token or its name in the list.

    \b
    Example:
      dragoman token revoke 3f6c1e0a9b7d2c54
      dragoman token revoke --all --user anna

    \b
    Exit codes:
      0  revoked, now or before
      1  there is no such token or user
      2  wrong usage
    """
    if (token is None) != all_of_user or all_of_user != (login is not None):
        raise click.UsageError("name a token, or --all and --user", context)
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        if token is not None:
            name = people.token_hash(token) if people.token_tenant(token) is not None else token
            shown = app.executor.call(tokens.revoke, tokens.Revoke(name), tenant)
            click.echo(_document(shown) if as_json else "token revoked")
        elif login is not None:
            command = admin.RevokeTokens(user_of(app, tenant, login).uid)
            ended = app.executor.call(admin.revoke_tokens, command, tenant)
            click.echo(json.encode({"revoked": ended}).decode() if as_json else f"{ended} tokens revoked")


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
      1  standard output was closed
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
    if user is None or not is_known_as(user, login):
        raise NotFound("user_not_found", f"There is no user {login} in this tenant.")
    return user


def _pages(app: Application, tenant: int, command: tokens.List) -> Iterator[tokens.Shown]:
    """The items of all pages."""
    while True:
        page = app.executor.call(tokens.list_page, command, tenant)
        yield from page.items
        if page.after is None:
            return
        command = replace(command, after=page.after)


def _row(shown: tokens.Shown) -> tuple[str, ...]:
    token = shown.token
    moments = (token.created_at, token.expires_at, token.last_used_at)
    written = ("" if moment is None else f"{to_datetime(moment):%Y-%m-%d %H:%M} UTC" for moment in moments)
    words = (f"{word}?" if word in shown.unknown_scopes else word for word in token.scopes)
    name = token.hash[: people.SHOWN_DIGITS]
    return name, shown.login, str(token.kind), str(shown.state), *written, token.name, " ".join(words)


def _document(shown: tokens.Shown) -> str:
    from dragoman.dialects.native.handlers.tokens import document

    return json.encode(document(shown)).decode()


def _documents(found: list[tokens.Shown]) -> str:
    from dragoman.dialects.native.handlers.tokens import document

    return json.encode({"items": [document(shown) for shown in found]}).decode()


def create_token(app: Application, tenant: int, user: User, scopes: tuple[str, ...], seconds: int | None = None) -> str:
    """A new token of this user."""
    text = people.token_text(tenant)
    command = people.CreateToken(user.uid, people.token_hash(text), scopes, seconds, gives_decision=True)
    app.executor.call(people.create_token, command, tenant)
    return text
