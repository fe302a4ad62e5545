"""What a batch selects: the conditions of the native lists, without what belongs to pages."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from dragoman.dialects.kit import json
from dragoman.dialects.native.handlers import task_lists
from dragoman.dialects.native.handlers.tasks import lowered, person
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.domain.task import Kind
from dragoman.usecases.batches.types.resource_types import Select
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.contacts import edits as contact_edits
from dragoman.usecases.inbox import selecting
from dragoman.usecases.tasks import lists
from dragoman.usecases.uow import UnitOfWork

OF_PAGES = frozenset({"limit", "cursor", "sort"})
FILTER = "filter"
BY_NUMBER = (lists.Sort("number"),)


def _conditions_of(query: type[msgspec.Struct]) -> Any:
    """The parameters of a list as the members of an object; others are refused."""
    kept = [field for field in msgspec.structs.fields(query) if field.name not in OF_PAGES]
    members = [(field.name, field.type, field.default) for field in kept]
    return msgspec.defstruct(f"{query.__name__}Conditions", members, frozen=True, forbid_unknown_fields=True)


OF_TASKS = _conditions_of(queries.TaskQuery)
OF_CONTACTS = _conditions_of(queries.Pages)
OF_CASES = _conditions_of(queries.CaseQuery)


def select_tasks(conditions: Any) -> Select:
    """Tasks, but those of batches. Invalid with every fault of the conditions.

    Pages select by `filter` alone, the text of the inbox's filter; names in it are looked up when it is resolved.
    """
    if isinstance(conditions, dict) and conditions.keys() == {FILTER} and isinstance(conditions[FILTER], str):
        return partial(selecting.numbers, conditions[FILTER])
    query = reading.document(json.encode(conditions), OF_TASKS)
    wanted = task_lists.filter_of(query)
    refs = {name: lowered(ref) for name in task_lists.REFS if (ref := getattr(query, name)) is not UNSET}
    people = {name: text for name in ("assignee", "creator") if isinstance(text := getattr(query, name), str)}

    def select(uow: UnitOfWork, after: int, limit: int) -> list[tuple[int, str]]:
        if wanted.kind not in (None, str(Kind.WORK)):
            return []
        me = uow.principal.user
        named = {name: me if text == "me" and me is not None else str(person(text)) for name, text in people.items()}
        mine = replace(wanted, kind=str(Kind.WORK))
        return _all(
            lambda last, count: (
                lists.list_page(
                    uow, lists.List(mine, BY_NUMBER, count, after=(last, last), people=named, refs=refs)
                ).items
            ),
            after,
            limit,
        )

    return select


def select_contacts(conditions: Any) -> Select:
    """Contacts. Invalid with every fault of the conditions."""
    reading.document(json.encode(conditions), OF_CONTACTS)

    def select(uow: UnitOfWork, after: int, limit: int) -> list[tuple[int, str]]:
        return _all(lambda last, count: contact_edits.list_page(uow, contact_edits.List(count, last))[0], after, limit)

    return select


def select_cases(conditions: Any) -> Select:
    """Cases. Invalid with every fault of the conditions."""
    query = reading.document(json.encode(conditions), OF_CASES)
    kind = None if query.kind is UNSET else query.kind

    def select(uow: UnitOfWork, after: int, limit: int) -> list[tuple[int, str]]:
        return _all(lambda last, count: case_edits.list_page(uow, case_edits.List(count, last, kind))[0], after, limit)

    return select


def _all(page: Callable[[int, int], list[Any]], after: int, limit: int) -> list[tuple[int, str]]:
    """Numbers and ids of so many objects behind a number; pages may end early."""
    found: list[tuple[int, str]] = []
    while len(found) < limit:
        some = page(found[-1][0] if found else after, limit - len(found))
        if not some:
            break
        found += [(each.number, each.uid) for each in some]
    return found
