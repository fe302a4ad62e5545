"""The list of tasks (page, 10)."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.onlyoffice_crm.handlers.references import has_responsible
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.responses import listed
from dragoman.dialects.onlyoffice_crm.views import Gathering, TaskView
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.paging import TESTS, Item, Paging, in_order, matching, read_paging, words_of
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.dialects.onlyoffice_crm.wire.tasks import render_task
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import references
from dragoman.usecases.tasks.lists import Sort, SortKey, TaskFilter
from dragoman.usecases.uow import UnitOfWork

ENTITY_TYPES = ("contact", "opportunity", "case")
MOST_LOOKED_THROUGH = 10_000

OPEN_FIRST = Sort("ended")
BY_DEADLINE = Sort("due")
BY_TITLE = Sort("title")
BY_DEFAULT = (OPEN_FIRST, BY_DEADLINE, BY_TITLE)

# Vendor's word: what sorts, what puts first or last those that have none, what decides between those that are alike.
KEYS: dict[str, tuple[SortKey, SortKey | None, tuple[Sort, ...]]] = {
    "title": ("title", None, (BY_DEADLINE,)),
    "category": ("category", None, (BY_DEADLINE, BY_TITLE)),
    "deadline": ("due", None, (BY_TITLE,)),
    "contact": ("contact", "without_contact", (BY_DEADLINE, BY_TITLE)),
    "contactmanager": ("assignee", "without_assignee", (BY_DEADLINE, BY_TITLE)),
    "id": ("number", None, ()),
}


class Filter(msgspec.Struct, frozen=True):
    """What a client wants to see."""

    responsible: str | None
    category: int
    is_closed: bool | None
    from_date: Date | None
    to_date: Date | None
    entity_type: str
    entity: int
    updated_since: Date | None
    paging: Paging
    options: Options

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    """A page of tasks, and how many match in all."""

    items: list[TaskView]
    matches: int
    paging: Paging


def parse(options: Options, request: Request) -> Filter:
    """GET crm/task/filter."""
    parameters = gather(request)
    wanted = Filter(
        responsible=parameters.guid("responsibleid"),
        category=parameters.integer("categoryid"),
        is_closed=parameters.optional_boolean("isClosed"),
        from_date=parameters.date("fromDate"),
        to_date=parameters.date("toDate"),
        entity_type=(parameters.text("entityType") or "").lower(),
        entity=parameters.integer("entityid"),
        updated_since=parameters.date("updatedSince"),
        paging=read_paging(parameters),
        options=options,
    )
    if wanted.entity_type and wanted.entity_type not in ENTITY_TYPES:
        raise bad_argument("entityType", "none of contact, opportunity, case")
    return wanted


def run(uow: UnitOfWork, command: Filter) -> Found:
    """The tasks that match and that the principal may see, open ones first. A page with much text ends early."""
    paging = command.paging
    if paging.sort_by and paging.sort_by not in KEYS and (paging.sort_by != "created" or paging.filter_by):
        return _on_members(uow, command)
    wanted = _conditions(uow, command, words=paging.filter_value)
    matches = task_lists.count(uow, wanted)
    items, _ = task_lists.page(uow, wanted, _sorts(paging), limit=paging.count, offset=paging.start)
    return Found(_seen(uow, command, items), matches, paging)


def render(options: Options, found: Found, request: Request) -> Reply:
    persons = Persons(request.base_url)
    items = [render_task(seen, persons, in_list=True) for seen in found.items]
    members = listed(options, 200, items, found.paging, found.matches, found.matches)
    return envelope.reply(request, options.default_format, members)


def _conditions(uow: UnitOfWork, command: Filter, *, words: str) -> TaskFilter:
    zone = zone_of(uow.home.zone)
    moments = (command.from_date, command.to_date, command.updated_since)
    due_from, due_to, created_from = (None if date is None else date.at(zone) for date in moments)
    is_about_contact = command.entity_type == "contact"
    has_entity = bool(command.entity_type) and command.entity > 0
    category = command.category if command.category > 0 else None
    entity = command.entity
    if has_entity and references.hidden(uow, "contact" if is_about_contact else "case", [entity]):
        entity = task_lists.NOTHING
    return TaskFilter(
        category=category,
        or_no_category=category == command.options.default_category,
        is_open=None if command.is_closed is None else not command.is_closed,
        due_from=due_from,
        due_to=due_to,
        created_from=created_from,
        contact_or_persons_of=entity if has_entity and is_about_contact else None,
        entity=(command.entity_type, entity) if has_entity and not is_about_contact else None,
        words=words_of(words.partition(",")[0]),
        visible_to=uow.principal,
        **({} if command.responsible is None else has_responsible(uow, command.responsible)),
    )


def _sorts(paging: Paging) -> tuple[Sort, ...]:
    if paging.sort_by == "created":  # no key of the vendor's, so not even open ones go first
        return (Sort("created", paging.is_descending), *BY_DEFAULT)
    key, without, ties = KEYS[paging.sort_by or "deadline"]
    down = paging.is_descending
    first = () if without is None else (Sort(without, down),)
    if key == "due" and down:
        first = (Sort("without_due"),)  # whichever way, a task of another dialect without a deadline comes last
    return (OPEN_FIRST, *first, Sort(key, down), *ties)


def _on_members(uow: UnitOfWork, command: Filter) -> Found:
    """The vendor's way with any other `sortBy`: the whole set is sorted, and filtered, on a member of the Task.

    Invalid when that would mean to look through more than ten thousand of them.
    """
    paging = command.paging
    tests_member = bool(paging.filter_by) and (paging.filter_op or "equals") in TESTS
    wanted = _conditions(uow, command, words="" if tests_member else paging.filter_value)
    if task_lists.count(uow, wanted) > MOST_LOOKED_THROUGH:
        raise bad_argument("sortBy", f"sorts on a member, which more than {MOST_LOOKED_THROUGH} tasks are too many for")
    tasks, is_cut = task_lists.page(uow, wanted, BY_DEFAULT, limit=MOST_LOOKED_THROUGH)
    if is_cut:
        raise bad_argument("sortBy", "sorts on a member, which these tasks have too much text for")
    every = _seen(uow, command, tasks)
    persons = Persons("")
    by_number: dict[Any, TaskView] = {seen.task.number: seen for seen in every}
    items: list[Item] = [render_task(seen, persons, in_list=True) for seen in every]
    chosen = in_order(matching(items, paging), paging)
    return Found([by_number[item["id"]] for item in chosen[paging.start : paging.end]], len(chosen), paging)


def _seen(uow: UnitOfWork, command: Filter, items: list[Any]) -> list[TaskView]:
    task_lists.load_owners(uow, items)
    gathering = Gathering(uow, command.options.default_category)
    return [gathering.task(task) for task in items]
