"""Cases: what tasks belong to (page, 13 and 14)."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.views import CaseView, Gathering
from dragoman.dialects.onlyoffice_crm.wire.parameters import Parameters, gather
from dragoman.domain.case import Case, CaseKind
from dragoman.usecases import purge as removal
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.uow import UnitOfWork

LONGEST_TITLE = 255


class Create(msgspec.Struct, frozen=True):
    title: str

    def keys(self) -> Keys:
        return Keys(numbers={"case"})


def parse_create(request: Request) -> Create:
    """POST crm/case. A private case is refused: the users whom it is shared with have no place in a case."""
    title, is_private = _read(gather(request))
    if is_private:
        raise bad_argument("isPrivate", "not offered")
    return Create(title)


def _read(parameters: Parameters) -> tuple[str, bool]:
    title, is_private = parameters.text("title"), parameters.boolean("isPrivate")
    if not title:
        raise bad_argument("title", "required")
    if len(title) > LONGEST_TITLE:
        raise bad_argument("title", f"longer than {LONGEST_TITLE} characters")
    return title, is_private


def create(uow: UnitOfWork, command: Create) -> CaseView:
    """The case, made by the principal."""
    return Gathering(uow, 0).case(crm_cases.add(uow, CaseKind.CASE, command.title))


class Put(msgspec.Struct, frozen=True):
    """Replaces what creating takes. Other members of a case that is sent back as it was shown are ignored."""

    number: int
    title: str
    is_private: bool

    def keys(self) -> Keys:
        return Keys(cases={self.number})


def parse_put(request: Request) -> Put:
    """PUT crm/case/{id}."""
    parameters = gather(request)
    number = parameters.integer("id")
    title, is_private = _read(parameters)
    if number <= 0:
        raise bad_argument("id", "required")
    return Put(number, title, is_private)


def put(uow: UnitOfWork, command: Put) -> CaseView:
    """The case with another title; the same title changes nothing. A private case stays private, none becomes so."""
    present = _editable(uow, command)
    if command.is_private and not present.is_private:
        raise bad_argument("isPrivate", "not offered")
    after = replace(present, title=command.title)
    return Gathering(uow, 0).case(present if after == present else cases.save(uow, after))


class Get(msgspec.Struct, frozen=True):
    number: int

    def keys(self) -> Keys:
        return Keys().also("case", [self.number], Lock.NONE)


def parse_get(request: Request) -> Get:
    """GET crm/case/{id}, crm/opportunity/{id}."""
    return Get(gather(request).integer("id"))


def get(uow: UnitOfWork, command: Get) -> CaseView:
    """The case. NotFound also for what is none here: a service of Genesys, an opportunity."""
    return Gathering(uow, 0).case(crm_cases.get(uow, command.number, CaseKind.CASE))


class End(msgspec.Struct, frozen=True):
    """A case that shall be closed or opened again."""

    number: int

    def keys(self) -> Keys:
        return Keys(cases={self.number})


def parse_end(request: Request) -> End:
    """PUT crm/case/{id}/close and /reopen. Invalid when the id is 0."""
    number = gather(request).integer("id")
    if number <= 0:
        raise bad_argument("id", "required")
    return End(number)


def close(uow: UnitOfWork, command: End) -> CaseView:
    """The case, closed. One that is closed stays as it is."""
    case = _editable(uow, command)
    if case.completed_at is None:
        case = cases.save(uow, replace(case, completed_at=uow.now))
    return Gathering(uow, 0).case(case)


def reopen(uow: UnitOfWork, command: End) -> CaseView:
    """The case, open. An open one stays as it is."""
    case = _editable(uow, command)
    if case.completed_at is not None:
        case = cases.save(uow, replace(case, completed_at=None, outcome_code=None, outcome_text=None))
    return Gathering(uow, 0).case(case)


def _editable(uow: UnitOfWork, command: End | Put) -> Case:
    case = crm_cases.get(uow, command.number, CaseKind.CASE, Lock.CHANGE)
    crm_cases.require_edit(uow, case)
    return case


class Delete(msgspec.Struct, frozen=True):
    """A case or opportunity that shall go, and its tasks with it."""

    number: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # its tasks are found by a condition


def parse_delete(request: Request) -> Delete:
    """DELETE crm/case/{id}, crm/opportunity/{id}."""
    return Delete(gather(request).integer("id"))


def delete(uow: UnitOfWork, command: Delete) -> CaseView:
    """Return the case before its deletion. Forbidden without the right to edit it; Conflict while it holds a batch's
    task."""
    case = crm_cases.get(uow, command.number, CaseKind.CASE, Lock.CHANGE)
    crm_cases.require_edit(uow, case)
    seen = Gathering(uow, 0).case(case)
    removal.remove_case(uow, case)
    return seen
