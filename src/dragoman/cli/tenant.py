"""`dragoman tenant`."""

import click

from dragoman.cli.application import opened
from dragoman.cli.options import PLAIN, common
from dragoman.cli.tables import table
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.usecases.admin import tenants


@click.group("tenant", short_help="Add and list tenants.")
@common
def tenant_command() -> None:
    """Tenants: each has its own users, tasks and settings, and sees nothing of the others.

    The tenant `main` is created at the first start. A client's credential determines its tenant; commands take
    --tenant.
    """


@tenant_command.command("add")
@click.argument("name", type=PLAIN)
@common
@click.pass_context
def add(context: click.Context, name: str) -> None:
    """Create a tenant, with an inbox and the twelve default categories.

    \b
    Example:
      dragoman tenant add north

    \b
    Exit codes:
      0  created
      1  the name is taken
      2  wrong usage
    """
    with opened(context) as app:
        number = app.ensure_tenant(name, must_be_new=True)
    click.echo(f"tenant {name} added, number {number}")


@tenant_command.command("list")
@common
@click.pass_context
def list_(context: click.Context) -> None:
    """Show every tenant: its name and its number.

    \b
    Example:
      dragoman tenant list

    \b
    Exit codes:
      0  shown
      1  there is no such database
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        found = app.executor.call(tenants.list_all, tenants.ListTenants(), DIRECTORY_TENANT)
    table(("NAME", "NUMBER"), [(name, str(number)) for name, number in found])
