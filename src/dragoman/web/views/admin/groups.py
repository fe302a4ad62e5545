"""Groups: listed, made, changed with their members, deleted."""

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from dragoman.dialects.native.handlers.groups import PLAIN_LISTS, addition, changed_fields
from dragoman.dialects.native.wire.groups import GroupPatch, NewGroup
from dragoman.usecases.identity import groups, lookup
from dragoman.web.views.admin import area, people
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit

ROOT = f"{area.ROOT}/groups"
ADDRESS = f"{ROOT}/{{group}}"
TEXTS = ("name", "description")


async def show(visit: Visit) -> Response:
    """All groups by name."""
    found = await visit.read(groups.list_page, groups.List(groups.MOST))
    return await area.drawn(
        visit,
        "groups",
        "groups.html",
        groups=[(view.group, _roles(visit, view.group.roles), view.member_count) for view in found.items],
        may_manage=_may_manage(visit),
    )


def _roles(visit: Visit, roles: tuple[str, ...]) -> str:
    return ", ".join(visit.gettext(name) for role, (name, _) in people.ROLES.items() if role in roles)


async def show_new(visit: Visit) -> Response:
    """The form for a new group."""
    return await _form(visit)


async def create(visit: Visit) -> Response:
    """Make a group."""
    visit.require("group.manage")
    made = await area.attempt(visit, _create(visit))
    if isinstance(made, Refused):
        return await _form(visit, made)
    return visit.acted(f"{ROOT}/{made}", visit.gettext("The group was made."))


async def _create(visit: Visit) -> str:
    command = addition(area.read_as(NewGroup, _typed(visit)))
    return await visit.keep_once(groups.add, command, lambda made: made.group.uid, str, "create_group")


async def show_one(visit: Visit) -> Response:
    """A group with its members."""
    return await _page(visit)


async def change(visit: Visit) -> Response:
    """Change what differs from what is stored."""
    visit.require("group.manage")
    result = await area.attempt(visit, _change(visit))
    return await _answer(visit, result, visit.gettext("Saved."))


async def _change(visit: Visit) -> None:
    group = (await visit.read(groups.get, groups.Get(visit.path["group"]))).group
    stored: dict[str, Any] = {name: getattr(group, name) for name in TEXTS}
    stored |= {name: list(getattr(group, name)) for name in PLAIN_LISTS}
    fields = {name: value for name, value in _typed(visit).items() if value != stored[name]}
    patch = area.read_as(GroupPatch, fields)
    command = groups.Change(group.uid, changed_fields(patch), area.revisions(visit))
    await visit.do_once(groups.change, command, "patch_group")


async def delete(visit: Visit) -> Response:
    """Delete a group; with `force` it is taken out of work items first."""
    visit.require("group.manage")
    command = groups.Remove(visit.path["group"], force="force" in visit.form)
    result = await area.attempt(visit, visit.do_once(groups.remove, command, "delete_group"))
    if isinstance(result, Refused):
        return await _page(visit, result)
    return visit.acted(ROOT, visit.gettext("The group was deleted."))


async def join(visit: Visit) -> Response:
    """Make a user a member."""
    visit.require("group.manage")
    person = visit.form.text("person").strip()
    if not await visit.read(lookup.exists, lookup.Exists(person)):
        why = visit.gettext("Person does not match a user.")
        return await _page(visit, Refused({"person": why}))
    command = groups.Join(visit.path["group"], person)
    result = await area.attempt(visit, visit.do_once(groups.join, command, "put_group_member"))
    return await _answer(visit, result, visit.gettext("%(login)s is a member.", login=person))


async def leave(visit: Visit) -> Response:
    """End a membership."""
    visit.require("group.manage")
    command = groups.Leave(visit.path["group"], visit.form.text("person"))
    result = await area.attempt(visit, visit.do_once(groups.leave, command, "delete_group_member"))
    return await _answer(visit, result, visit.gettext("The membership has ended."))


def _typed(visit: Visit) -> dict[str, Any]:
    form = visit.form
    members: dict[str, Any] = {name: form.text(name).strip() for name in TEXTS if name in form}
    members |= {"roles": area.chosen(visit, "roles")} if "roles" in form else {}
    members |= {"external_names": area.lines_of(form.text("external_names"))} if "external_names" in form else {}
    return members


async def _answer(visit: Visit, result: object, said: str) -> Response:
    if isinstance(result, Refused):
        return await _page(visit, result)
    return visit.acted(ADDRESS.format(group=quote(visit.path["group"], safe="")), said)


async def _form(visit: Visit, refused: Refused = NOTHING) -> Response:
    values = {name: visit.form.text(name) for name in (*TEXTS, "external_names")}
    roles = _ticks(visit, visit.form.all("roles"))
    return await area.drawn(visit, "groups", "new_group.html", refused, values=values, roles=roles)


async def _page(visit: Visit, refused: Refused = NOTHING) -> Response:
    found = await visit.read(
        groups.look, groups.Look(visit.path["group"], area.PAGE_SIZE, area.place(visit, str) or "")
    )
    group = found.view.group
    values = {"name": group.name, "description": group.description, "person": ""}
    values["external_names"] = "\n".join(group.external_names)
    is_typed = refused is not NOTHING
    values |= {name: visit.form.text(name) for name in values if is_typed and name in visit.form}
    roles = visit.form.all("roles") if is_typed and "roles" in visit.form else list(group.roles)
    return await area.drawn(
        visit,
        "groups",
        "group.html",
        refused,
        group=group,
        count=found.view.member_count,
        members=found.members.items,
        next_after=None if found.members.after is None else area.written(found.members.after),
        people=found.people,
        root=ADDRESS.format(group=group.uid),
        values=values,
        roles=_ticks(visit, roles),
        may_manage=_may_manage(visit),
    )


def _ticks(visit: Visit, chosen: list[str]) -> list[tuple[str, str, str, bool]]:
    gettext = visit.gettext
    return [(str(role), gettext(name), gettext(hint), role in chosen) for role, (name, hint) in people.ROLES.items()]


def _may_manage(visit: Visit) -> bool:
    return visit.require().has_scope(frozenset({"group.manage"}))


PAGES = (
    area.page(ROOT, show),
    area.page(f"{ROOT}/new", show_new, create),
    area.page(ADDRESS, show_one, change),
    area.page(f"{ADDRESS}/delete", act=delete),
    area.page(f"{ADDRESS}/members", act=join),
    area.page(f"{ADDRESS}/members/remove", act=leave),
)
