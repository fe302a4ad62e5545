"""One contact: what is known of it, and its journey over all dialects."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from dragoman.dialects.native.wire import scalars
from dragoman.domain.clock import Moment
from dragoman.domain.contact import MORE, PHONE, Contact
from dragoman.domain.contact_values import field_values
from dragoman.domain.errors import NotFound
from dragoman.usecases.contacts import looks
from dragoman.usecases.contacts.journeys import Item, ItemKind, Journey, Place
from dragoman.usecases.contacts.journeys import Page as JourneyPage
from dragoman.web import timeline
from dragoman.web.dialects import DIALECTS
from dragoman.web.site import Page
from dragoman.web.visit import Visit
from dragoman.web.words import N_

KINDS = {
    ItemKind.CASE: N_("Cases"),
    ItemKind.STAGE: N_("Stages"),
    ItemKind.TASK: N_("Tasks"),
    ItemKind.NOTE: N_("Notes"),
    ItemKind.CHANGE: N_("Changes"),
}
STATES = {"true": N_("open"), "false": N_("ended")}
THROUGH = ("genesys", "ibm_htm", "onlyoffice_crm", "carrierx_batch", "native", "web", "cli")
DAY_TICKS = 86_400 * 10_000_000
LIMIT = 50
PARTS_OF_PLACE = 4


def ref(visit: Visit, noun: str) -> int | str:
    """The number or id in the address. NotFound, in the words for what isn't there, for anything else."""
    text = visit.path["n"]
    if text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 19:
        return int(text)
    if scalars.UUID.fullmatch(text):
        return text.lower()
    raise NotFound(f"{noun}_not_found", f"There is no {noun} {text}.")


async def show(visit: Visit) -> Response:
    """The contact. A UUID leads to its number."""
    visit.require("contact.read")
    key = ref(visit, "contact")
    looked = await visit.read(looks.look, _asked(visit, key))
    contact = looked.page.contact
    if isinstance(key, str):
        return visit.see_other(f"/ui/contacts/{contact.number}")
    return await visit.framed(
        "contacts/contact.html",
        "contacts",
        heading=contact.display_name or visit.gettext("Contact %(number)s", number=contact.number),
        contact=contact,
        company=looked.company,
        field_values=field_values,
        phones=contact.attributes.get(PHONE, ()),
        attributes=[pair for pair in sorted(contact.attributes.items()) if not pair[0].startswith(MORE)],
        identifiers=_identifiers(visit, contact),
        names=looked.names,
        may_edit=looked.may_edit,
        sentence=_sentence(visit, looked.page),
        items=[_shown(visit, item, looked) for item in looked.page.items],
        chips=_chips(visit),
        next_page=None if looked.page.after is None else _next(visit, looked.page.after),
        is_narrowed=any(visit.request.first(name) for name in ("dialect", "kind", "open", "after")),
        limit=LIMIT,
    )


def _identifiers(visit: Visit, contact: Contact) -> list[tuple[str, Mapping[str, str]]]:
    """The ids by which clients know it: of each dialect that is switched on and shows contacts."""
    return [(each.name, each.contact_ids(contact)) for each in visit.app.dialects if each.contact_ids is not None]


def _asked(visit: Visit, key: int | str) -> Journey:
    kind, open_ = visit.request.first("kind") or "", visit.request.first("open") or ""
    dialect = visit.request.first("dialect") or ""
    return Journey(
        key,
        dialect=dialect or None,
        kinds=frozenset({ItemKind(kind)}) if kind in list(ItemKind) else frozenset(),
        is_open={"true": True, "false": False}.get(open_),
        limit=LIMIT,
        after=_place(visit.request.first("after") or ""),
    )


def _place(text: str) -> Place | None:
    parts = text.split(".")
    if len(parts) != PARTS_OF_PLACE or not all(part.isascii() and part.isalnum() and len(part) < 19 for part in parts):
        return None
    at, entity, number, revision = parts
    if not (at.isdigit() and number.isdigit() and revision.isdigit()):
        return None
    return Moment(int(at)), entity, int(number), int(revision)


def _next(visit: Visit, place: Place) -> str:
    kept = {name: text for name in ("dialect", "kind", "open") if (text := visit.request.first(name))}
    return f"?{urlencode({**kept, 'after': '.'.join(map(str, place))})}#journey"


def _sentence(visit: Visit, page: JourneyPage) -> str:
    if not page.open_tasks or page.oldest_open_at is None:
        return visit.gettext("No open tasks")
    days = max(0, (visit.app.clock.now() - page.oldest_open_at) // DAY_TICKS)
    age = visit.ngettext("%(count)s day", "%(count)s days", days)
    return visit.ngettext(
        "%(count)s open task, oldest %(age)s", "%(count)s open tasks, oldest %(age)s", page.open_tasks, age=age
    )


def _chips(visit: Visit) -> list[dict[str, Any]]:
    """The choices for each condition, as links that keep the others."""
    groups: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("dialect", visit.gettext("Dialect"), {name: DIALECTS.get(name, name) for name in THROUGH}),
        ("kind", visit.gettext("Kind"), {str(kind): visit.gettext(word) for kind, word in KINDS.items()}),
        ("open", visit.gettext("State"), {value: visit.gettext(word) for value, word in STATES.items()}),
    )
    present = {name: visit.request.first(name) or "" for name, _, _ in groups}
    found = []
    for name, label, choices in groups:
        links = []
        for value, words in {"": visit.gettext("All"), **choices}.items():
            kept = {each: text for each, text in {**present, name: value}.items() if text}
            href = f"?{urlencode(kept)}#journey" if kept else f"{visit.request.full_path}#journey"
            links.append((words, href, present[name] == value))
        found.append({"label": label, "links": links})
    return found


def _shown(visit: Visit, item: Item, looked: looks.OneContact) -> dict[str, Any]:
    href = {"task": f"/ui/tasks/{item.number}", "case": f"/ui/cases/{item.number}"}
    says = timeline.Sayings(visit.moments, looked.names, looked.categories, visit.gettext)
    return {
        "item": item,
        "when": visit.moments.of(item.at),
        "href": href.get(item.entity, f"/ui/cases/{item.case}"),
        "changes": [] if item.changes is None else timeline.changes(item.changes, says),
    }


PAGES = (Page("/ui/contacts/{n}", show),)
