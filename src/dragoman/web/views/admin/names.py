"""Names that other systems have for users: aliases, and names that clients sent and nobody answers to."""

from starlette.responses import Response

from dragoman.usecases.identity import aliases, lookup, names
from dragoman.usecases.tasks import unclaimed_names
from dragoman.web.dialects import DIALECTS
from dragoman.web.views.admin import area
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ALIASES = f"{area.ROOT}/aliases"
ROOT = f"{area.ROOT}/names"
FIELDS = ("person", "dialect", "name")
NOBODY = N_("This is does not match a user.")


async def show_aliases(visit: Visit) -> Response:
    """The aliases of all users by dialect and name, and the form for another."""
    return await _aliases(visit)


async def add_alias(visit: Visit) -> Response:
    """Give a user a name in a dialect."""
    visit.require("user.manage")
    form = visit.form
    person, dialect, name = (form.text(field).strip() for field in FIELDS)
    if not await visit.read(lookup.exists, lookup.Exists(person)):
        return await _aliases(visit, Refused({"person": visit.gettext("Person does not match a user.")}))
    command = aliases.Put(person, dialect, name, "first" in form)
    result = await area.attempt(visit, visit.do_once(aliases.put, command, "put_user_alias"))
    if isinstance(result, Refused):
        return await _aliases(visit, result if result.faults else Refused({"name": result.sentence}))
    return visit.acted(ALIASES, visit.gettext("%(login)s is called %(name)s.", login=person, name=name))


async def remove_alias(visit: Visit) -> Response:
    """Take a name from a user."""
    visit.require("user.manage")
    form = visit.form
    command = aliases.Remove(form.text("person"), form.text("dialect"), form.text("name"))
    result = await area.attempt(visit, visit.do_once(aliases.remove, command, "delete_user_alias"))
    if isinstance(result, Refused):
        return await _aliases(visit, result)
    return visit.acted(ALIASES, visit.gettext("The alias was removed."))


async def _aliases(visit: Visit, refused: Refused = NOTHING) -> Response:
    found = await visit.read(aliases.list_page, aliases.List(limit=area.PAGE_SIZE, after=area.place(visit, int) or 0))
    return await area.drawn(
        visit,
        "aliases",
        "aliases.html",
        refused,
        aliases=found.items,
        next_after=None if found.after is None else area.written(found.after),
        values={name: visit.form.text(name) for name in FIELDS},
        with_names=_dialects(),
        people=await visit.read(lookup.offered, lookup.Offered(area.MOST_OFFERED)),
        may_manage=_may_manage(visit),
    )


async def show(visit: Visit) -> Response:
    """The names that match no user, those with the most open tasks first."""
    return await _page(visit)


async def claim(visit: Visit) -> Response:
    """Give a name to a user, and with it the open tasks that carry it and are nobody's."""
    visit.require("user.manage")
    form = visit.form
    command = unclaimed_names.Claim(
        form.text("dialect"), form.text("name"), form.text("user").strip(), form.text("tasks") != "leave"
    )
    claimed = visit.keep_once(unclaimed_names.claim, command, _claimed, tuple[str, bool, int], "claim_unclaimed_name")
    result = await area.attempt(visit, claimed)
    if isinstance(result, Refused):
        if "user" in result.faults:
            return await _page(visit, Refused({"user": visit.gettext(NOBODY)}))
        return await _page(visit, result)
    login, goes_on, count = result
    if goes_on:
        said = visit.gettext("%(login)s gets the tasks, one after the other.", login=login)
    else:
        said = visit.ngettext("%(login)s got %(count)s task.", "%(login)s got %(count)s tasks.", count, login=login)
    return visit.acted(ROOT, said)


def _claimed(result: unclaimed_names.Claimed) -> tuple[str, bool, int]:
    return result.alias.login, result.job is not None, result.assigned


async def forget(visit: Visit) -> Response:
    """Take a name off the list, until it is sent again."""
    visit.require("user.manage")
    command = unclaimed_names.Forget(visit.form.text("dialect"), visit.form.text("name"))
    await visit.do_once(unclaimed_names.forget, command, "delete_unclaimed_name")
    return visit.acted(ROOT, visit.gettext("The name is off the list until it is sent again."))


async def _page(visit: Visit, refused: Refused = NOTHING) -> Response:
    after = area.place(visit, int) or 0
    found = await visit.read(unclaimed_names.list_page, unclaimed_names.List(None, area.PAGE_SIZE, after))
    typed = (visit.form.text("dialect"), visit.form.text("name")) if refused is not NOTHING else ()
    rows = [
        {
            "item": item,
            "first": visit.moments.of(item.first_seen_at),
            "last": visit.moments.of(item.last_seen_at),
            "faults": refused.faults if (item.dialect, item.name) == typed else {},
            "user": visit.form.text("user") if (item.dialect, item.name) == typed else "",
        }
        for item in found.items
    ]
    return await area.drawn(
        visit,
        "names",
        "names.html",
        refused,
        rows=rows,
        next_after=None if found.after is None else area.written(found.after),
        people=await visit.read(lookup.offered, lookup.Offered(area.MOST_OFFERED)),
        may_manage=_may_manage(visit),
    )


def _dialects() -> list[tuple[str, str]]:
    return [(name, DIALECTS.get(name, name)) for name in names.dialects()]


def _may_manage(visit: Visit) -> bool:
    return visit.require().has_scope(frozenset({"user.manage"}))


PAGES = (
    area.page(ALIASES, show_aliases, add_alias),
    area.page(f"{ALIASES}/remove", act=remove_alias),
    area.page(ROOT, show, claim),
    area.page(f"{ROOT}/forget", act=forget),
)
