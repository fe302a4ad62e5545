"""Sample tasks in any number, as a team would create within a year. The same input gives the same tasks.

For demonstrations and for measurements with a million tasks. Rows are loaded in bulk, outside units of work
(`store.maintenance.bulk_load`).
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.contact import ContactKind
from dragoman.domain.ids import new_id
from dragoman.domain.task import State, Task, started
from dragoman.store.maintenance.bulk_load import fill
from dragoman.store.store import Store
from dragoman.store.unit.overlay import Stamp
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork

HOUR = 3_600 * TICKS_PER_SECOND
YEAR = 365 * 24 * HOUR
PATTERNS = 4_093  # a prime, so that periods of the choices don't coincide

FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dov", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jana", "Kofi", "Lena", "Milan")
LAST_NAMES = (
    "Arndt",
    "Bianchi",
    "Castro",
    "Dvorak",
    "Eriksen",
    "Fofana",
    "Gupta",
    "Hansen",
    "Ivanova",
    "Jensen",
    "Kim",
)
COLLEAGUES = tuple(name.lower() for name in FIRST_NAMES)
"""Logins of the rest of a team."""
COMPANIES = ("Bakery", "Brewery", "Clinic", "Foundry", "Garage", "Hotel", "Library", "Nursery", "Orchard", "Theatre")
ERRANDS = (
    "Call back about", "Send the offer for", "Check the invoice of", "Prepare the meeting on", "Renew the contract of",
    "Answer the complaint about", "Ship the parts for", "Review the draft of", "Book a visit for",
    "Confirm the date of",
)  # fmt: skip
SUBJECTS = (
    "heating", "roof", "printer", "warehouse", "insurance", "lift", "network", "kitchen", "fleet", "archive", "garden",
    "switchboard", "pump", "crane", "pavement", "boiler", "gate",
)  # fmt: skip
REMARKS = (
    "They asked twice already.", "The papers are in the shared folder.", "Wait for the answer of the supplier.",
    "A copy goes to accounting.", "No hurry, but before the holidays.", "See the notes of the last visit.",
)  # fmt: skip
TYPES = ("inspection", "delivery", "training")
OUTCOMES = ("done", "agreed", "paid")


class MakeContacts(msgspec.Struct, frozen=True):
    """Create contacts."""

    count: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def make_contacts(uow: UnitOfWork, command: MakeContacts) -> list[int]:
    """Create companies and their persons; returns their numbers."""
    made: list[int] = []
    company: int | None = None
    for index in range(command.count):
        first, last = _of(FIRST_NAMES, index), _of(LAST_NAMES, index // 3)
        if index % 5 == 0:
            name = f"{last} {_of(COMPANIES, index // 5)}"
            company = contacts.add(uow, ContactKind.COMPANY, company_name=name).number
            made.append(company)
        else:
            person = contacts.add(uow, ContactKind.PERSON, first_name=first, last_name=last, company=company)
            made.append(person.number)
    return made


class Team(msgspec.Struct, frozen=True):
    """The assignees of sample tasks, and the entities that they link."""

    tenant: int
    people: tuple[str, ...]
    inbox: int
    categories: tuple[int, ...]
    contacts: tuple[int, ...]


class GatherTeam(msgspec.Struct, frozen=True):
    """Find the tenant's inbox and categories for sample tasks of these users and contacts."""

    people: tuple[str, ...]
    contacts: tuple[int, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def team(uow: UnitOfWork, command: GatherTeam) -> Team:
    """The team that `make_tasks` takes."""
    categories = tuple(category.number for category in uow.categories.all())
    return Team(uow.tenant, command.people, uow.home.inbox_case, categories, command.contacts)


def make_tasks(store: Store, team: Team, maker: Principal, count: int, now: Moment) -> int:
    """Store tasks of the last year, created by `maker`; returns the number of the first.

    Most of the older tasks have ended. See `bulk_load` for its guarantees.
    """
    patterns = tuple(_pattern(team, maker.user, _Chance(index)) for index in range(PATTERNS))
    began, step = now - YEAR, YEAR // count

    def live(number: int) -> list[Task]:
        return _life(patterns[number % PATTERNS], number, Moment(began + number % count * step), now)

    return fill(store.engine, team.tenant, count, live, Stamp(maker.login, "cli", "demo", actor=maker.user))


class Pattern(msgspec.Struct, frozen=True):
    """The common fields of many sample tasks, and the change that follows."""

    beginning: str  # of the title
    task: Task
    due_hours: int | None
    change: Callable[[Task, Moment], Task] | None
    change_hours: int


def _pattern(team: Team, creator: str | None, chance: "_Chance") -> Pattern:
    task = Task(
        tenant=team.tenant,
        number=0,
        uid="",
        description=chance.of(REMARKS) if chance.one_in(2) else None,
        state=State.INACTIVE if chance.one_in(50) else State.READY,
        category=None if chance.one_in(6) else chance.of(team.categories),
        contact=chance.of(team.contacts) if chance.one_in(2) else None,
        type=chance.of(TYPES) if chance.one_in(20) else None,
        priority=chance.below(3) if chance.one_in(2) else None,
        assignee=None if chance.one_in(3) else chance.of(team.people),
        creator=creator,
        case=team.inbox,
    )
    is_left = task.state is State.INACTIVE or chance.one_in(6)
    return Pattern(
        beginning=f"{chance.of(ERRANDS)} {chance.of(SUBJECTS)}",
        task=task,
        due_hours=None if chance.one_in(4) else 24 + chance.below(1_000),
        change=None if is_left else chance.of(CHANGES),
        change_hours=1 + chance.below(1_500),
    )


CHANGES: tuple[Callable[[Task, Moment], Task], ...] = (
    lambda task, at: task.fail(at=at, code="failed", text="The customer could not be reached."),
    lambda task, at: task.terminate(at=at),
    lambda task, at: task.suspend(at=at),
    *(lambda task, at, code=code: task.finish(at=at, code=code) for code in 4 * OUTCOMES),
)


def _life(pattern: Pattern, number: int, at: Moment, now: Moment) -> list[Task]:
    made = started(
        replace(
            pattern.task,
            number=number,
            uid=new_id(),
            title=f"{pattern.beginning} {number}",
            due_at=None if pattern.due_hours is None else Moment(at + pattern.due_hours * HOUR),
            created_at=at,
            modified_at=at,
        )
    )
    later = Moment(at + pattern.change_hours * HOUR)
    if pattern.change is None or later >= now:
        return [made]
    return [made, replace(pattern.change(made, later), modified_at=later)]


class _Chance:
    """Pseudorandom choices that are the same each time."""

    def __init__(self, number: int) -> None:
        self._state = number * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019

    def below(self, limit: int) -> int:
        self._state = (self._state * 0x5851F42D4C957F2D + 0x14057B7EF767814F) % (1 << 64)
        return (self._state >> 33) % limit

    def one_in(self, count: int) -> bool:
        return self.below(count) == 0

    def of(self, choices: Sequence[Any]) -> Any:
        return choices[self.below(len(choices))]


def _of(choices: Sequence[Any], index: int) -> Any:
    return choices[index % len(choices)]
