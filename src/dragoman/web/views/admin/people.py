"""People: the list of users, and the form for a new one."""

from typing import Any, NamedTuple

from starlette.responses import Response

from dragoman.dialects.native.handlers import passwords, users
from dragoman.dialects.native.wire.users import NewUser
from dragoman.domain.clock import Moment
from dragoman.domain.people import Group, UserKind, UserRole
from dragoman.usecases.admin import joining, personal_files
from dragoman.usecases.identity import password_links, user_lists
from dragoman.web.readings import languages
from dragoman.web.views.admin import area
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ROOT = f"{area.ROOT}/people"
TEXTS = ("login", "display_name", "first_name", "last_name", "title", "email", "zone")
STATES = {"enabled": N_("Enabled"), "disabled": N_("Disabled"), "deleted": N_("Deleted"), "all": N_("All")}
ROLES = {
    UserRole.ADMINISTRATOR: (N_("Administrator"), N_("may do everything")),
    UserRole.SUPERVISOR: (N_("Supervisor"), N_("sees everything")),
    UserRole.REVIEWER: (N_("Reviewer"), N_("decides batches")),
}
KINDS = {UserKind.PERSON: N_("Person"), UserKind.SERVICE: N_("Service account")}


class Made(NamedTuple):
    """A new user, and when the link expires by which he chooses a password; None for one without a link."""

    uid: str
    login: str
    expires_at: Moment | None


async def show(visit: Visit) -> Response:
    """A page of the users, by login."""
    text, state = visit.request.first("q") or "", visit.request.first("state") or "enabled"
    after = area.place(visit, tuple[str, int])
    known = user_lists.UserState(state) if state in STATES else user_lists.UserState.ENABLED
    command = user_lists.List(area.PAGE_SIZE, after, q=text.strip() or None, state=known)
    found = await visit.read(user_lists.list_page, command)
    return await area.drawn(
        visit,
        "people",
        "people.html",
        people=[
            {
                "user": each.user,
                "roles": [visit.gettext(ROLES[UserRole(role)][0]) for role in each.roles],
                "groups": [group.name for group in each.groups],
                "seen": each.user.last_seen_at and visit.moments.of_day(each.user.last_seen_at),
            }
            for each in found.items
        ],
        q=text,
        state=known,
        states=[(value, visit.gettext(words)) for value, words in STATES.items()],
        next_after=None if found.after is None else area.written(found.after),
        is_filtered=bool(text) or known is not user_lists.UserState.ENABLED or after is not None,
        may_manage=may_manage(visit),
    )


async def show_new(visit: Visit) -> Response:
    """The form for a new user."""
    return await _form(visit)


async def create(visit: Visit) -> Response:
    """Make a user. A person without a password gets a link, which is shown this once."""
    visit.require("user.manage")
    members = typed(visit)
    members["kind"] = visit.form.text("kind") or UserKind.PERSON
    members |= {"password": password} if (password := visit.form.text("password")) else {}
    members = {name: value for name, value in members.items() if value is not None}
    secret = visit.secret_of_form("link")
    made = await area.attempt(visit, _create(visit, members, secret))
    if isinstance(made, Refused):
        return await _form(visit, made)
    uid, login, expires_at = made
    if expires_at is None:
        return visit.acted(f"{ROOT}/{uid}", visit.gettext("%(login)s was made.", login=login))
    return await link_page(visit, login, uid, secret, expires_at)


async def _create(visit: Visit, members: dict[str, Any], secret: bytes) -> Made:
    command = joining.AddWithLink(users.creation(area.read_as(NewUser, members)), secret)
    return await visit.keep_once(joining.add_with_link, command, _made, Made, "create_user")


def _made(added: joining.Added) -> Made:
    return Made(added.user.uid, added.user.login, None if added.link is None else added.link.expires_at)


async def link_page(visit: Visit, login: str, person: str, secret: bytes, expires_at: Moment) -> Response:
    """The page that shows a link for choosing a password, this once. It isn't stored; sent again, the form leads to the
    same one."""
    text = password_links.link_text(visit.require().tenant, secret)
    link = passwords.link(password_links.NewLink(text, expires_at), visit.request.base_url)
    return await area.drawn(
        visit,
        "people",
        "link.html",
        login=login,
        address_of_user=f"{ROOT}/{person}",
        url=link.url or "",
        until=visit.moments.of(expires_at).near,
    )


def typed(visit: Visit) -> dict[str, Any]:
    """The members of a user that the form has, as the native API takes them; empty ones are None."""
    form = visit.form
    members: dict[str, Any] = {name: form.text(name).strip() or None for name in TEXTS if name in form}
    for name in ("language", "owner"):
        if name in form:
            members[name] = form.text(name).strip() or None
    for name in ("roles", "groups"):
        if name in form:
            members[name] = area.chosen(visit, name)
    for name in ("scopes", "dialects"):
        if name in form:
            members[name] = area.words_of(form.text(name)) or None
    return members


async def _form(visit: Visit, refused: Refused = NOTHING) -> Response:
    groups = await visit.read(personal_files.groups, personal_files.LookAtMany())
    values = {name: visit.form.text(name) for name in (*TEXTS, "language", "owner", "scopes", "dialects", "kind")}
    return await area.drawn(
        visit,
        "people",
        "new_person.html",
        refused,
        values=values,
        kinds=[(str(kind), visit.gettext(words)) for kind, words in KINDS.items()],
        **choices(visit, groups, values["language"], visit.form.all("roles"), visit.form.all("groups")),
    )


def choices(visit: Visit, groups: list[Group], language: str, roles: list[str], mine: list[str]) -> dict[str, Any]:
    """What the fields of a user offer, with what is ticked: roles by word, groups by id or name."""
    return {
        "languages": languages(language, visit.gettext("None")),
        "roles": [
            (str(role), visit.gettext(name), visit.gettext(hint), role in roles) for role, (name, hint) in ROLES.items()
        ],
        "groups": [(group.uid, group.name, group.uid in mine or group.name in mine) for group in groups],
        "least": visit.app.settings.passwords.least,
    }


def may_manage(visit: Visit) -> bool:
    """Whether the credentials of the visitor suffice to change users."""
    return visit.require().has_scope(frozenset({"user.manage"}))


PAGES = (
    area.page(area.ROOT, show),
    area.page(ROOT, show),
    area.page(f"{ROOT}/new", show_new, create),
)
