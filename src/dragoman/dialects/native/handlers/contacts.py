"""Contacts: made, read, listed, changed, deleted."""

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from dragoman.command import Ref
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.handlers.tasks import lowered
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.contacts import Contact, ContactList, ContactPatch, NewContact
from dragoman.domain import contact as domain
from dragoman.domain.labels import distinct
from dragoman.usecases.contacts import edits as contact_edits
from dragoman.usecases.preconditions import OutOfRange

NOUN = "contact"
PLAIN = ("first_name", "last_name", "company_name", "job_title", "about", "email", "is_private")
DOUBTFUL = frozenset(PLAIN)
READ_ONLY = frozenset(Contact.__struct_fields__)


def parse_create(request: Request, query: queries.Trial) -> contact_edits.Create:
    """A contact to be made."""
    return reading.body(request, NewContact, creation, read_only=READ_ONLY)


def parse_get(request: Request, query: queries.Nothing) -> contact_edits.Get:
    """One contact by id or number."""
    return contact_edits.Get(reading.ref(request, NOUN))


def parse_list(request: Request, query: queries.Pages) -> contact_edits.List:
    """One page by number."""
    return contact_edits.List(query.limit, cursors.read_number(request, query.cursor))


def render_list(page: tuple[list[domain.Contact], int | None], request: Request) -> Reply:
    """One page, and the link to the next one."""
    items, after = page
    link = UNSET if after is None else cursors.link(request, (after,))
    return replies.plain(ContactList(items=[wire.contact(item) for item in items], next=link))


def parse_patch(request: Request, query: queries.Trial) -> contact_edits.Change:
    """A merge patch: what is named changes."""
    contact, revisions = reading.ref(request, NOUN), reading.if_match(request)

    def build(patch: ContactPatch, out_of_range: OutOfRange | None) -> contact_edits.Change:
        return replace(change(contact, patch), revisions=revisions, out_of_range=out_of_range)

    return reading.patch(request, ContactPatch, build, doubtful=DOUBTFUL, read_only=READ_ONLY)


def parse_delete(request: Request, query: queries.HolderRemoval) -> contact_edits.Remove:
    """A contact to be deleted."""
    return contact_edits.Remove(reading.ref(request, NOUN), query.with_tasks, reading.if_match(request))


def change(contact: Ref, patch: ContactPatch) -> contact_edits.Change:
    """What a patch asks for."""
    return contact_edits.Change(contact, _fields(patch), lowered(patch.company))


def creation(new: NewContact) -> contact_edits.Create:
    """What a new contact asks for."""
    return contact_edits.Create(new.kind, _fields(new), lowered(new.company))


def _fields(body: NewContact | ContactPatch) -> dict[str, Any]:
    fields = {name: value for name in PLAIN if (value := getattr(body, name)) is not UNSET}
    if body.shared_with is not UNSET:
        fields["shared_with"] = tuple(uid.lower() for uid in body.shared_with)
    if body.labels is not UNSET:
        fields["labels"] = distinct(body.labels)
    return fields
