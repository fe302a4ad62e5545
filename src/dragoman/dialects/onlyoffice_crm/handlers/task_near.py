"""The nearest open task of each contact of a list (second page, H)."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.views import Gathering, TaskView
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.dialects.onlyoffice_crm.wire.tasks import render_task
from dragoman.domain.access import may_see_contact
from dragoman.usecases.contacts import lookup as contacts
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import lookup as tasks
from dragoman.usecases.uow import UnitOfWork

MOST = 1_000


class Near(msgspec.Struct, frozen=True):
    """Contacts of which a client wants the next task."""

    contacts: tuple[int, ...]
    options: Options

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse(options: Options, request: Request) -> Near:
    """POST crm/contact/task/near."""
    contacts = tuple(dict.fromkeys(number for number in gather(request).integers("contactid") if number > 0))
    if len(contacts) > MOST:
        raise bad_argument("contactid", f"more than {MOST}")
    return Near(contacts, options)


def run(uow: UnitOfWork, command: Near) -> dict[int, TaskView]:
    """By contact. One without open tasks, and one that the principal may not see, is left out."""
    known = contacts.load(uow, command.contacts)
    seen = [contact.number for contact in known if may_see_contact(uow.principal, contact)]
    found = tasks.nearest(uow, seen)
    task_lists.load_owners(uow, found)
    gathering = Gathering(uow, command.options.default_category)
    nearest = {task.contact: gathering.task(task) for task in found}
    return {number: nearest[number] for number in command.contacts if number in nearest}


def render(options: Options, found: dict[int, TaskView], request: Request) -> Reply:
    persons = Persons(request.base_url)
    response = {str(contact): render_task(seen, persons, in_list=True) for contact, seen in found.items()}
    return envelope.reply(request, options.default_format, envelope.success(201, response))
