"""The operations on the history of contacts, opportunities and cases (second page, E)."""

from functools import partial

from dragoman.dialects.kit import OperationSpec, any_of
from dragoman.dialects.onlyoffice_crm import responses as answers
from dragoman.dialects.onlyoffice_crm.handlers import history
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire.history import render_category, render_event

READ = any_of("contact.read", "case.read")
WRITE = any_of("contact.write", "case.write")


def operations(options: Options) -> tuple[OperationSpec, ...]:
    """All of them."""
    return (
        OperationSpec(
            name="history.categories",
            method="GET",
            path="/crm/history/category",
            scopes=READ,
            parse=history.parse_categories,
            run=history.categories,
            render=answers.array(options, 200, render_category),
            summary="List the categories of events.",
            standing="E [C]",
        ),
        OperationSpec(
            name="history.filter",
            method="GET",
            path="/crm/history/filter",
            scopes=READ,
            parse=history.parse_filter,
            run=history.run_filter,
            render=partial(history.render_filter, options),
            parameters=("entityType", "entityId", "categoryId", "createBy", "fromDate", "toDate"),
            summary="List events of contacts, opportunities and cases, sorted and page by page.",
            standing="E [C]",
        ),
        OperationSpec(
            name="history.create",
            method="POST",
            path="/crm/history",
            scopes=WRITE,
            parse=history.parse_create,
            run=history.create,
            render=answers.one(options, 201, render_event),
            writes=True,
            parameters=(
                *("entityType", "entityId", "contactId", "content", "categoryId"),
                *("created", "fileId", "notifyUserList"),
            ),
            summary="Add an event to the history of a contact, an opportunity or a case.",
            standing="E [C]",
        ),
        OperationSpec(
            name="history.delete",
            method="DELETE",
            path="/crm/history/{id}",
            scopes=WRITE,
            parse=history.parse_delete,
            run=history.delete,
            render=answers.one(options, 200, render_event),
            writes=True,
            summary="Delete an event; the reply is the event as it was.",
            standing="E [C]",
        ),
    )
