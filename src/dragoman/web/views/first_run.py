"""First run: the page on which the first user, an administrator, is made."""

import ipaddress
from typing import Any

from starlette.responses import Response

from dragoman.dialects.kit import json
from dragoman.dialects.native.handlers.users import creation
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.users import NewUser
from dragoman.domain.access import system
from dragoman.domain.errors import Conflict, Forbidden, Invalid, NotFound
from dragoman.domain.people import UserRole
from dragoman.runtime.accounts import life_of
from dragoman.usecases.identity import first_run
from dragoman.web import addresses
from dragoman.web.forms import faults_of
from dragoman.web.readings import languages
from dragoman.web.site import Page
from dragoman.web.visit import Visit
from dragoman.web.words import N_

FIELDS = ("login", "display_name", "zone", "language")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
PROXY_HEADERS = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
NO_PASSWORD = N_("Enter a password.")
NO_LOGIN = N_("Enter a login.")
WRONG_CODE = N_("This is not the code that the server printed.")
NEXT = "/ui/connect"


async def show(visit: Visit) -> Response:
    """The form. 404 once there is a user."""
    await _must_be_open(visit)
    values = {"language": visit.words.language, "code": visit.request.first("code") or ""}
    return _form(visit, values, {})


async def act(visit: Visit) -> Response:
    """Make the administrator, who is signed in at once."""
    await _must_be_open(visit)
    form = visit.form
    values = {name: form.text(name).strip() for name in (*FIELDS, "code")}
    empty = (("login", values["login"], NO_LOGIN), ("password", form.text("password"), NO_PASSWORD))
    faults = {name: visit.gettext(sentence) for name, text, sentence in empty if not text}
    members: dict[str, Any] = {name: values[name] for name in FIELDS if values[name]}
    members |= {"login": values["login"] or "x", "password": form.text("password") or None}
    try:
        new = reading.document(json.encode({**members, "roles": [UserRole.ADMINISTRATOR]}), NewUser)
        if faults:
            return _form(visit, values, faults)
        life = life_of(visit.app.settings.sessions)
        command = first_run.Begin(
            creation(new),
            is_near=_is_near(visit),
            code=values["code"],
            browser=visit.request.headers.get("user-agent"),
            address=visit.request.address,
            life=life,
        )
        text = await visit.write(first_run.begin, command, system(_tenant(visit)), first_run.OPERATION)
    except Invalid as error:
        return _form(visit, values, faults_of(error.problems, visit.gettext) | faults)
    except Conflict as error:
        visit.request.code = error.code
        return _form(visit, values, {"login": visit.gettext(error.message)})
    except Forbidden as error:
        visit.request.code = error.code
        return _form(visit, values, {"code": visit.gettext(WRONG_CODE)})
    visit.begin_session(text, life.seconds)
    return visit.see_other(NEXT)


async def is_open(visit: Visit) -> bool:
    """Whether there is no user, so that other open pages lead here."""
    return await visit.app.first_run.is_open(_tenant(visit))


async def _must_be_open(visit: Visit) -> None:
    if not await is_open(visit):
        raise NotFound("unknown_path", "There is no such page.")


def _is_near(visit: Visit) -> bool:
    """Whether the browser runs on this machine, and asks by a name of this machine.

    A request that a proxy passed on comes from elsewhere, whatever its address; another name may lead here by DNS of
    somebody else.
    """
    headers = visit.request.headers
    host = headers.get("host", "").lower().rpartition(":")
    name = host[0] if host[1] and not host[2].endswith("]") else host[2]
    if name not in LOOPBACK_NAMES or any(header in headers for header in PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(visit.request.address).is_loopback
    except ValueError:
        return False


def _tenant(visit: Visit) -> int:
    return visit.app.identity.anonymous().tenant


def _form(visit: Visit, values: dict[str, str], faults: dict[str, str]) -> Response:
    return visit.page(
        "first_run.html",
        422 if faults else 200,
        values={**dict.fromkeys((*FIELDS, "code"), ""), **values},
        faults=faults,
        languages=languages(values["language"], visit.gettext("As the browser says")),
        needs_code=not _is_near(visit),
        least=visit.app.settings.passwords.least,
    )


PAGES = (Page(addresses.FIRST_RUN, show, act, is_open=True),)
