"""Contacts: the base shown in a task, and persons and companies (page, 8.5 and 8.7)."""

from typing import Any

from dragoman.dialects.onlyoffice_crm.views import ContactView, Sharing
from dragoman.dialects.onlyoffice_crm.wire.contact_info import render_all, render_email
from dragoman.dialects.onlyoffice_crm.wire.dates import print_date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.domain.contact import ContactKind

PHOTOS = "/Products/CRM/App_Themes/default/images/empty_{}_logo_{}.png"
SMALL, MEDIUM = "40_40", "65_65"


def render_contact(seen: ContactView, persons: Persons, *, in_task: bool = False) -> dict[str, Any]:
    """The base of a contact. Users who may not see it get no e-mail address and no list of its users."""
    contact = seen.contact
    members: dict[str, Any] = {}
    if in_task and contact.email and seen.is_visible:
        members["email"] = render_email(contact)
    kind = "company" if contact.kind is ContactKind.COMPANY else "people"
    members |= {
        "smallFotoUrl": PHOTOS.format(kind, SMALL),
        "mediumFotoUrl": PHOTOS.format(kind, MEDIUM),
        "displayName": contact.display_name,
        "isCompany": contact.kind is ContactKind.COMPANY,
    }
    if contact.is_private and seen.is_visible:
        members["accessList"] = persons.of_all(seen.sharers)
    return members | {
        "isPrivate": contact.is_private,
        "isShared": seen.sharing is not Sharing.NONE,
        "shareType": int(seen.sharing),
        "currency": None,
        "canEdit": seen.can_edit,
        "canDelete": seen.can_edit,
        "id": contact.number,
    }


def render_whole_contact(seen: ContactView, persons: Persons) -> dict[str, Any]:
    """A person or company as such."""
    contact = seen.contact
    members: dict[str, Any] = {}
    if contact.kind is ContactKind.COMPANY:
        members["companyName"] = contact.company_name or ""
        if contact.person_count:
            members["personsCount"] = contact.person_count
    else:
        members |= {"firstName": contact.first_name or "", "lastName": contact.last_name or ""}
        if seen.company is not None:
            members["company"] = render_contact(seen.company, persons)
        if contact.job_title is not None:
            members["title"] = contact.job_title
    members |= {
        "addresses": [],
        "createBy": persons.of(seen.creator),
        "created": print_date(contact.created_at, zone_of(seen.zone)),
    }
    if contact.about is not None:
        members["about"] = contact.about
    members["commonData"] = list(render_all(contact)) if seen.is_visible else []
    members["customFields"] = []
    if contact.task_count:
        members["taskCount"] = contact.task_count
    members["haveLateTasks"] = seen.has_late_tasks
    return members | render_contact(seen, persons)
