"""Audiences: the holders that may see an entity, as text that is stored with each event.

`*` where every user may; else user ids, `group:ID` and `role:reviewer`, sorted, with a space between. Administrators
see everything, and supervisors every task, case, stage, contact and batch: neither is named. `domain.access` alone
decides what is seen; a test compares the two.
"""

from collections.abc import Iterable

from dragoman.domain.access import (
    DECIDING_ROLES,
    NOTHING,
    SEEING,
    SEEING_INACTIVE,
    Linked,
    Principal,
    holds,
    sees_all,
    watches_batches,
)
from dragoman.domain.case import Case
from dragoman.domain.contact import Contact
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_item import EVERYBODY, REVIEWERS

ADMINISTRATORS = ""
"""The audience of what only administrators see."""

SEEN_BY_SUPERVISORS = frozenset({"task", "case", "stage", "contact", "batch"})

DECIDES_TASK = frozenset({"assignee", "creator", "starter", "work_items", "state", "contact", "case", "entity", "kind"})
"""The fields of a task that its audience depends on."""
DECIDES = {
    "task": DECIDES_TASK,
    "case": frozenset({"is_private", "creator", "assignee"}),
    "contact": frozenset({"is_private", "creator", "shared_with"}),
}
"""The same by entity. The audience of others never changes."""


def of_task(task: Task, linked: Linked = NOTHING) -> str:
    """Who may see a task that links these."""
    if linked is NOTHING and not task.work_items and task.kind is Kind.WORK:  # as most are
        return EVERYBODY
    if task.stands_for_batch:
        return _of_batch(task, linked)
    is_private = linked.is_private
    if not is_private and not task.work_items:
        return EVERYBODY
    holders = {task.assignee, task.creator, task.starter}
    roles = SEEING_INACTIVE if task.state is State.INACTIVE else SEEING
    named = {item.holder for item in task.work_items if item.role in roles}
    if EVERYBODY in named and not is_private:
        return EVERYBODY
    return _text(holders | named | (_sharers(linked) if is_private else set()))


def _of_batch(task: Task, linked: Linked) -> str:
    """Of those who may decide it, only they to whom all that is private is shown see one that links something private:
    who of them has the right is looked at when an event is read."""
    if linked.is_private:
        return _text({task.creator} | _sharers(linked))
    return _text({task.creator, REVIEWERS} | {item.holder for item in task.work_items if item.role in DECIDING_ROLES})


def of_contact(contact: Contact) -> str:
    """Who may see a contact."""
    return _text({contact.creator, *contact.shared_with}) if contact.is_private else EVERYBODY


def of_case(case: Case) -> str:
    """Who may see a case, and its stages."""
    return _text({case.creator, case.assignee}) if case.is_private else EVERYBODY


def hears(principal: Principal, entity: str, audience: str) -> bool:
    """Whether the principal belongs to the audience of an event of such an entity."""
    if audience == EVERYBODY or principal.is_admin or (entity in SEEN_BY_SUPERVISORS and sees_all(principal)):
        return True
    return any(
        watches_batches(principal) if holder == REVIEWERS else holds(principal, holder) for holder in audience.split()
    )


def _sharers(linked: Linked) -> set[str | None]:
    """The users to whom all that is private is shown."""
    shown: set[str | None] | None = None
    if linked.contact is not None and linked.contact.is_private:
        shown = {linked.contact.creator, *linked.contact.shared_with}
    for case in (linked.case, linked.entity):
        if case is not None and case.is_private:
            both: set[str | None] = {case.creator, case.assignee}
            shown = both if shown is None else shown & both
    return shown or set()


def _text(holders: Iterable[str | None]) -> str:
    return " ".join(sorted({holder for holder in holders if holder and holder != EVERYBODY}))
