"""`dragoman user alias`: the names that clients of other systems use for users."""

from typing import Any

import click
import msgspec

from dragoman.cli.application import opened, tenant_of
from dragoman.cli.options import PLAIN, common
from dragoman.cli.tables import table
from dragoman.dialects.native import views
from dragoman.dialects.native.wire import aliases as wire
from dragoman.runtime.application import Application
from dragoman.usecases.identity import aliases, names
from dragoman.usecases.tasks import unclaimed_names


@click.command("alias", short_help="Map a name that a dialect's clients use to a user.")
@click.argument("login", type=PLAIN, required=False)
@click.argument("name", type=PLAIN, required=False)
@click.option(
    "--dialect", type=PLAIN, metavar="NAME", help="The dialect of the clients.  [default: genesys; of lists: all]"
)
@click.option("--remove", is_flag=True, help="Remove the name.")
@click.option("--first", is_flag=True, help="Let it be the name that the dialect shows for the user.")
@click.option("--take", is_flag=True, help="Assign the open tasks that carry the name to the user.")
@click.option("--unclaimed", is_flag=True, help="Show the names that clients sent and that match no user.")
@click.option("--json", "as_json", is_flag=True, help="Print the document of the native API.")
@common
@click.pass_context
def alias(
    context: click.Context,
    login: str | None,
    name: str | None,
    *,
    dialect: str | None,
    remove: bool,
    first: bool,
    take: bool,
    unclaimed: bool,
    as_json: bool,
) -> None:
    """Map a name that a dialect's clients use to a user, or show the mappings. A user may have several names.

    A Genesys resource_id is mapped by aliases only. A change applies within a second.

    \b
    Example:
      dragoman user alias anna 31 --dialect genesys
      dragoman user alias anna
      dragoman user alias
      dragoman user alias --unclaimed
      dragoman user alias anna 32 --take
      dragoman user alias anna 31 --remove

    \b
    Exit codes:
      0  added, removed or shown
      1  there is no such user or alias, it is another's, or can't be one
      2  wrong usage
    """
    _check_usage(context, login, name, changes=remove or first or take, remove=remove, unclaimed=unclaimed)
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        _check_dialect(context, dialect)
        if unclaimed:
            _show_unclaimed(app, tenant, dialect, as_json=as_json)
        elif login is None or name is None:
            _show(app, tenant, login, dialect, as_json=as_json)
        elif remove:
            _remove(app, tenant, aliases.Remove(login, dialect or DEFAULT, name), as_json=as_json)
        else:
            put = aliases.Put(login, dialect or DEFAULT, name, first)
            _put(app, tenant, put, take=take, as_json=as_json)


DEFAULT = "genesys"


def _check_usage(
    context: click.Context, login: str | None, name: str | None, *, changes: bool, remove: bool, unclaimed: bool
) -> None:
    if unclaimed and (login is not None or changes):
        raise click.UsageError("--unclaimed shows the names of nobody: leave out all else but --dialect", context)
    if name is None and changes:
        option = "--remove" if remove else "--first or --take"
        raise click.UsageError(f"{option} needs the name", context)


def _check_dialect(context: click.Context, dialect: str | None) -> None:
    if dialect is not None and dialect not in names.dialects():
        known = ", ".join(names.dialects())
        message = f"clients of {dialect} have no names of their own for users; those of {known} do"
        raise click.UsageError(message, context)


def _report(sentence: str, document: Any, *, as_json: bool) -> None:
    click.echo(msgspec.json.encode(document).decode() if as_json else sentence)


def _show(app: Application, tenant: int, login: str | None, dialect: str | None, *, as_json: bool) -> None:
    page = app.executor.call(aliases.list_page, aliases.List(login, dialect), tenant)
    if as_json:
        _report("", wire.AliasList(items=[views.alias(item) for item in page.items]), as_json=True)
    else:
        rows = [(item.login, item.dialect, item.name) for item in page.items]
        table(("LOGIN", "DIALECT", "ALIAS"), rows)


def _show_unclaimed(app: Application, tenant: int, dialect: str | None, *, as_json: bool) -> None:
    page = app.executor.call(unclaimed_names.list_page, unclaimed_names.List(dialect), tenant)
    items = [views.unclaimed_name(item) for item in page.items]
    if as_json:
        _report("", wire.UnclaimedNameList(items=items), as_json=True)
    else:
        rows = [(item.dialect, item.name, str(item.open_tasks), item.last_seen_at, _example(item)) for item in items]
        table(("DIALECT", "NAME", "OPEN", "LAST SEEN", "EXAMPLE"), rows)


def _example(item: wire.UnclaimedName) -> str:
    return "" if item.example is None else f"{item.example.number} {item.example.title or ''}".rstrip()


def _remove(app: Application, tenant: int, command: aliases.Remove, *, as_json: bool) -> None:
    removed = app.executor.call(aliases.remove, command, tenant)
    sentence = f"{removed.name} in {removed.dialect} is user {removed.login} no more"
    _report(sentence, views.alias(removed), as_json=as_json)


def _put(app: Application, tenant: int, command: aliases.Put, *, take: bool, as_json: bool) -> None:
    if take:
        given = app.executor.call(unclaimed_names.take, unclaimed_names.Take(command), tenant)
        _report(f"{_mapped(given.alias)} and got {_tasks(given)}", views.claim(given), as_json=as_json)
    else:
        item = app.executor.call(aliases.put, command, tenant).alias
        _report(_mapped(item), views.alias(item), as_json=as_json)


def _mapped(item: aliases.AliasItem) -> str:
    return f"{item.name} in {item.dialect} is user {item.login}"


def _tasks(claimed: unclaimed_names.Claimed) -> str:
    if claimed.job is not None:
        return "its open tasks from a job"
    return f"{claimed.assigned} open task{'' if claimed.assigned == 1 else 's'}"
