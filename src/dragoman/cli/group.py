"""`dragoman group`: groups of users, their roles and their members."""

from collections.abc import Iterable
from typing import Any

import click
import msgspec

from dragoman.cli.application import opened, tenant_of
from dragoman.cli.options import PLAIN, as_json, common
from dragoman.cli.tables import table
from dragoman.dialects.kit import json
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire.groups import GroupList
from dragoman.domain.people import UserRole
from dragoman.usecases.identity import groups
from dragoman.usecases.identity.groups import GroupView, Joined
from dragoman.usecases.identity.memberships import MOST_MEMBERS

MOST = 1_000
ROLE = click.Choice([str(role) for role in UserRole])


@click.group("group", short_help="Groups of users and their roles.")
@common
def group_command() -> None:
    """Groups: sets of users that hold roles and tasks. A member has the roles of all of his groups."""


@group_command.group("member", short_help="Add and remove members.")
@common
def member_command() -> None:
    """The members of a group."""


@group_command.command("add")
@click.argument("name", type=PLAIN)
@click.option("--description", type=PLAIN, help="What the group is for.")
@click.option("--role", "roles", type=ROLE, multiple=True, help="A role of its members; may be repeated.")
@click.option("--external", type=PLAIN, multiple=True, help="A value of a provider's claim that means this group.")
@as_json
@common
@click.pass_context
def add(
    context: click.Context,
    name: str,
    *,
    description: str | None,
    roles: tuple[str, ...],
    external: tuple[str, ...],
    as_json: bool,
) -> None:
    """Add a group. Names are unique; letters of either case are the same.

    \b
    Example:
      dragoman group add desk --role reviewer

    \b
    Exit codes:
      0  added
      1  the name is taken, or there are too many groups
      2  wrong usage
    """
    fields = {"description": description or "", "roles": _once(roles), "external_names": _external(context, external)}
    view: GroupView = _call(context, groups.add, groups.Add(name, fields))
    _tell(view, f"group {view.group.name} added", as_json=as_json)


@group_command.command("list")
@as_json
@common
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """Show every group by name.

    \b
    Example:
      dragoman group list

    \b
    Exit codes:
      0  shown
      1  there is no such database or tenant
      2  wrong usage
    """
    page: groups.Page = _call(context, groups.list_page, groups.List(MOST))
    if as_json:
        _print(GroupList([wire.group(view) for view in page.items]))
        return
    rows = [(v.group.name, str(v.member_count), " ".join(v.group.roles), v.group.description) for v in page.items]
    table(("NAME", "MEMBERS", "ROLES", "DESCRIPTION"), rows)


@group_command.command("show")
@click.argument("name", type=PLAIN)
@as_json
@common
@click.pass_context
def show(context: click.Context, name: str, *, as_json: bool) -> None:
    """Show a group and its members.

    \b
    Example:
      dragoman group show desk

    \b
    Exit codes:
      0  shown
      1  there is no such group
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        view = app.executor.call(groups.get, groups.Get(name), tenant)
        if as_json:
            _print(wire.group(view))
            return
        command = groups.ListMembers(view.uid, MOST_MEMBERS)
        members = app.executor.call(groups.list_members, command, tenant)
    group = view.group
    click.echo(f"{group.name}: {' '.join(group.roles) or 'no roles'}")
    for line in filter(None, (group.description, ", ".join(group.external_names))):
        click.echo(line)
    table(("LOGIN", "NAME", "SOURCE"), [(each.login, each.display_name, each.source) for each in members.items])


@group_command.command("change")
@click.argument("name", type=PLAIN)
@click.option("--name", "new_name", type=PLAIN, help="The new name. Tasks and templates of the group stay its own.")
@click.option("--description", type=PLAIN, help="What the group is for.")
@click.option("--role", "roles", type=ROLE, multiple=True, help="A role to add; may be repeated.")
@click.option("--no-role", "no_roles", type=ROLE, multiple=True, help="A role to take away; may be repeated.")
@click.option(
    "--external", type=PLAIN, multiple=True, help="The values of a provider's claim that mean this group, from now on."
)
@as_json
@common
@click.pass_context
def change(
    context: click.Context,
    name: str,
    *,
    new_name: str | None,
    description: str | None,
    roles: tuple[str, ...],
    no_roles: tuple[str, ...],
    external: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change a group: its name, its roles, what a provider calls it.

    \b
    Example:
      dragoman group change desk --role reviewer --no-role supervisor

    \b
    Exit codes:
      0  changed, or as it was
      1  there is no such group, the name is taken, or no administrator would be left
      2  wrong usage
    """
    if set(roles) & set(no_roles):
        raise click.UsageError("a role is both added and taken away", context)
    fields: dict[str, Any] = {"name": new_name, "description": description}
    fields = {key: value for key, value in fields.items() if value is not None}
    if external:
        fields["external_names"] = _external(context, external)
    with opened(context, existing=True) as app:
        tenant = tenant_of(context, app)
        before = app.executor.call(groups.get, groups.Get(name), tenant)
        if roles or no_roles:
            kept = (role for role in (*before.group.roles, *roles) if role not in no_roles)
            fields["roles"] = _once(kept)
        command = groups.Change(before.uid, fields, frozenset({before.revision}))
        view = app.executor.call(groups.change, command, tenant, dialect="cli", operation="group.change")
    _tell(view, f"group {view.group.name} {'unchanged' if view == before else 'changed'}", as_json=as_json)


