"""Your settings: how others see one, how one wants the pages to be, and the browsers in which one is signed in."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.dialects.native import problems
from dragoman.dialects.native.wire.users import ProfilePatch
from dragoman.domain.errors import Conflict, Problem
from dragoman.usecases.identity import own_settings, profiles, session_lists
from dragoman.web import addresses, framing, preferences, readings
from dragoman.web.forms import faults_of
from dragoman.web.readings import languages
from dragoman.web.site import Page
from dragoman.web.visit import Visit

FIELDS = ("display_name", "first_name", "last_name", "title", "email", "zone", "language")


async def show(visit: Visit) -> Response:
    """The settings as they are."""
    return await _page(visit)


async def act(visit: Visit) -> Response:
    """Change one's profile and preferences. What is sent as it is stored is no change, and isn't looked at."""
    visit.require("user.write")
    own = await visit.read(profiles.own, profiles.Own())
    sent = {name: visit.form.text(name).strip() or None for name in FIELDS if name in visit.form}
    fields: dict[str, Any] = {name: value for name, value in sent.items() if value != getattr(own, name)}
    if "display_name" in fields:
        fields["display_name"] = fields["display_name"] or ""
    choices = await _choices(visit)
    wanted = {name: visit.form.text(name) for name in choices if name in visit.form}
    kept = preferences.chosen(visit.preferences)
    changed = {name: value for name, value in wanted.items() if value != kept[name]}
    found = [*problems.find(ProfilePatch, fields).found, *_not_among(changed, choices)]
    if found:
        return await _page(visit, 422, faults_of(found, visit.gettext))
    try:
        command = own_settings.Change(fields, preferences.facts(changed))
        await visit.write(own_settings.change, command, operation="patch_own_profile")
    except Conflict as error:
        visit.request.code = error.code
        return await _page(
            visit, 422, faults_of([Problem("/email", error.code, "belongs to another user")], visit.gettext)
        )
    visit.app.identity.forget_session(visit.cookie)  # it is believed for a second, and the next page is to be as chosen
    return visit.acted(addresses.PROFILE, visit.gettext("Saved."))


async def _choices(visit: Visit) -> dict[str, preferences.Choices]:
    _, views = await framing.gather(visit)
    return {**preferences.CHOICES, "start": preferences.starts(views)}


def _not_among(values: Mapping[str, str], choices: Mapping[str, preferences.Choices]) -> list[Problem]:
    return [
        Problem(f"/{name}", "choice", "must be one of those in the list")
        for name, value in values.items()
        if value not in choices[name]
    ]


async def end_session(visit: Visit) -> Response:
    """End one session; one's own is signing out."""
    visit.require("session.write")
    ended = await visit.write(session_lists.end_session, session_lists.EndSession(visit.path["id"]))
    if visit.session is not None and visit.session.uid == ended.uid:
        visit.end_session()
        return visit.see_other(addresses.SIGN_IN)
    return visit.acted(addresses.PROFILE, visit.gettext("The session has ended."))


async def end_all(visit: Visit) -> Response:
    """Sign out everywhere."""
    visit.require("session.write")
    await visit.write(session_lists.end_sessions, session_lists.EndSessions("me"))
    visit.end_session()
    return visit.see_other(addresses.SIGN_IN)


async def _page(visit: Visit, status: int = 200, faults: dict[str, str] | None = None) -> Response:
    own = await visit.read(own_settings.look, own_settings.Look())
    principal = visit.require()
    choices = await _choices(visit)
    values: dict[str, Any] = {name: getattr(own.user, name) or "" for name in FIELDS}
    values |= preferences.chosen(preferences.of(own.user))
    if faults:
        values |= {name: visit.form.text(name) for name in values if name in visit.form}
    said = {name: [(value, visit.gettext(text)) for value, text in each.items()] for name, each in choices.items()}
    return await visit.framed(
        "profile.html",
        "profile",
        status,
        user=own.user,
        values=values,
        faults=faults or {},
        choices=said,
        languages=languages(values["language"], visit.gettext("As the browser says")),
        sessions=readings.sessions(visit, own.sessions),
        may_see=principal.has_scope(frozenset({"session.read"})),
        may_edit=principal.has_scope(frozenset({"user.write"})),
        may_end=principal.has_scope(frozenset({"session.write"})),
        tenant_zone=own.tenant_zone,
    )


PAGES = (
    Page(addresses.PROFILE, show, act),
    Page(f"{addresses.PROFILE}/sessions/end", act=end_all),
    Page(f"{addresses.PROFILE}/sessions/{{id}}/end", act=end_session),
)
