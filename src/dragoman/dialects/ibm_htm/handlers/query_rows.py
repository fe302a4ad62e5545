"""Work items of listed tasks as rows that attributes with `WI.` show, and templates as what lists are sorted by."""

from collections.abc import Iterator, Sequence
from typing import Any

from dragoman.dialects.ibm_htm.handlers import work_items
from dragoman.dialects.ibm_htm.handlers.query_conditions import ROLES, Conditions, Item, Whose
from dragoman.dialects.ibm_htm.wire import ids
from dragoman.dialects.ibm_htm.wire.expressions.columns import Comparable
from dragoman.dialects.ibm_htm.wire.expressions.tables import Attribute, Order, shown
from dragoman.dialects.ibm_htm.wire.expressions.views import TASK_TEMPL
from dragoman.dialects.ibm_htm.wire.roles import FIELDS
from dragoman.dialects.ibm_htm.wire.template_rows import rows as template_rows
from dragoman.domain.access import SEEING_INACTIVE, Linked, decides_batches, watches_batches
from dragoman.domain.clock import whole_seconds
from dragoman.domain.condition import Field
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import EVERYBODY, REVIEWERS
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import templates as task_templates
from dragoman.usecases.uow import UnitOfWork

Row = dict[str, Comparable]

_REASONS = {role: reason for reason, role in ROLES.items()}


def of_tasks(uow: UnitOfWork, page: Sequence[Task], whose: Whose) -> dict[int, list[Row]]:
    """The work items of each task that count, in the order of their reasons' codes and of holders."""
    task_lists.load_owners(uow, page)
    conditions = Conditions(uow, whose, None)
    return {task.number: _rows(uow, conditions, task, whose) for task in page}


def column(rows: Sequence[Row], attribute: Attribute) -> list[Any]:
    """The values of an attribute, one for each row."""
    return [shown(attribute.column, row[attribute.column.name]) for row in rows]


def _rows(uow: UnitOfWork, conditions: Conditions, task: Task, whose: Whose) -> list[Row]:
    linked = tasks.linked(uow, task)
    holders = None if whose.caller is None else set(conditions.holders())
    items = {item for item in _items(task, linked, whose) if holders is None or item.holder in holders}
    rows = [_row(conditions, task, item) for item in items]
    return sorted(rows, key=lambda row: (row["REASON"], str(row["OWNER_ID"] or ""), str(row["GROUP_NAME"] or "")))


def _items(task: Task, linked: Linked, whose: Whose) -> Iterator[Item]:
    is_private, caller = linked.is_private, whose.caller
    is_early = task.state is State.INACTIVE and not task.stands_for_batch
    for item in work_items.effective(task, is_private=is_private):
        is_hidden = is_early and bool(task.work_items) and item.role not in SEEING_INACTIVE
        if not is_hidden and not (is_private and item.holder == EVERYBODY):
            yield Item(_REASONS[str(item.role)], item.holder)
    for reason, field in FIELDS.items():
        holder = getattr(task, field)
        if holder is not None:
            yield Item(f"REASON_{reason}", holder)
    if caller is None:
        return
    if task.stands_for_batch:
        if decides_batches(caller):
            yield Item("REASON_POTENTIAL_OWNER", REVIEWERS)
        elif watches_batches(caller):
            yield Item("REASON_READER", REVIEWERS)
    elif is_private and caller.user is not None and linked.is_shared_with(caller.user):
        yield Item("REASON_READER", caller.user)


def _row(conditions: Conditions, task: Task, item: Item) -> Row:
    made = task.claimed_at if item.role == "owner" else task.created_at
    return {
        **conditions.values(item),
        "WIID": conditions.wiid(item, task.number),
        "CREATION_TIME": None if made is None else whole_seconds(made),
        "OBJECT_ID": ids.task_id(task.uid),
    }


def of_template(uow: UnitOfWork, order: Order) -> Field | None:
    """What a list of tasks is sorted by for a column of TASK_TEMPL: the place of each template in that order; None if
    none has a value."""
    if order.view.name != TASK_TEMPL.name:
        return None
    found = task_templates.list_all(uow, task_templates.ListTemplates())
    values = {each.uid: template_rows(each)[TASK_TEMPL.name][0].get(order.column.name) for each in found}
    ranks = {value: place for place, value in enumerate(sorted({v for v in values.values() if v is not None}))}
    codes = tuple((uid, ranks[value]) for uid, value in sorted(values.items()) if value is not None)
    return Field("template", codes=codes) if codes else None
