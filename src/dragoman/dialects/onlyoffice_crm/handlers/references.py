"""What a client names beside a task: the person responsible, a contact, a case or opportunity.

What matches nothing here is kept as it was sent (`extras`), shows what the vendor shows for it, and never becomes one
of our numbers (DESIGN 3, rule 9). What equals what is shown changes nothing (rule 1).
"""

from typing import Any

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.wire.people import LOST_USER
from dragoman.domain.access import may_see_contact
from dragoman.domain.aliases import NameForm, PersonNames
from dragoman.domain.people import User
from dragoman.domain.task import Task
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.cases.crm_cases import Link
from dragoman.usecases.contacts import lookup as contact_lookup
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity import names
from dragoman.usecases.tasks import unclaimed_names
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.uow import UnitOfWork

RESPONSIBLE, CONTACT, ENTITY, BARE_ENTITY = "responsible", "contact", "entity", "entity_id"
"""Facts in `extras`: a guid, a number as text, kind and number of a case, the number of one without its kind."""

PERSON_NAMES = PersonNames(NameForm.GUID, (RESPONSIBLE,), nobody=frozenset({LOST_USER}))

Facts = dict[str, Any]


def user_of(uow: UnitOfWork, guid: str) -> User | None:
    """The user of this guid: an id, or an alias of this dialect."""
    return names.answering(uow, NAME, guid)


def has_responsible(uow: UnitOfWork, guid: str) -> Facts:
    """Conditions on tasks whose responsible was named so: a name that matches no user finds what it was sent with."""
    user = user_of(uow, guid)
    if user is not None:
        return {"assignee": user.uid}
    kept = TaskFilter(unassigned=True, extra=((NAME, RESPONSIBLE), guid))
    return {"any_of": (TaskFilter(assignee=guid), kept)}


def choice_of(uow: UnitOfWork, guid: str, parameter: str, present: str | None = None) -> User | None:
    """The same, for work that is to be given. Invalid for a disabled user, unless it is the present one."""
    user = user_of(uow, guid)
    if user is not None and not persons.is_assignable(user, present):
        raise bad_argument(parameter, "disabled")
    return user


class References:
    """The references of one task (None: a new one), and what becomes of them."""

    def __init__(self, uow: UnitOfWork, task: Task | None) -> None:
        self._uow = uow
        self._task = task
        self.fields: dict[str, Any] = {}
        self.facts: Facts = {} if task is None else dict(task.extras.get(NAME, {}))
        self._unknown: str | None = None

    def responsible(self, guid: str | None) -> None:
        """Give the task to a user. A name that matches no user leaves the task unassigned; see `note`."""
        task = self._task
        present = None if task is None else task.assignee
        known = persons.find(self._uow, present)
        is_shown = known is not None and known.deleted_at is None
        if guid == present:
            return
        if guid is None or guid == LOST_USER:
            if is_shown:
                self._assign(None, None)
            return
        user = choice_of(self._uow, guid, "responsibleId", present)
        self._unknown = guid if user is None else None
        self._assign(None if user is None else user.uid, self._unknown)

    def _assign(self, user: str | None, name: str | None) -> None:
        self.fields["assignee"] = user
        self._note(RESPONSIBLE, name)

    def contact(self, number: int, shown: int) -> None:
        """Link a contact; `shown` is the one that the task shows, 0 for none."""
        if number == shown:
            return
        contact = contact_lookup.find(self._uow, number, Lock.CHANGE) if number else None
        is_known = contact is not None and may_see_contact(self._uow.principal, contact)
        self.fields["contact"] = number if is_known else None
        self._note(CONTACT, str(number) if number and not is_known else None)

    def entity(self, wanted: Link | None, bare: int) -> None:
        """Make it belong to a case or opportunity; `bare` is the number of one whose kind wasn't sent."""
        shown = None if self._task is None else crm_cases.entity_of(self._uow, self._task)
        if wanted is None and shown is None:
            if bare:
                self._note(BARE_ENTITY, bare)
            return
        target = None if wanted is None else crm_cases.find_target(self._uow, wanted)
        self.fields |= crm_cases.link_fields(self._uow, self._task, target)
        unmatched = None if wanted is None or target is not None else {"kind": str(wanted[0]), "id": str(wanted[1])}
        self._note(ENTITY, unmatched)
        self._note(BARE_ENTITY, bare or None)

    def _note(self, name: str, value: Any) -> None:
        if value is None:
            self.facts.pop(name, None)
        else:
            self.facts[name] = value

    def apply(self, task: Task) -> Task:
        """The task with the references; the same object when none changes."""
        fields = {name: value for name, value in self.fields.items() if name != "assignee"}
        changed = {name: value for name, value in fields.items() if value != getattr(task, name)}
        after = replace(task, **changed) if changed else task
        if self.facts != task.extras.get(NAME, {}):
            after = after.with_extra(NAME, self.facts)
        return after.assign(self.fields["assignee"], at=self._uow.now) if "assignee" in self.fields else after

    def note(self, task: Task) -> None:
        """Note that the task was sent with a name that matches no user, if it was."""
        if self._unknown is not None:
            unclaimed_names.note(self._uow, NAME, self._unknown, task, is_made=self._task is None)

    def new(self) -> dict[str, Any]:
        """The fields of a new task."""
        return self.fields | ({"extras": {NAME: self.facts}} if self.facts else {})
