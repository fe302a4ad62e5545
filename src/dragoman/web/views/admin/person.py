"""One user: his data, his way in, what he holds, his sessions and aliases; disabled, enabled, deleted."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from msgspec.structs import asdict
from starlette.responses import Response

from dragoman.dialects.native.handlers import users
from dragoman.dialects.native.wire.users import UserPatch
from dragoman.domain.clock import Moment
from dragoman.usecases.admin import leaving, personal_files
from dragoman.usecases.admin.personal_files import PersonalFile
from dragoman.usecases.background.handing_over import Held
from dragoman.usecases.identity import aliases, changing, names, password_changes, password_links, session_lists
from dragoman.usecases.uow import UnitOfWork
from dragoman.web import readings
from dragoman.web.dialects import DIALECTS
from dragoman.web.views.admin import area, people
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ADDRESS = f"{people.ROOT}/{{person}}"
KEEP, HAND_OVER, RELEASE = "keep", "hand_over", "release"
WHO = N_("Name the user who gets it.")


async def show(visit: Visit) -> Response:
    """The user as he is."""
    return await _page(visit)


async def change(visit: Visit) -> Response:
    """Change what differs from what is stored."""
    visit.require("user.manage")
    seen = await _look(visit)
    fields = _changed(seen, people.typed(visit))
    result = await area.attempt(visit, _change(visit, fields))
    return await _answer(visit, result, visit.gettext("Saved."))


async def _change(visit: Visit, fields: dict[str, Any]) -> object:
    patch = area.read_as(UserPatch, fields)
    command = users.change(visit.path["person"], patch, area.revisions(visit))
    return await visit.write(changing.change_user, command, operation="patch_user")


def _changed(seen: PersonalFile, members: dict[str, Any]) -> dict[str, Any]:
    user = seen.profile.user
    stored = {
        **{name: getattr(user, name) for name in (*people.TEXTS, "language")},
        "roles": list(user.roles),
        "groups": [group.uid for group in seen.profile.groups],
        "owner": None if seen.owner is None else seen.owner.login,
        "scopes": None if user.scopes is None else list(user.scopes),
        "dialects": None if user.dialects is None else list(user.dialects),
    }
    changed = {name: value for name, value in members.items() if _sorted(value) != _sorted(stored[name])}
    for name in ("login", "display_name"):  # which can't be without a value
        if name in changed:
            changed[name] = changed[name] or ""
    return changed


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


async def disable(visit: Visit) -> Response:
    """Disable the user; his work stays his, is released, or goes to another."""
    visit.require("user.manage")
    what, heir = _wishes(visit)
    if what == HAND_OVER and not heir:
        return await _page(visit, Refused({"hand_over_to": visit.gettext(WHO)}))
    command = leaving.DisableUser(visit.path["person"], heir if what == HAND_OVER else None, releases=what == RELEASE)
    result = await area.attempt(visit, visit.do_once(leaving.disable_user, command, "disable_user"))
    return await _answer(visit, result, visit.gettext("The user is disabled."))


async def enable(visit: Visit) -> Response:
    """Enable the user again."""
    return await _simply(visit, leaving.enable_user, leaving.EnableUser, "enable_user", N_("The user is enabled."))


async def delete(visit: Visit) -> Response:
    """Delete the user. His open work goes to another or to nobody; with work and without a word it is refused."""
    visit.require("user.manage")
    what, heir = _wishes(visit)
    if what == HAND_OVER and not heir:
        return await _page(visit, Refused({"hand_over_to": visit.gettext(WHO)}))
    goes_to = heir if what == HAND_OVER else leaving.NOBODY if what == RELEASE else None
    command = leaving.DeleteUser(visit.path["person"], goes_to)
    result = await area.attempt(visit, visit.do_once(leaving.delete_user, command, "delete_user"))
    if isinstance(result, Refused):
        return await _page(visit, result)
    return visit.acted(people.ROOT, visit.gettext("The user was deleted."))


def _wishes(visit: Visit) -> tuple[str, str]:
    """What becomes of the work, and to whom it goes. A name alone says that it goes there."""
    heir = visit.form.text("hand_over_to").strip()
    return visit.form.text("work") or (HAND_OVER if heir else KEEP), heir


async def make_link(visit: Visit) -> Response:
    """A link by which the user chooses a password, shown this once."""
    visit.require("user.manage")
    secret = visit.secret_of_form("link")
    command = password_links.CreateLink(visit.path["person"], secret=secret)
    act = visit.keep_once(password_links.create_link, command, _expires_at, Moment, "create_password_link")
    made = await area.attempt(visit, act)
    if isinstance(made, Refused):
        return await _page(visit, made)
    user = (await _look(visit)).profile.user
    return await people.link_page(visit, user.login, user.uid, secret, made)


def _expires_at(link: password_links.NewLink) -> Moment:
    return link.expires_at


async def unlock(visit: Visit) -> Response:
    """Let failed logins of before count no more."""
    said = N_("Failed logins of before don't count any more.")
    return await _simply(visit, password_changes.unlock, password_changes.Unlock, "unlock_user", said)


async def end_session(visit: Visit) -> Response:
    """End one session."""
    visit.require("session.manage", "session.write")
    await visit.do_once(session_lists.end_session, session_lists.EndSession(visit.path["id"]), "end_session")
    return visit.acted(_address(visit), visit.gettext("The session has ended."))


async def end_sessions(visit: Visit) -> Response:
    """End all sessions of the user."""
    visit.require("session.manage", "session.write")
    command = session_lists.EndSessions(visit.path["person"])
    count = await visit.write_once(session_lists.end_sessions, command, int, "end_sessions")
    said = visit.ngettext("%(count)s session has ended.", "%(count)s sessions have ended.", count)
    return visit.acted(_address(visit), said)


async def put_alias(visit: Visit) -> Response:
    """Give the user a name in a dialect."""
    visit.require("user.manage")
    form = visit.form
    command = aliases.Put(visit.path["person"], form.text("dialect"), form.text("name").strip(), "first" in form)
    result = await area.attempt(visit, visit.do_once(aliases.put, command, "put_user_alias"))
    if isinstance(result, Refused) and not result.faults:
        result = Refused({"name": result.sentence})
    return await _answer(visit, result, visit.gettext("Saved."))


async def remove_alias(visit: Visit) -> Response:
    """Take a name from the user."""
    visit.require("user.manage")
    command = aliases.Remove(visit.path["person"], visit.form.text("dialect"), visit.form.text("name"))
    result = await area.attempt(visit, visit.do_once(aliases.remove, command, "delete_user_alias"))
    return await _answer(visit, result, visit.gettext("The alias was removed."))


async def _simply(
    visit: Visit, run: Callable[[UnitOfWork, Any], object], command: Callable[[str], Any], name: str, said: str
) -> Response:
    visit.require("user.manage")
    result = await area.attempt(visit, visit.do_once(run, command(visit.path["person"]), name))
    return await _answer(visit, result, visit.gettext(said))


async def _answer(visit: Visit, result: object, said: str) -> Response:
    if isinstance(result, Refused):
        return await _page(visit, result)
    return visit.acted(_address(visit), said)


def _address(visit: Visit) -> str:
    return ADDRESS.format(person=quote(visit.path["person"], safe=""))


async def _look(visit: Visit) -> PersonalFile:
    return await visit.read(personal_files.look, personal_files.Look(visit.path["person"]))


async def _page(visit: Visit, refused: Refused = NOTHING) -> Response:
    seen = await _look(visit)
    user = seen.profile.user
    values: dict[str, Any] = {name: getattr(user, name) or "" for name in (*people.TEXTS, "language")}
    values["owner"] = "" if seen.owner is None else seen.owner.login
    values |= {name: " ".join(getattr(user, name) or ()) for name in ("scopes", "dialects")}
    values |= dict.fromkeys(("hand_over_to", "dialect", "name"), "")
    is_typed = refused is not NOTHING
    values |= {name: visit.form.text(name) for name in values if is_typed and name in visit.form}
    roles = visit.form.all("roles") if is_typed and "roles" in visit.form else list(user.roles)
    mine = visit.form.all("groups") if is_typed and "groups" in visit.form else list(user.groups)
    locked = visit.app.identity.locked_until(user.uid)
    inherited = [
        visit.gettext(name)
        for role, (name, _) in people.ROLES.items()
        if role in seen.profile.roles and role not in user.roles
    ]
    return await area.drawn(
        visit,
        "people",
        "person.html",
        refused,
        user=user,
        values=values,
        work=visit.form.text("work") or KEEP,
        root=_address(visit),
        held=_words_of(visit, seen.held),
        tasks=seen.tasks,
        sessions=readings.sessions(visit, seen.sessions),
        aliases=seen.aliases,
        others=seen.others,
        with_names=[(name, DIALECTS.get(name, name)) for name in names.dialects()],
        inherited=inherited,
        locked=None if locked is None else visit.moments.of(locked),
        made=visit.moments.of(user.created_at),
        last_seen=None if user.last_seen_at is None else visit.moments.of_day(user.last_seen_at),
        disabled=None if user.disabled_at is None else visit.moments.of(user.disabled_at),
        deleted=None if user.deleted_at is None else visit.moments.of(user.deleted_at),
        may_manage=people.may_manage(visit) and user.deleted_at is None,
        **people.choices(visit, seen.groups, values["language"], roles, mine),
    )


def _words_of(visit: Visit, held: Held) -> list[str]:
    """What the user holds, each kind in words; nothing of a kind that he holds none of."""
    forms = {
        "tasks": visit.ngettext("%(count)s open task", "%(count)s open tasks", held.tasks),
        "cases": visit.ngettext("%(count)s open case", "%(count)s open cases", held.cases),
        "work_items": visit.ngettext("%(count)s role on open tasks", "%(count)s roles on open tasks", held.work_items),
        "feeds": visit.ngettext("%(count)s feed", "%(count)s feeds", held.feeds),
        "webhooks": visit.ngettext("%(count)s webhook", "%(count)s webhooks", held.webhooks),
    }
    return [forms[name] for name, count in asdict(held).items() if count]


PAGES = (
    area.page(ADDRESS, show, change),
    area.page(f"{ADDRESS}/disable", act=disable),
    area.page(f"{ADDRESS}/enable", act=enable),
    area.page(f"{ADDRESS}/delete", act=delete),
    area.page(f"{ADDRESS}/link", act=make_link),
    area.page(f"{ADDRESS}/unlock", act=unlock),
    area.page(f"{ADDRESS}/sessions/end", act=end_sessions),
    area.page(f"{ADDRESS}/sessions/{{id}}/end", act=end_session),
    area.page(f"{ADDRESS}/aliases", act=put_alias),
    area.page(f"{ADDRESS}/aliases/remove", act=remove_alias),
)
