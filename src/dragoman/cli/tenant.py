"""`dragoman tenant`."""

from typing import Any

import click

from dragoman.cli.application import opened
from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.tables import table
from dragoman.dialects.kit import json
from dragoman.domain.clock import to_datetime
from dragoman.domain.errors import Invalid
from dragoman.domain.people import DIRECTORY_TENANT, Tenant
from dragoman.runtime.application import Application
from dragoman.usecases import tenant_limits
from dragoman.usecases.admin import tenant_profile, tenants


@click.group("tenant", short_help="Add, change, disable and list tenants.")
@common
def tenant_command() -> None:
    """Tenants: each has its own users, tasks and settings, and sees nothing of the others.

    The tenant `main` is created at the first start. A client's credential determines its tenant; commands take
    --tenant.
    """


@tenant_command.command("add")
@click.argument("name", type=PLAIN)
@as_json
@common
@click.pass_context
def add(context: click.Context, name: str, *, as_json: bool) -> None:
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
        _tell(_read(app, number), f"tenant {name} added, number {number}", as_json=as_json)


@tenant_command.command("list")
@as_json
@common
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
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
        numbers = app.executor.call(tenants.list_all, tenants.ListTenants(), DIRECTORY_TENANT)
        found = [_read(app, number) for _, number in numbers]
    if as_json:
        click.echo(json.encode({"items": [_document(each) for each in found]}).decode())
        return
    table(("NAME", "NUMBER", "STATE"), [(each.name, str(each.number), _state(each)) for each in found])


@tenant_command.command("show")
@click.argument("name", type=PLAIN)
@as_json
@common
@click.pass_context
def show(context: click.Context, name: str, *, as_json: bool) -> None:
    """Show a tenant: its zone, language, limits and state.

    \b
    Example:
      dragoman tenant show north

    \b
    Exit codes:
      0  shown
      1  there is no such tenant
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        found = _read(app, _number(app, name))
    if as_json:
        _tell(found, "", as_json=True)
        return
    limits = ", ".join(f"{value} {limit.replace('_', ' ')}" for limit, value in sorted(found.limits.items()))
    table(
        ("FACT", "VALUE"),
        [
            ("name", found.name),
            ("number", str(found.number)),
            ("shown as", found.display_name or ""),
            ("zone", found.zone),
            ("language", found.language or ""),
            ("If-Match", "required" if found.require_if_match else "optional"),
            ("limits", limits or "none"),
            ("state", _state(found)),
        ],
    )


@tenant_command.command("disable", short_help="Refuse all credentials of a tenant.")
@click.argument("name", type=PLAIN)
@as_json
@common
@click.pass_context
def disable(context: click.Context, name: str, *, as_json: bool) -> None:
    """Disable a tenant: within a second all its credentials are refused, and its jobs and timers stand still. All data
    stays.

    \b
    Example:
      dragoman tenant disable north

    \b
    Exit codes:
      0  disabled, now or before
      1  there is no such tenant
      2  wrong usage
    """
    _switch(context, name, is_disabled=True, as_json=as_json)


@tenant_command.command("enable", short_help="Let a disabled tenant work again.")
@click.argument("name", type=PLAIN)
@as_json
@common
@click.pass_context
def enable(context: click.Context, name: str, *, as_json: bool) -> None:
    """Enable a tenant again: its credentials count within a second, and its jobs and timers go on.

    \b
    Example:
      dragoman tenant enable north

    \b
    Exit codes:
      0  enabled, now or before
      1  there is no such tenant
      2  wrong usage
    """
    _switch(context, name, is_disabled=False, as_json=as_json)


@tenant_command.command("change", short_help="Change a tenant's names, zone and limits.")
@click.argument("name", type=PLAIN)
@click.option("--display-name", metavar="NAME", help="How pages call it.")
@click.option("--zone", metavar="ZONE", help="The time zone of clients that name none, such as Europe/Riga.")
@click.option("--language", metavar="TAG", help="A language tag such as lv or de-AT.")
@click.option(
    "--require-if-match/--no-require-if-match", default=None, help="Whether native changes must name the revision."
)
@click.option("--max-users", metavar="N", help="The most users; `none` for no limit.")
@click.option("--max-open-tasks", metavar="N", help="The most tasks that have not ended; `none` for no limit.")
@click.option("--max-attachment-bytes", metavar="N", help="The most bytes of attachments; `none` for no limit.")
@as_json
@common
@click.pass_context
def change(context: click.Context, /, name: str, *, as_json: bool, **given: Any) -> None:
    """Change what is named. Moments that are stored already don't move with a new zone.

    \b
    Example:
      dragoman tenant change main --zone Europe/Riga --max-open-tasks 100000

    \b
    Exit codes:
      0  changed, or nothing to change
      1  there is no such tenant
      2  wrong usage
    """
    command = _change(context, given)
    with opened(context, existing=True) as app:
        changed = app.executor.call(tenant_profile.change, command, _number(app, name))
        _tell(changed, f"tenant {name} changed", as_json=as_json)


def _change(context: click.Context, given: dict[str, Any]) -> tenant_profile.Change:
    """The command, its values checked as those of the API."""
    from dragoman.dialects.native.handlers.tenants import change_of  # the API's schemas take time to load

    named = {key: value for key, value in given.items() if value is not None}
    limits = {
        limit: _limit(context, named.pop(f"max_{limit}")) for limit in tenant_limits.LIMITS if f"max_{limit}" in named
    }
    try:
        return change_of({**named, **({"limits": limits} if limits else {})})
    except Invalid as refused:
        faults = "; ".join(f"{problem.path.lstrip('/')} {problem.message}" for problem in refused.problems)
        raise click.UsageError(faults, context) from refused


def _limit(context: click.Context, text: str) -> int | None:
    if text == "none":
        return None
    if not text.isdecimal():
        raise click.UsageError(f"{text!r} is neither a number nor none", context)
    return int(text)


def _switch(context: click.Context, name: str, *, is_disabled: bool, as_json: bool) -> None:
    with opened(context, existing=True) as app:
        command = tenant_profile.Disable(is_disabled)
        found = app.executor.call(tenant_profile.disable, command, _number(app, name))
        _tell(found, f"tenant {name} {'disabled' if is_disabled else 'enabled'}", as_json=as_json)


def _number(app: Application, name: str) -> int:
    return app.executor.call(tenants.find, tenants.FindTenant(name), DIRECTORY_TENANT)


def _read(app: Application, number: int) -> Tenant:
    return app.executor.call(tenant_profile.get, tenant_profile.Get(), number)


def _document(tenant: Tenant) -> Any:
    from dragoman.dialects.native.views import tenant as shown

    return shown(tenant, whole=True)


def _tell(tenant: Tenant, sentence: str, *, as_json: bool) -> None:
    click.echo(json.encode(_document(tenant)).decode() if as_json else sentence)


def _state(tenant: Tenant) -> str:
    return (
        "enabled"
        if tenant.disabled_at is None
        else f"disabled since {to_datetime(tenant.disabled_at):%Y-%m-%d %H:%M} UTC"
    )
