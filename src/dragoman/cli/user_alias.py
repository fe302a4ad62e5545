"""`dragoman user alias`: the names that clients of a dialect use for users."""

import click

from dragoman.cli.application import opened, tenant_of
from dragoman.cli.options import PLAIN, common
from dragoman.cli.tables import table
from dragoman.dialects import discover
from dragoman.runtime.application import Application
from dragoman.usecases.identity import aliases


@click.command("alias", short_help="Map a name that a dialect's clients use to a user.")
@click.argument("login", type=PLAIN, required=False)
@click.argument("name", type=PLAIN, required=False)
@click.option(
    "--dialect", type=PLAIN, metavar="NAME", default="genesys", show_default=True, help="The dialect of the clients."
)
@click.option("--remove", is_flag=True, help="Remove the name.")
@common
@click.pass_context
def alias(context: click.Context, login: str | None, name: str | None, *, dialect: str, remove: bool) -> None:
    """Map a name that a dialect's clients use to a user, or show the mappings. A user may have several names.

    A Genesys resource_id is mapped by aliases only. A change applies within a second, to tasks started afterwards.

    \b
    Example:
      dragoman user alias anna 31 --dialect genesys
      dragoman user alias anna
      dragoman user alias
      dragoman user alias anna 31 --remove

    \b
    Exit codes:
      0  added, removed or shown
      1  there is no such user or alias, it is another's, or can't be one
      2  wrong usage
    """
    if name is None and remove:
        raise click.UsageError("--remove needs the name to remove", context)
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        if login is None or name is None:
            _show(app, tenant, login)
        else:
            _change(app, tenant, login, dialect, _read(context, dialect, name), remove=remove)


def _show(app: Application, tenant: int, login: str | None) -> None:
    found = app.executor.call(aliases.list_aliases, aliases.ListAliases(login), tenant)
    table(("LOGIN", "DIALECT", "ALIAS"), [(who, each.dialect, each.alias) for who, each in found])


def _change(app: Application, tenant: int, login: str, dialect: str, name: str, *, remove: bool) -> None:
    if remove:
        app.executor.call(aliases.remove_alias, aliases.RemoveAlias(login, dialect, name), tenant)
        click.echo(f"{name} in {dialect} is user {login} no more")
    else:
        app.executor.call(aliases.add_alias, aliases.AddAlias(login, dialect, name), tenant)
        click.echo(f"{name} in {dialect} is user {login}")


def _read(context: click.Context, dialect: str, name: str) -> str:
    """The name in its stored form. Raises a usage error for a dialect whose clients use logins."""
    readers = {each.name: each.read_alias for each in discover() if each.read_alias is not None}
    if dialect not in readers:
        known = ", ".join(readers)
        raise click.UsageError(
            f"clients of {dialect} have no names of their own for users; those of {known} do", context
        )
    return readers[dialect](name)
