"""The same task for several contacts (page, 9.4): all of them, or none."""

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.handlers.task_content import (
    Content,
    check_category,
    check_deadline,
    check_title,
    read_content,
    require_category,
)
from dragoman.dialects.onlyoffice_crm.handlers.tasks import add
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.views import TaskView
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.usecases.uow import UnitOfWork

MOST = 1_000


class CreateGroup(msgspec.Struct, frozen=True):
    """A task for each of the contacts, in their order; one that is named twice has two."""

    content: Content
    options: Options

    def keys(self) -> Keys:
        return self.content.name(Keys(numbers={"task"}), Lock.CHANGE)


def parse(options: Options, request: Request) -> CreateGroup:
    """POST crm/contact/task/group."""
    content = read_content(gather(request), for_group=True)
    if len(content.contacts) > MOST:
        raise bad_argument("contactId", f"more than {MOST}")
    return CreateGroup(content, options)


def run(uow: UnitOfWork, command: CreateGroup) -> list[TaskView]:
    """The new tasks. Without contacts nothing is made, nor looked at."""
    content = command.content
    if not content.contacts:
        return []
    # Not the order of a single task (page, 6.1): here the vendor looks at the category last.
    check_title(content, None)
    due = check_deadline(uow, content)
    check_category(uow, require_category(content))
    return [add(uow, replace(content, contacts=(contact,)), due, command.options) for contact in content.contacts]
