"""What a client sends of a task (page, 9.1): converted in the vendor's order, then checked, each thing when its turn
comes in the page's table 6.1."""

from typing import Any

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.dialects.onlyoffice_crm.problems import bad_argument, not_found
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.parameters import Parameters
from dragoman.dialects.onlyoffice_crm.wire.tasks import shown_title
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.task import Task
from dragoman.usecases import categories as all_categories
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.tasks import unclaimed_names
from dragoman.usecases.uow import UnitOfWork

LONGEST_TITLE = 255
ENTITY_TYPES = {"opportunity": CaseKind.OPPORTUNITY, "case": CaseKind.CASE}


class Content(msgspec.Struct, frozen=True):
    """A task as a client sends it, whole: what isn't there is nothing. Only a group has several contacts."""

    title: str | None
    description: str | None
    deadline: Date | None
    responsible: str | None
    category: int
    contacts: tuple[int, ...]
    entity_type: str
    entity: int
    alert: int

    @property
    def contact(self) -> int:
        """The contact; 0 for none."""
        return max(self.contacts[0], 0) if self.contacts else 0

    @property
    def link(self) -> crm_cases.Link | None:
        """The case or opportunity that it shall belong to."""
        return (ENTITY_TYPES[self.entity_type], self.entity) if self.entity_type and self.entity > 0 else None

    @property
    def bare_entity(self) -> int:
        """An entity's id without its type is stored, and never shown (page, 9.1)."""
        return 0 if self.entity_type else self.entity

    def name(self, keys: Keys, lock: Lock, task: int | None = None) -> Keys:
        """The keys with what a task of this content will point to, and be counted by; `task` is one that exists."""
        unclaimed_names.announce(keys, NAME, self.responsible, task)
        keys.also("category", [self.category], lock)
        keys.also("contact", [contact for contact in self.contacts if contact > 0], lock)
        if self.link is not None:
            keys.also("case", [self.link[1]], Lock.SHARED)
        return keys


def read_content(parameters: Parameters, *, for_group: bool = False) -> Content:
    """The parameters of 9.1, converted in the vendor's order, then the check of the kind of entity."""
    title, description = parameters.text("title"), parameters.text("description")
    deadline, responsible = parameters.date("deadline"), parameters.guid("responsibleId")
    category = parameters.integer("categoryId")
    contacts = parameters.integers("contactId") if for_group else [parameters.integer("contactId")]
    entity_type, entity = (parameters.text("entityType") or "").lower(), parameters.integer("entityId")
    parameters.boolean("isNotify")  # must be readable; notifications aren't sent yet
    alert = parameters.integer("alertValue")
    if entity_type and entity_type not in ENTITY_TYPES:
        raise bad_argument("entityType", "neither opportunity nor case")
    return Content(title, description, deadline, responsible, category, tuple(contacts), entity_type, entity, alert)


def require_category(content: Content) -> Content:
    """The content. Invalid when its category can't be one."""
    if content.category <= 0:
        raise bad_argument("categoryId", "required")
    return content


def check(uow: UnitOfWork, content: Content, present: Task | None) -> Moment:
    """The deadline. Raises for the first of category, title and deadline that can't be."""
    check_category(uow, content)
    check_title(content, present)
    return check_deadline(uow, content)


def check_category(uow: UnitOfWork, content: Content) -> None:
    """NotFound for a category that isn't there."""
    if all_categories.find(uow, content.category) is None:
        raise not_found("Category is not found")


def check_title(content: Content, present: Task | None) -> None:
    """Invalid for no title, and for one that is too long, unless it is that which the present task shows."""
    if not content.title:
        raise bad_argument("title", "required")
    kept = present is not None and content.title == shown_title(present)
    if len(content.title) > LONGEST_TITLE and not kept:
        raise bad_argument("title", f"longer than {LONGEST_TITLE} characters")


def check_deadline(uow: UnitOfWork, content: Content) -> Moment:
    """The deadline as a moment. Invalid for none."""
    if content.deadline is None:
        raise bad_argument("deadline", "required")
    return content.deadline.at(zone_of(uow.home.zone))


def due_fields(uow: UnitOfWork, content: Content, due: Moment) -> dict[str, Any]:
    """The deadline as a task keeps it: the moment, and the wall time that a person chose."""
    local = None if content.deadline is None else content.deadline.local
    return {"due_at": due, "due_local": local, "due_zone": None if local is None else uow.home.zone}
