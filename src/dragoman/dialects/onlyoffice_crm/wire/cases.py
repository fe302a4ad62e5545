"""Cases (page, 8.7)."""

from typing import Any

from dragoman.dialects.onlyoffice_crm.views import CaseView
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_contact
from dragoman.dialects.onlyoffice_crm.wire.dates import print_date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.people import Persons


def render_case(seen: CaseView, persons: Persons) -> dict[str, Any]:
    case = seen.case
    return {
        "members": [render_contact(member, persons) for member in seen.members],
        "createBy": persons.of(seen.creator),
        "created": print_date(case.created_at, zone_of(seen.zone)),
        "title": case.title or "",
        "isClosed": case.completed_at is not None,
        "isPrivate": case.is_private,
        "canEdit": seen.can_edit,
        "customFields": [],
        "id": case.number,
    }
