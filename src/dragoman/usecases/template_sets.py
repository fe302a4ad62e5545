"""Template sets and their blueprints: made, changed, deleted, and applied to a contact or case: all tasks or none."""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Key, Lock, Ref
from dragoman.domain.access import may_see_case, may_see_contact
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.due import DueChange
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.task import Task
from dragoman.domain.template_set import MOST_BLUEPRINTS, AppliesTo, Blueprint, TemplateSet
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity import names
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.tasks import unclaimed_names
from dragoman.usecases.tasks.references import Links
from dragoman.usecases.uow import UnitOfWork

ON_CONTACTS = {
    AppliesTo.CONTACT: frozenset(ContactKind),
    AppliesTo.PERSON: frozenset({ContactKind.PERSON}),
    AppliesTo.COMPANY: frozenset({ContactKind.COMPANY}),
}
ON_CASES = {AppliesTo.CASE: CaseKind.CASE, AppliesTo.OPPORTUNITY: CaseKind.OPPORTUNITY}
MOST_SETS = 1_000
"""Maximum sets of a tenant."""


class List(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_all(uow: UnitOfWork, command: List) -> list[TemplateSet]:
    """The sets by number."""
    return sets(uow)


class Get(msgspec.Struct, frozen=True):
    set: Ref

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # the blueprints are found by a condition


def get(uow: UnitOfWork, command: Get) -> tuple[TemplateSet, list[Blueprint]]:
    """The set with its blueprints. NotFound when there is none."""
    found = uow.template_sets.get(command.set)
    return found, blueprints(uow, found.number)


def sets(uow: UnitOfWork, applies_to: AppliesTo | None = None) -> list[TemplateSet]:
    """The sets by number, or those for one kind. The command must be exclusive."""
    return uow.template_sets.all(applies_to, limit=MOST_SETS)


def blueprints(uow: UnitOfWork, *numbers: int) -> list[Blueprint]:
    """The blueprints of these sets by number. The command must be exclusive."""
    return uow.blueprints.of_sets(list(numbers))


def find_set(uow: UnitOfWork, key: Key, lock: Lock = Lock.NONE) -> TemplateSet | None:
    """The set by number or uid."""
    return uow.template_sets.find(key, lock)


def find_blueprint(uow: UnitOfWork, number: int, lock: Lock = Lock.NONE) -> Blueprint | None:
    """The blueprint of this number."""
    return uow.blueprints.find(number, lock)


def add_set(uow: UnitOfWork, applies_to: AppliesTo, title: str) -> TemplateSet:
    """Create a set. The command is exclusive. Conflict beyond MOST_SETS."""
    if len(sets(uow)) >= MOST_SETS:
        raise Conflict("too_many_sets", f"There can be at most {MOST_SETS} template sets.", limit=MOST_SETS)
    made = TemplateSet(
        uow.tenant, uow.numbers.draw("template_set"), uow.new_id(), title, applies_to, uow.principal.user, uow.now
    )
    return uow.template_sets.add(replace(made, modified_at=uow.now))


def rename_set(uow: UnitOfWork, found: TemplateSet, title: str) -> TemplateSet:
    """The set with another title."""
    if title == found.title:
        return found
    return uow.template_sets.save(replace(found, title=title, modified_at=uow.now))


def remove_set(uow: UnitOfWork, found: TemplateSet) -> None:
    """Delete a set and its blueprints. The command is exclusive."""
    for blueprint in uow.blueprints.of_sets([found.number], Lock.CHANGE):
        uow.blueprints.remove(blueprint)
    uow.template_sets.remove(found)


def add_blueprint(uow: UnitOfWork, found: TemplateSet, **fields: Any) -> Blueprint:
    """Create a blueprint in a set. The command is exclusive. Conflict beyond MOST_BLUEPRINTS."""
    _must_have_room(uow, found)
    made = Blueprint(uow.tenant, uow.numbers.draw("blueprint"), found.number, created_at=uow.now, **fields)
    return uow.blueprints.add(replace(made, modified_at=uow.now))


def change_blueprint(uow: UnitOfWork, blueprint: Blueprint, found: TemplateSet, **fields: Any) -> Blueprint:
    """The blueprint in this set, with these fields. The command is exclusive."""
    if blueprint.set != found.number:
        _must_have_room(uow, found)
    after = replace(blueprint, set=found.number, **fields)
    return blueprint if after == blueprint else uow.blueprints.save(replace(after, modified_at=uow.now))


def _must_have_room(uow: UnitOfWork, found: TemplateSet) -> None:
    if len(blueprints(uow, found.number)) >= MOST_BLUEPRINTS:
        message = f"A template set has at most {MOST_BLUEPRINTS} templates."
        raise Conflict("too_many_templates", message, limit=MOST_BLUEPRINTS)


def remove_blueprint(uow: UnitOfWork, blueprint: Blueprint) -> None:
    """Delete a blueprint."""
    uow.blueprints.remove(blueprint)


class Apply(msgspec.Struct, frozen=True):
    """Make the tasks of a set for a contact or a case, with deadlines counted from `at` (None: now)."""

    set: Ref
    contact: int | None = None
    case: int | None = None
    at: Moment | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # the blueprints are found by a condition


def apply(uow: UnitOfWork, command: Apply) -> list[Task]:
    """The new tasks, in the order of their blueprints. NotFound for an unknown set. Conflict for a contact or case that
    the set isn't for (`wrong_entity`), and for a set without blueprints; Invalid for one that is unknown or hidden, and
    for a disabled assignee."""
    found = uow.template_sets.get(command.set)
    contact, case = _target(uow, command)
    if not _is_for(found.applies_to, contact, case):
        raise Conflict("wrong_entity", f"This set is for another kind of object: {found.applies_to}.")
    wanted = blueprints(uow, found.number)
    if not wanted:
        raise Conflict("nothing_to_apply", "This set has no templates.")
    links = Links() if contact is None else Links(contact=contact.number)
    links = links if case is None else replace(links, case=case.number)
    at = uow.now if command.at is None else command.at
    return [_make(uow, blueprint, at, links) for blueprint in wanted]


def _target(uow: UnitOfWork, command: Apply) -> tuple[Contact | None, Case | None]:
    if command.contact is not None:
        contact = uow.contacts.find(command.contact, Lock.CHANGE)
        if contact is None or not may_see_contact(uow.principal, contact):
            raise _unknown("contact")
        return contact, None
    case = None if command.case is None else uow.cases.find(command.case, Lock.SHARED)
    if case is None or not may_see_case(uow.principal, case):
        raise _unknown("case")
    return None, case


def _unknown(name: str) -> Invalid:
    why = "does not exist"
    return Invalid("bad_reference", f"{name} {why}.", (Problem(f"/{name}", "not_found", why),), status=409)


def _is_for(applies_to: AppliesTo, contact: Contact | None, case: Case | None) -> bool:
    if contact is not None:
        return contact.kind in ON_CONTACTS.get(applies_to, ())
    return case is not None and case.kind is ON_CASES.get(applies_to)


def _make(uow: UnitOfWork, blueprint: Blueprint, at: Moment, links: Links) -> Task:
    due = blueprint.due(at, uow.home.zone)
    assignee, extras, unknown = _assignee(uow, blueprint)
    task = task_edits.create(
        uow,
        task_edits.Create(
            {"title": blueprint.title, "description": blueprint.description, "extras": extras},
            DueChange(due.at) if due.local is None else DueChange(local=due.local, zone=due.zone),
            links if blueprint.category is None else replace(links, category=blueprint.category),
            assignee,
        ),
    )
    for dialect, name in unknown:
        unclaimed_names.note(uow, dialect, name, task, is_made=True)
    return task


def _assignee(
    uow: UnitOfWork, blueprint: Blueprint
) -> tuple[str | None, dict[str, dict[str, Any]], list[tuple[str, str]]]:
    """Who gets the task, the facts that it is made with, and the names that match no user: one that a client sent may
    match one by now. A user who was deleted gets nothing."""
    unknown = []
    for dialect, facts in blueprint.extras.items():
        name = names.kept(dialect, facts)
        if name is None:
            continue
        user = names.answering(uow, dialect, name)
        if user is not None:
            return user.uid, {}, []
        unknown.append((dialect, name))
    chosen = persons.find(uow, blueprint.assignee)
    is_there = chosen is not None and chosen.deleted_at is None
    return blueprint.assignee if is_there else None, blueprint.extras, unknown
