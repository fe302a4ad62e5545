"""Replacing, merging, reading and deleting one extension of a service, state or task (page, rows 4, 17 to 21; reading
and deleting are our additions)."""

from typing import Any

from dragoman.command import Keys, Lock
from dragoman.dialects.genesys.handlers.lookups import find_service, find_state, find_task, with_number, with_service
from dragoman.dialects.genesys.handlers.modes import Command
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.wire import moments
from dragoman.dialects.genesys.wire.names import RESERVED, TASK_CARD
from dragoman.dialects.genesys.wire.paths import ServiceId, parse_service, shown
from dragoman.dialects.kit import Request, json
from dragoman.domain.access import Permission
from dragoman.domain.case import Case, Stage
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.extension import Owner, check_name, fold
from dragoman.domain.task import Task
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.cases import lifecycle as case_uses
from dragoman.usecases.cases import stages as stage_uses
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

LOADED = {Owner.STAGE: "stage", Owner.TASK: "task"}
NOUNS = {Owner.CASE: "service", Owner.STAGE: "state", Owner.TASK: "task"}


class Place(Command, frozen=True):
    """An extension of a service, or of a state or task in it. `item` names the latter two."""

    owner: Owner
    service: ServiceId
    item: str
    name: str

    def rows(self) -> Keys:
        return self.locked(Lock.NONE)

    def locked(self, lock: Lock) -> Keys:
        """The owner under this lock, what decides who may see it, and the schema of the name."""
        keys = Keys(owners=tasks.SEEN_OWNERS if self.owner is Owner.TASK else None)
        with_service(keys, self.service, lock if self.owner is Owner.CASE else Lock.NONE)
        return keys if self.owner is Owner.CASE else with_number(keys, LOADED[self.owner], self.item, lock)


class Put(Place, frozen=True):
    """Exchange or merge the value: the client's own JSON text."""

    value: str | Invalid
    require_schema: bool
    merges: bool = False

    def rows(self) -> Keys:
        return extensions.announce(self.locked(Lock.CHANGE), self.owner, [self.name])


class Delete(Place, frozen=True):
    """Take the value away."""

    def rows(self) -> Keys:
        return self.locked(Lock.CHANGE)


def parse_put(owner: Owner, switches: Switches, request: Request) -> Put:
    """The body is the value, whatever JSON it is, whatever the content type is."""
    return _parse_put(owner, switches, request, merges=False)


def parse_merge(owner: Owner, switches: Switches, request: Request) -> Put:
    """The body is an object to be laid over the stored one."""
    return _parse_put(owner, switches, request, merges=True)


def parse_show(owner: Owner, switches: Switches, request: Request) -> Place:
    """Nothing but the path."""
    return Place(*_place(owner, switches, request))


def parse_delete(owner: Owner, switches: Switches, request: Request) -> Delete:
    """Nothing but the path."""
    return Delete(*_place(owner, switches, request))


def put(uow: UnitOfWork, command: Put) -> None:
    """The whole value is exchanged, or what is named in it; a former one is lost."""
    found = _find(uow, command, Permission.EDIT)
    text = judge(command.value)
    write = extensions.merge_extension if command.merges else extensions.set_extension
    check_name(command.name, RESERVED)
    _save(uow, found, write(uow, found, command.name, text, require_schema=command.require_schema))


def show(uow: UnitOfWork, command: Place) -> str:
    """The bare value. NotFound `extension_not_found` when there is none."""
    found = _find(uow, command, Permission.SEE)
    if isinstance(found, Task) and fold(command.name) == fold(TASK_CARD):
        return extensions.task_card(uow, found, moments.render)
    try:
        return extensions.get_extension(found, command.name).value
    except NotFound:
        raise _missing(command) from None


def delete(uow: UnitOfWork, command: Delete) -> None:
    """NotFound `extension_not_found` when there is none."""
    found = _find(uow, command, Permission.EDIT)
    try:
        without = extensions.remove_extension(found, command.name)
    except NotFound:
        raise _missing(command) from None
    _save(uow, found, without)


def _parse_put(owner: Owner, switches: Switches, request: Request, *, merges: bool) -> Put:
    value = judged_late(lambda: json.parse_raw(request.body)[1])
    return Put(*_place(owner, switches, request), value, switches.require_schema, merges)


def _place(owner: Owner, switches: Switches, request: Request) -> tuple[Owner, ServiceId, str, str]:
    path = request.path
    item = path.get("stid") or path.get("tid") or ""
    return owner, parse_service(path["sid"], switches.service_id_style), item, path["ext"]


def _find(uow: UnitOfWork, command: Place, permission: Permission) -> Any:
    edits = permission is Permission.EDIT
    lock = Lock.CHANGE if edits else Lock.NONE
    of_case = command.owner is Owner.CASE
    case = find_service(uow, command.service, to_edit=edits and of_case, lock=lock if of_case else Lock.NONE)
    if of_case:
        return case
    if command.owner is Owner.STAGE:
        return find_state(uow, command.service, command.item, case, to_edit=edits, lock=lock)
    return find_task(uow, command.service, command.item, case, permission)


def _save(uow: UnitOfWork, before: Task | Case | Stage, after: Any) -> None:
    if after is before:
        return
    if isinstance(before, Task):
        tasks.save(uow, before, after)
    elif isinstance(before, Case):
        case_uses.save(uow, after)
    else:
        stage_uses.save(uow, after)


def _missing(command: Place) -> NotFound:
    noun = NOUNS[command.owner]
    whose = shown(command.item or command.service.text)
    return NotFound("extension_not_found", f"no extension {shown(command.name)} in {noun} {whose}")
