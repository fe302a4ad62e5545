"""Cases by reference or by condition, without a check of rights: for dialects with their own error for missing rights.
Everything else uses `lifecycle.get`."""

from collections.abc import Iterator

from dragoman.command import Key, Lock
from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.domain.errors import TooLarge
from dragoman.domain.limits import LIST_BYTES, PAGE_BYTES
from dragoman.usecases.uow import UnitOfWork

SLICE = 1_000


def find(uow: UnitOfWork, ref: Key, lock: Lock = Lock.NONE) -> Case | None:
    """The case by number or uid."""
    return uow.cases.find(ref, lock)


def load(uow: UnitOfWork, numbers: list[int]) -> list[Case]:
    """Those of the cases that exist, in this order, with one statement."""
    return uow.cases.of_numbers(numbers)


def of_customer(uow: UnitOfWork, key: str) -> list[Case]:
    """The cases of a vendor's customer. TooLarge beyond LIST_BYTES of extensions."""
    return _whole(*uow.cases.of_customer(key, LIST_BYTES))


def anonymous(uow: UnitOfWork, contact_key: str) -> list[Case]:
    """The cases of a contact key that have no customer. TooLarge beyond LIST_BYTES of extensions."""
    return _whole(*uow.cases.anonymous(contact_key, LIST_BYTES))


def _whole(found: list[Case], is_cut: bool) -> list[Case]:
    if is_cut:
        raise TooLarge("list_too_large", f"the list has more than {LIST_BYTES} bytes", limit=LIST_BYTES)
    return found


def of_kind(uow: UnitOfWork, kind: CaseKind) -> Iterator[Case]:
    """Every case of a kind that the principal may see, by number, read in slices."""
    page, _ = uow.cases.bounded_page(limit=SLICE, kind=kind, visible_to=uow.principal, max_bytes=PAGE_BYTES)
    while page:
        yield from page
        page, _ = uow.cases.bounded_page(
            limit=SLICE, after=page[-1].number, kind=kind, visible_to=uow.principal, max_bytes=PAGE_BYTES
        )


def find_stage(uow: UnitOfWork, number: int, lock: Lock = Lock.NONE) -> Stage | None:
    """The stage by number, of any case."""
    return uow.stages.find(number, lock)


def stages_of(uow: UnitOfWork, case: Case) -> list[Stage]:
    """The stages of a case."""
    return uow.stages.of_case(case.number)