@group_command.command("delete")
@click.argument("name", type=PLAIN)
@click.option("--force", is_flag=True, help="Take the group out of the work items of tasks first.")
@common
@click.pass_context
def delete(context: click.Context, name: str, *, force: bool) -> None:
    """Delete a group that no task, template or policy names.

    \b
    Example:
      dragoman group delete desk

    \b
    Exit codes:
      0  deleted
      1  there is no such group, it is in use, or no administrator would be left
      2  wrong usage
    """
    _call(context, groups.remove, groups.Remove(name, force=force))
    click.echo(f"group {name} deleted")


@member_command.command("add", short_help="Make a user a member.")
@click.argument("name", type=PLAIN)
@click.argument("login", type=PLAIN)
@as_json
@common
@click.pass_context
def add_member(context: click.Context, name: str, login: str, *, as_json: bool) -> None:
    """Make a user a member of a group.

    \b
    Example:
      dragoman group member add desk bert

    \b
    Exit codes:
      0  added, now or before
      1  there is no such group or user, or there are too many members
      2  wrong usage
    """
    joined: Joined = _call(context, groups.join, groups.Join(name, login))
    if as_json:
        _print(wire.member(joined.member))
    else:
        click.echo(f"user {login} {'added to' if joined.is_new else 'is in'} group {name}")


@member_command.command("remove", short_help="End a user's membership.")
@click.argument("name", type=PLAIN)
@click.argument("login", type=PLAIN)
@common
@click.pass_context
def remove_member(context: click.Context, name: str, login: str) -> None:
    """End a user's membership in a group.

    \b
    Example:
      dragoman group member remove desk bert

    \b
    Exit codes:
      0  no member any more
      1  there is no such group or user, or no administrator would be left
      2  wrong usage
    """
    _call(context, groups.leave, groups.Leave(name, login))
    click.echo(f"user {login} removed from group {name}")


def _call(context: click.Context, run: Any, command: Any) -> Any:
    with opened(context, existing=True) as app:
        operation = context.command_path.removeprefix("dragoman ").replace(" ", ".")
        return app.executor.call(run, command, tenant_of(context, app), dialect="cli", operation=operation)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _external(context: click.Context, names: Iterable[str]) -> tuple[str, ...]:
    found = _once(names)
    if len(found) > groups.MOST_EXTERNAL_NAMES:
        raise click.UsageError(f"a group has {groups.MOST_EXTERNAL_NAMES} external names at most", context)
    return found


def _tell(view: GroupView, sentence: str, *, as_json: bool) -> None:
    if as_json:
        _print(wire.group(view))
    else:
        click.echo(sentence)


def _print(document: msgspec.Struct) -> None:
    click.echo(json.encode(document).decode())
