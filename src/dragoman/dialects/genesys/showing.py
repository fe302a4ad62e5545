"""How this dialect shows one task, what it calls a contact, its business attributes, and calls to try."""

from collections.abc import Sequence
from functools import partial

from dragoman.dialects.genesys.wire.business import BusinessAttribute
from dragoman.dialects.genesys.wire.paths import render_service
from dragoman.dialects.genesys.wire.profiles import CUSTOMER_ID
from dragoman.dialects.kit.showing import (
    Call,
    ListedAttribute,
    ListedAttributes,
    ListedValue,
    NotShown,
    Samples,
    ShownTask,
    Subject,
)
from dragoman.domain.contact import Contact

OPERATION = "task.show"
SERVICE = '{"service_type": "Try the API", "contact_key": "+15550100"}'
START = Call("make", "service.start", "POST", "/services/start", SERVICE)
STATUS = Call("one", "server.status", "GET", "/server/status")
ATTRIBUTES = Call("list", "attribute.list", "GET", "/metadata/business-attributes")


def path(style: str, subject: Subject) -> str:
    if subject.case is None:
        raise NotShown("It belongs to no service, and this dialect shows tasks of services alone.")
    return f"/services/{render_service(subject.case, style)}/tasks/{subject.task.number}"


def contact_ids(contact: Contact) -> dict[str, str]:
    return {CUSTOMER_ID: contact.customer_key}


def calls(style: str, samples: Samples) -> tuple[Call, ...]:
    if samples.task is None or samples.task.case is None:
        return ATTRIBUTES, STATUS, START
    listed = f"/services/{render_service(samples.task.case, style)}/tasks/active"
    return (
        Call("list", "task.list_active", "GET", listed),
        Call("one", OPERATION, "GET", path(style, samples.task)),
        START,
    )


def shown_task(style: str) -> ShownTask:
    return ShownTask(OPERATION, partial(path, style))


def listed(attributes: Sequence[BusinessAttribute]) -> ListedAttributes:
    found = [
        ListedAttribute(
            str(each.dbid),
            each.name,
            each.display_name,
            each.cv_attributes,
            tuple(ListedValue(str(value.dbid), value.name, value.display_name) for value in each.values),
        )
        for each in attributes
    ]
    return ListedAttributes("business_attribute", tuple(found))
