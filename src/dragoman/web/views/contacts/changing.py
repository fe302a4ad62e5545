"""Making contacts and cases, and changing them: one form each, without script too."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

from dragoman.dialects.native import problems
from dragoman.dialects.native.handlers import cases as case_bodies
from dragoman.dialects.native.handlers import contacts as contact_bodies
from dragoman.dialects.native.wire.cases import CasePatch, NewCase
from dragoman.dialects.native.wire.contacts import ContactPatch, NewContact
from dragoman.domain.errors import Forbidden, Invalid, NotFound, Problem, StaleVersion
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.cases import looks as case_looks
from dragoman.usecases.contacts import edits as contact_edits
from dragoman.usecases.contacts import looks as contact_looks
from dragoman.usecases.contacts.journeys import Journey
from dragoman.web import editing
from dragoman.web.forms import faults_of
from dragoman.web.site import Page
from dragoman.web.views.contacts.people import ref
from dragoman.web.visit import Visit
from dragoman.web.words import N_

LABELS = {
    "kind": N_("Kind"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "company_name": N_("Company name"),
    "company": N_("Company"),
    "job_title": N_("Job title"),
    "email": N_("E-mail"),
    "about": N_("About"),
    "is_private": N_("Private"),
    "title": N_("Title"),
    "description": N_("Description"),
    "contact": N_("Contact"),
    "assignee": N_("Assignee"),
}
PERSON = ("first_name", "last_name", "company", "job_title", "email", "about", "is_private")
COMPANY = ("company_name", "email", "about", "is_private")
CASE = ("title", "description", "contact", "assignee", "is_private")
NAMES = ("first_name", "last_name", "company_name")
NUMBERS = frozenset({"company", "contact"})
FLAGS = frozenset({"is_private"})


class Noun(NamedTuple):
    """What can be made and changed alike."""

    name: str
    address: str
    new: type[msgspec.Struct]
    patch: type[msgspec.Struct]
    make: Callable[[Visit, Any], Any]
    change: Callable[[Visit, int, Any, int | None], Any]


async def _make_contact(visit: Visit, body: Any) -> int:
    command = contact_bodies.creation(body)
    return await visit.keep_once(contact_edits.create, command, lambda made: made.number, int, "create_contact")


async def _make_case(visit: Visit, body: Any) -> int:
    command = case_bodies.creation(body)
    return await visit.keep_once(case_edits.create, command, lambda made: made.number, int, "create_case")


async def _change_contact(visit: Visit, number: int, patch: Any, revision: int | None) -> None:
    revisions = None if revision is None else frozenset({revision})
    command = msgspec.structs.replace(contact_bodies.change(number, patch), revisions=revisions)
    await visit.do_once(contact_edits.change, command, "patch_contact")


async def _change_case(visit: Visit, number: int, patch: Any, revision: int | None) -> None:
    revisions = None if revision is None else frozenset({revision})
    command = msgspec.structs.replace(case_bodies.change(number, patch), revisions=revisions)
    await visit.do_once(case_edits.change, command, "patch_case")


CONTACT = Noun("contact", "/ui/contacts", NewContact, ContactPatch, _make_contact, _change_contact)
OF_CASE = Noun("case", "/ui/cases", NewCase, CasePatch, _make_case, _change_case)


# Making


async def new_contact(visit: Visit) -> Response:
    """The empty form of a contact."""
    visit.require("contact.write")
    return await _new_page(visit, CONTACT, {"kind": "person"})


async def make_contact(visit: Visit) -> Response:
    """Make a contact."""
    visit.require("contact.write")
    return await _make(visit, CONTACT, ("kind", *dict.fromkeys(PERSON + COMPANY)))


async def new_case(visit: Visit) -> Response:
    """The empty form of a case; `contact` may be given."""
    visit.require("case.write")
    return await _new_page(visit, OF_CASE, {"kind": "case", "contact": visit.request.first("contact") or ""})


async def make_case(visit: Visit) -> Response:
    """Make a case."""
    visit.require("case.write")
    return await _make(visit, OF_CASE, ("kind", *CASE))


async def _make(visit: Visit, noun: Noun, names: tuple[str, ...]) -> Response:
    values = {name: visit.form.text(name).strip() for name in names if name in visit.form}
    if noun is CONTACT:  # fields of the other kind were hidden or left empty
        other = PERSON if values.get("kind") == "company" else COMPANY
        own = COMPANY if values.get("kind") == "company" else PERSON
        values = {name: text for name, text in values.items() if name == "kind" or name in own or name not in other}
    body, found = _body(noun.new, {name: text for name, text in values.items() if text})
    if noun is CONTACT and not any(values.get(name) for name in NAMES):
        first = "company_name" if values.get("kind") == "company" else "last_name"
        found.append(Problem(f"/{first}", "missing", visit.gettext("is needed")))
    if found:
        return await _new_page(visit, noun, values, 422, _faults(visit, found))
    try:
        number = await noun.make(visit, body)
    except Invalid as refused:
        return await _new_page(visit, noun, values, 422, _refused(visit, refused))
    said = visit.gettext("Contact %(number)s made.") if noun is CONTACT else visit.gettext("Case %(number)s made.")
    return visit.acted(f"{noun.address}/{number}", said % {"number": number})


async def _new_page(
    visit: Visit, noun: Noun, values: Mapping[str, str], status: int = 200, faults: Mapping[str, str] | None = None
) -> Response:
    return await visit.framed(
        f"contacts/new_{noun.name}.html",
        "contacts",
        status,
        heading=visit.gettext("New contact") if noun is CONTACT else visit.gettext("New case"),
        values=values,
        faults=faults or {},
        names={name: visit.gettext(label) for name, label in LABELS.items()},
    )


# Changing


async def edit_contact(visit: Visit) -> Response:
    """The form of a contact."""
    names, values, revision = await _contact(visit)
    return await _edit_page(visit, CONTACT, names, values, values, revision)


async def save_contact(visit: Visit) -> Response:
    """Save what was typed in it."""
    return await _save(visit, CONTACT, _contact)


async def edit_case(visit: Visit) -> Response:
    """The form of a case."""
    names, values, revision = await _case(visit)
    return await _edit_page(visit, OF_CASE, names, values, values, revision)


async def save_case(visit: Visit) -> Response:
    """Save what was typed in it."""
    return await _save(visit, OF_CASE, _case)


Present = tuple[tuple[str, ...], dict[str, str], int]


async def _contact(visit: Visit) -> Present:
    """The fields of the contact in the address, their values as a form has them, and its revision."""
    visit.require("contact.write")
    looked = await visit.read(contact_looks.look, Journey(_number(visit, "contact"), limit=1))
    if not looked.may_edit:
        raise Forbidden("forbidden", "You may not change this contact.")
    contact = looked.page.contact
    names = COMPANY if str(contact.kind) == "company" else PERSON
    return names, {name: _written(getattr(contact, name)) for name in names}, contact.revision


async def _case(visit: Visit) -> Present:
    """The same of a case."""
    visit.require("case.write")
    looked = await visit.read(case_looks.look, case_looks.Look(_number(visit, "case")))
    if not looked.may_edit:
        raise Forbidden("forbidden", "You may not change this case.")
    return CASE, {name: _written(getattr(looked.case, name)) for name in CASE}, looked.case.revision


def _number(visit: Visit, noun: str) -> int:
    key = ref(visit, noun)
    if isinstance(key, int):
        return key
    raise NotFound(f"{noun}_not_found", f"There is no {noun} {key}.")


async def _save(visit: Visit, noun: Noun, load: Callable[[Visit], Any]) -> Response:
    names, now, revision = await load(visit)
    sent = editing.sent(visit.form, names)
    began = {name: visit.form.text(editing.BEFORE + name) for name in names}
    body, found = _body(noun.patch, {name: text or None for name, text in sent.patch.items()})
    if sent.open_choices:
        clashes = [editing.Clash(name, began[name], now[name], sent.values[name]) for name in sent.open_choices]
        faults = {name: visit.gettext("Choose one of the two.") for name in sent.open_choices}
        return await _edit_page(visit, noun, names, sent.values, began, revision, 422, faults, clashes)
    if found:
        return await _edit_page(visit, noun, names, sent.values, began, sent.revision, 422, _faults(visit, found))
    try:
        await noun.change(visit, _number(visit, noun.name), body, sent.revision)
    except StaleVersion as stale:
        clashes = editing.clashes(stale, visit.form, now, sent.patch)
        return await _edit_page(visit, noun, names, sent.values, now, revision, 409, None, clashes)
    except Invalid as refused:
        faults = _refused(visit, refused)
        return await _edit_page(visit, noun, names, sent.values, began, sent.revision, 422, faults)
    return visit.acted(f"{noun.address}/{_number(visit, noun.name)}", visit.gettext("Saved."))


async def _edit_page(
    visit: Visit,
    noun: Noun,
    fields: tuple[str, ...],
    values: Mapping[str, str],
    began: Mapping[str, str],
    revision: int | None,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    clashes: list[editing.Clash] | None = None,
) -> Response:
    number = _number(visit, noun.name)
    heading = visit.gettext("Edit contact %(number)s") if noun is CONTACT else visit.gettext("Edit case %(number)s")
    return await visit.framed(
        "contacts/edit.html",
        "contacts",
        status,
        heading=heading % {"number": number},
        address=f"{noun.address}/{number}",
        noun=noun.name,
        number=number,
        fields=fields,
        values=values,
        began=began,
        revision=revision,
        faults=faults or {},
        clashes=clashes or [],
        clashing={clash.field for clash in clashes or ()},
        names={name: visit.gettext(label) for name, label in LABELS.items()},
    )


# Bodies as the native API takes them


def _body(type_: type[msgspec.Struct], values: Mapping[str, str | None]) -> tuple[Any, list[Problem]]:
    """The body, and what is wrong with it."""
    plain: dict[str, Any] = {}
    found: list[Problem] = []
    for name, text in values.items():
        if name in FLAGS:
            plain[name] = text == "true"
        elif name in NUMBERS and text is not None:
            if not (text.isascii() and text.isdigit() and len(text) < 19):
                found.append(Problem(f"/{name}", "type", "must be a number"))
            else:
                plain[name] = int(text)
        else:
            plain[name] = text
    found += problems.find(type_, plain).found
    return (None if found else msgspec.convert(plain, type_)), found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _faults(visit: Visit, found: list[Problem]) -> dict[str, str]:
    """Field -> what is wrong with it, under the name that the page gives it."""
    return {
        name: text.replace(f"{name} ", f"{visit.gettext(LABELS[name])} ", 1) if name in LABELS else text
        for name, text in faults_of(found, visit.gettext).items()
    }


def _refused(visit: Visit, refused: Invalid) -> dict[str, str]:
    """The faults of a refusal that names fields; one that names none is raised again."""
    found = [problem for problem in refused.problems if problem.path.removeprefix("/") in LABELS]
    if not found:
        raise refused
    return _faults(visit, found)


PAGES = (
    Page("/ui/contacts/new", new_contact, make_contact),
    Page("/ui/cases/new", new_case, make_case),
    Page("/ui/contacts/{n}/edit", edit_contact, save_contact),
    Page("/ui/cases/{n}/edit", edit_case, save_case),
)
