"""Views: a task, contact or case with all related entities, loaded within the unit of work."""

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.domain.access import Permission, may_edit_case, may_edit_contact, may_see_contact, permissions
from dragoman.domain.case import Case
from dragoman.domain.category import Category
from dragoman.domain.contact import Contact
from dragoman.domain.note import Note
from dragoman.domain.people import User
from dragoman.domain.task import Task
from dragoman.domain.template_set import Blueprint, TemplateSet
from dragoman.usecases import categories as all_categories
from dragoman.usecases import notes, template_sets
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.contacts import lookup as contact_lookup
from dragoman.usecases.identity import lookup as people_lookup
from dragoman.usecases.identity import names
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.uow import UnitOfWork

POINTED_TO = tasks.SEEN_OWNERS | {"category": Lock.NONE}
"""What must be loaded beside a task to show it."""


class Sharing(IntEnum):
    """What others may do with a contact; NONE makes it private."""

    NONE = 0
    READ_WRITE = 1
    READ = 2


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as the principal sees it."""

    contact: Contact
    zone: str
    creator: User | None
    company: "ContactView | None" = None
    sharers: tuple[User, ...] = ()
    sharing: Sharing = Sharing.READ_WRITE
    is_visible: bool = True
    can_edit: bool = True
    has_late_tasks: bool = False


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task as the principal sees it. `is_fresh`: just written, so an absent description is still null."""

    task: Task
    zone: str
    creator: User | None
    responsible: User | None
    contact: ContactView | None
    category: Category | None
    entity: Case | None
    can_edit: bool
    is_fresh: bool = False


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the principal sees it, with the members among them."""

    case: Case
    zone: str
    creator: User | None
    can_edit: bool
    members: tuple[ContactView, ...] = ()


class OpportunityView(msgspec.Struct, frozen=True, kw_only=True):
    """An opportunity as the principal sees it."""

    case: Case
    zone: str
    creator: User | None
    responsible: User | None
    contact: ContactView | None
    can_edit: bool
    members: tuple[ContactView, ...] = ()


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the history of a contact, case or opportunity."""

    note: Note
    zone: str
    creator: User | None
    contact: ContactView | None
    entity: Case | None
    can_edit: bool


class TemplateView(msgspec.Struct, frozen=True, kw_only=True):
    """A template of a task."""

    blueprint: Blueprint
    responsible: User | None
    category: Category | None


class ContainerView(msgspec.Struct, frozen=True, kw_only=True):
    """A container with its templates."""

    set: TemplateSet
    templates: tuple[TemplateView, ...]


class Gathering:
    """Gathers what answers show, for one principal."""

    def __init__(self, uow: UnitOfWork, default_category: int) -> None:
        self._uow = uow
        self._zone = uow.home.zone
        self._default_category = default_category

    def task(self, task: Task, *, is_fresh: bool = False) -> TaskView:
        """The task with all that it points to."""
        linked = tasks.linked(self._uow, task)
        contact = linked.contact
        return TaskView(
            task=task,
            zone=self._zone,
            creator=self._user(task.creator),
            responsible=self._user(task.assignee),
            contact=None if contact is None else self.contact(contact),
            category=self.category(task),
            entity=crm_cases.entity_of(self._uow, task, linked),
            can_edit=Permission.EDIT in permissions(self._uow.principal, task, linked),
            is_fresh=is_fresh,
        )

    def contact(self, contact: Contact) -> ContactView:
        """The contact as shown in a task."""
        principal = self._uow.principal
        named = (contact.creator, *contact.shared_with) if contact.is_private else ()
        return ContactView(
            contact=contact,
            zone=self._zone,
            creator=self._user(contact.creator),
            sharers=tuple(user for uid in dict.fromkeys(named) if (user := self._user(uid)) is not None),
            sharing=_sharing(contact),
            is_visible=may_see_contact(principal, contact),
            can_edit=may_edit_contact(principal, contact),
        )

    def whole_contact(self, contact: Contact, *, has_late_tasks: bool = False) -> ContactView:
        """The contact by itself: a person with the company, and whether something is late."""
        company = None if contact.company is None else contact_lookup.find(self._uow, contact.company)
        return msgspec.structs.replace(
            self.contact(contact),
            company=None if company is None else self.contact(company),
            has_late_tasks=has_late_tasks,
        )

    def whole_contacts(self, contacts: Sequence[Contact]) -> list[ContactView]:
        """Several of them. The command must be exclusive."""
        late = task_lookup.late_contacts(self._uow, [contact.number for contact in contacts], self._uow.now)
        return [self.whole_contact(contact, has_late_tasks=contact.number in late) for contact in contacts]

    def case(self, case: Case) -> CaseView:
        may_edit = may_edit_case(self._uow.principal, case)
        creator, members = self._user(case.creator), self._members(case)
        return CaseView(case=case, zone=self._zone, creator=creator, can_edit=may_edit, members=members)

    def opportunity(self, case: Case) -> OpportunityView:
        contact = None if case.contact is None else contact_lookup.find(self._uow, case.contact)
        return OpportunityView(
            case=case,
            zone=self._zone,
            creator=self._user(case.creator),
            responsible=self._user(case.assignee),
            contact=None if contact is None else self.contact(contact),
            can_edit=may_edit_case(self._uow.principal, case),
            members=self._members(case),
        )

    def _members(self, case: Case) -> tuple[ContactView, ...]:
        found = (contact_lookup.find(self._uow, number) for number in case.members)
        seen = (each for each in found if each is not None and may_see_contact(self._uow.principal, each))
        return tuple(map(self.contact, seen))

    def event(self, note: Note) -> EventView:
        """The event with what is there of the contact and the case that it belongs to."""
        contact, case = notes.owners(self._uow, note)
        principal = self._uow.principal
        return EventView(
            note=note,
            zone=self._zone,
            creator=self._user(note.creator),
            contact=None if contact is None else self.contact(contact),
            entity=case if case is not None and case.kind in crm_cases.KINDS else None,
            can_edit=principal.is_admin or (note.creator is not None and principal.user == note.creator),
        )

    def containers(self, found: Sequence[TemplateSet]) -> list[ContainerView]:
        """Containers with their templates. The command must be exclusive."""
        templates: dict[int, list[TemplateView]] = {each.number: [] for each in found}
        for blueprint in template_sets.blueprints(self._uow, *templates):
            templates[blueprint.set].append(self.template(blueprint))
        return [ContainerView(set=each, templates=tuple(templates[each.number])) for each in found]

    def template(self, blueprint: Blueprint) -> TemplateView:
        """A template with the responsible: one who was unknown when it was sent may be known by now."""
        kept = blueprint.extras.get(NAME, {}).get("responsible")
        return TemplateView(
            blueprint=blueprint,
            responsible=self._user(blueprint.assignee) if kept is None else names.answering(self._uow, NAME, kept),
            category=all_categories.find(self._uow, blueprint.category),
        )

    def category(self, task: Task) -> Category | None:
        """The task's category; for a task of another dialect that has none, the one that an operator chose."""
        number = self._default_category if task.category is None else task.category
        return all_categories.find(self._uow, number) if number else None

    def _user(self, uid: str | None) -> User | None:
        return None if uid is None else people_lookup.find(self._uow, uid)


def shown_keys(keys: Keys, default_category: int) -> Keys:
    """The keys, and beside them what a task without a category shows."""
    return keys.also("category", [default_category], Lock.NONE) if default_category else keys


def _sharing(contact: Contact) -> Sharing:
    if contact.is_private:
        return Sharing.NONE
    return Sharing(contact.extras.get(NAME, {}).get("share_type", Sharing.READ_WRITE))
