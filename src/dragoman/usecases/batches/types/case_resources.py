"""Cases as objects of batches: found in sets, changed one by one."""

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.access import may_edit_case, may_see_case, require_to
from dragoman.domain.case import Case
from dragoman.domain.errors import Conflict
from dragoman.domain.restoring import Plan, Unit
from dragoman.usecases.along import Companion
from dragoman.usecases.batches.types import assignees, keys
from dragoman.usecases.batches.types.resource_types import NOTHING, Found, Patch, Undoing
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.tasks import references
from dragoman.usecases.uow import UnitOfWork

KEYS = ("id", "contact")


def find(uow: UnitOfWork, key: str, values: Sequence[str]) -> list[Found]:
    """For each value the cases that have it, as far as the principal may see them. Those that are the only one are
    loaded for change."""
    return _by_id(uow, values) if key == "id" else _by_contact(uow, values)


def sees(uow: UnitOfWork, there: Sequence[Case]) -> list[bool]:
    """Which of these cases the principal may see."""
    return [may_see_case(uow.principal, case) for case in there]


def _by_id(uow: UnitOfWork, values: Sequence[str]) -> list[Found]:
    refs = [keys.ref(value) for value in values]
    uow.cases.load(list({ref for ref in refs if ref is not None}), Lock.CHANGE)
    there = [None if ref is None else uow.cases.find(ref, Lock.CHANGE) for ref in refs]
    return [
        NOTHING if case is None or not may_see_case(uow.principal, case) else Found(1, case.number) for case in there
    ]


def _by_contact(uow: UnitOfWork, values: Sequence[str]) -> list[Found]:
    numbers = {int(value) for value in values if keys.is_number(value)}
    numbers -= references.hidden(uow, "contact", sorted(numbers))
    counted = uow.cases.counted_by_contact(sorted(numbers), uow.principal) if numbers else {}
    uow.cases.load(sorted(number for count, number in counted.values() if count == 1), Lock.CHANGE)
    found = {str(contact): Found(*keys.only(count, number)) for contact, (count, number) in counted.items()}
    return [found.get(value, NOTHING) for value in values]


def changing(uow: UnitOfWork, change: case_edits.Change) -> Patch:
    """Makes this change to one case after the other; its `case` doesn't matter. A login is looked up once."""
    known = replace(change, assignee=assignees.known(uow, change.assignee))

    def apply(part: UnitOfWork, number: int) -> None:
        case_edits.change(part, replace(known, case=number))

    return apply


def removing(uow: UnitOfWork, numbers: Sequence[int]) -> Patch:
    """Deletes one of these cases after the other. Which of them hold something is asked once for all of them."""
    holding = uow.cases.holding(numbers)

    def apply(part: UnitOfWork, number: int) -> None:
        case_edits.remove(part, case_edits.Remove(number), is_empty=number not in holding)

    return apply


def remove(uow: UnitOfWork, number: int) -> None:
    """Delete a case with its stages. Conflict for the inbox, and while it holds tasks."""
    case_edits.remove(uow, case_edits.Remove(number))


# Undo

PLAN = Plan(
    (Unit(frozenset({"completed_at", "outcome_code", "outcome_text"})),),
    {"outcome_code": "outcome/code", "outcome_text": "outcome/text"},
)


def restore(uow: UnitOfWork, before: Case, after: Case, names: Sequence[str]) -> None:
    """Save a case whose members have their old values again. Conflict where its contact is gone."""
    require_to(may_edit_case(uow.principal, before), uow.principal, "change this case")
    if after.contact != before.contact:
        _must_have_contact(uow, after)
    cases.save(uow, after)


def adding(uow: UnitOfWork, deleted: Sequence[Case]) -> Callable[[UnitOfWork, Case], None]:
    """Stores deleted cases again. Conflict where a contact is gone."""
    if linked := {case.contact for case in deleted if case.contact is not None}:
        uow.contacts.load(sorted(linked), Lock.SHARED)

    def add(part: UnitOfWork, case: Case) -> None:
        require_to(may_edit_case(part.principal, case), part.principal, "bring this case back")
        _must_have_contact(part, case)
        part.cases.add(case)

    return add


def _must_have_contact(uow: UnitOfWork, case: Case) -> None:
    if case.contact is not None and uow.contacts.find(case.contact, Lock.SHARED) is None:
        raise Conflict("bad_reference", "its contact does not exist any more", field="contact")


def held(uow: UnitOfWork, numbers: Sequence[int], known: Collection[tuple[str, int, int]]) -> frozenset[int]:
    """Those of the cases that have stages but the known ones."""
    holding = uow.cases.holding(numbers) if numbers else ()
    stages = [stage for number in holding for stage in uow.stages.of_case(number)]
    return frozenset(each.case for each in stages if ("stage", each.number, each.revision) not in known)


STAGES = Companion(
    "case", Plan(), lambda uow, before, after: uow.stages.save(after), lambda uow, stage: uow.stages.add(stage)
)
UNDOING = Undoing(PLAN, restore, adding, held, {"stage": STAGES})
