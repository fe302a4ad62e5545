"""What all places of Administration share: who may enter, the list of places, how a refused act is shown."""

import base64
import binascii
from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec
from starlette.responses import Response

from dragoman.dialects.native.wire import requests as reading
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, NotFound, Problem, StaleVersion
from dragoman.web.forms import faults_of
from dragoman.web.site import Handler, Page
from dragoman.web.visit import Visit
from dragoman.web.words import N_

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
ROOT = "/ui/admin"
PAGE_SIZE = 100
MOST_OFFERED = 200
"""Users whom a field proposes; others can be typed."""
SECTIONS = {
    "people": N_("People"),
    "groups": N_("Groups"),
    "tokens": N_("Tokens"),
    "aliases": N_("Aliases"),
    "names": N_("Unclaimed names"),
    "templates": N_("Templates"),
    "categories": N_("Categories"),
    "attributes": N_("Attributes"),
    "views": N_("Views"),
    "webhooks": N_("Webhooks"),
    "settings": N_("Settings"),
    "tenant": N_("Tenant"),
}
"""The places, in their order. Each is added with its pages."""
LABELS = {
    "login": N_("Login"),
    "display_name": N_("Display name"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "title": N_("Title"),
    "email": N_("E-mail"),
    "zone": N_("Time zone"),
    "language": N_("Language"),
    "password": N_("Password"),
    "kind": N_("Kind"),
    "owner": N_("Owner"),
    "roles": N_("Roles"),
    "groups": N_("Groups"),
    "scopes": N_("Scopes"),
    "dialects": N_("Dialects"),
    "hand_over_to": N_("Hand over to"),
    "user": N_("Owner"),
    "name": N_("Name"),
    "expires_in": N_("Expires"),
    "expires_at": N_("Expires"),
    "description": N_("Description"),
    "external_names": N_("External names"),
    "person": N_("Person"),
    "dialect": N_("Dialect"),
    "url": N_("URL"),
    "types": N_("Types"),
    "order": N_("Order"),
    "state": N_("State"),
    "icon": N_("Icon"),
    "move_to": N_("Move its tasks to"),
    "users": N_("Users"),
    "open_tasks": N_("Open tasks"),
    "attachment_bytes": N_("Bytes of attachments"),
}
"""What the fields are called: the members of the API in words."""
TAKEN = {
    "login_taken": ("login", N_("is taken")),
    "email_taken": ("email", N_("belongs to another user")),
    "group_taken": ("name", N_("is taken")),
    "title_taken": ("title", N_("is taken")),
    "alias_taken": ("name", N_("is the name of another user")),
}
"""Conflicts that are about one field: which, and what is said beside it."""
STALE = N_("Somebody else changed it meanwhile. This is how it is now; what you typed is kept below.")
WORDS = (
    N_("is missing"),
    N_("must not be empty"),
    N_("must be the name of a time zone such as Europe/Riga"),
    N_("must be at most 255 characters"),
    N_("does not match a user"),
    N_("does not match a group"),
    N_("is a disabled user"),
    N_("is the user who leaves"),
    N_("doesn't have the form that it must have"),
    N_("must have at least 1 members"),
    N_("must be one of those in the list"),
)
"""What the core and the native dialect say of values, for translation."""


class Refused(NamedTuple):
    """Why an act was refused: what is wrong with each field, and what is said above the form."""

    faults: Mapping[str, str] = {}
    sentence: str = ""
    status: int = 422


NOTHING = Refused()


def page(path: str, show: Handler | None = None, act: Handler | None = None) -> Page:
    """A page of Administration."""
    return Page(path, None if show is None else _entered(show), None if act is None else _entered(act))


def _entered(handler: Handler) -> Handler:
    async def run(visit: Visit) -> Response:
        if not visit.require().is_admin:
            raise NotFound("unknown_path", "There is no such page.")
        return await handler(visit)

    return run


async def drawn(visit: Visit, section: str, template: str, refused: Refused = NOTHING, **values: Any) -> Response:
    """A page of Administration, in the place of its section."""
    status = refused.status if refused is not NOTHING else 200
    return await visit.framed(
        f"admin/{template}",
        "admin",
        status,
        section=section,
        sections=[(key, f"{ROOT}/{key}", visit.gettext(label)) for key, label in SECTIONS.items()],
        faults=refused.faults,
        refusal=refused.sentence,
        named={name: visit.gettext(label) for name, label in LABELS.items()},
        **values,
    )


async def attempt(visit: Visit, act: Awaitable[T]) -> T | Refused:
    """The result of an act, or why it was refused. What isn't there, and what one may not do, is raised."""
    try:
        return await act
    except (Invalid, Conflict, StaleVersion) as error:
        return refusal(visit, error)
    except Forbidden as error:
        if error.code != "scope_exceeds":
            raise
        return refusal(visit, Invalid(error.code, error.message, (Problem("/scopes", error.code, error.message),)))


def refusal(visit: Visit, error: Expected) -> Refused:
    """The error as a form shows it."""
    visit.request.code = error.code
    if isinstance(error, StaleVersion):
        return Refused(sentence=visit.gettext(STALE), status=409)
    problems = list(error.problems) if isinstance(error, Invalid) else []
    if error.code in TAKEN:
        field, why = TAKEN[error.code]
        problems.append(Problem(f"/{field}", error.code, why))
    if not problems:
        status = 409 if isinstance(error, Conflict) else 422
        return Refused(sentence=visit.gettext(error.message), status=status)
    return Refused(faults_of(map(_of_field, problems), visit.gettext, LABELS))


def _of_field(problem: Problem) -> Problem:
    """The problem at the field of the form: a member of a list is shown in one field with the others."""
    name, _, below = problem.path.lstrip("/?").partition("/")
    name = below if name == "limits" and below else name
    return Problem(f"/{name}", problem.code, problem.message)


def read_as(type_: type[S], members: Mapping[str, Any]) -> S:
    """The members as the native API reads them. Invalid with every fault."""
    return reading.document(msgspec.json.encode(members), type_)


def words_of(text: str) -> list[str]:
    """The words in a field for several, each once; commas are blanks."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


def lines_of(text: str) -> list[str]:
    """The lines of a field for several, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def chosen(visit: Visit, name: str) -> list[str]:
    """The ticked checkboxes of this name. An empty value only says that there were some to tick."""
    return [value for value in visit.form.all(name) if value]


def revisions(visit: Visit) -> frozenset[int] | None:
    """The revision that the form was made of, if it says so."""
    text = visit.form.text("revision")
    return frozenset({int(text)}) if text.isascii() and text.isdigit() and len(text) < 19 else None


def written(place: Any) -> str:
    """Where a page of a list ended, for a link."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place(visit: Visit, type_: Any) -> Any:
    """Where the page of a list begins; None for the first. Invalid for what no link of ours has."""
    text = visit.request.first("after")
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        return msgspec.json.decode(raw, type=type_)
    except (binascii.Error, ValueError):
        raise Invalid("bad_cursor", "The address of this page of the list can't be read.") from None
