"""The preview predicts the run: entry by entry, for random batches over all types, while nobody else writes.

Previews are made in slices of one to three entries, runs in other ones, so that the results of entries are carried from
slice to slice.
"""

import itertools
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.domain.bulk import Decision, Effect, Method, Status
from dragoman.domain.case import CaseKind
from dragoman.domain.contact import ContactKind
from dragoman.jobs.handlers import batch_previews
from dragoman.store.unit.lane import Pressure
from dragoman.usecases.batches.review import previews
from dragoman.usecases.batches.review.previews import Row
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld, Immediate
from tests.support.databases import BACKENDS, Databases
from tests.support.sizes import examples, sized
from tests.support.world import World

NUMBERS = [f"1202555010{last}" for last in range(6)]
PREFIXES = ["1", "12", "120", "1202"]
STATES = ("completed", "terminated", "ready")


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def tenants() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def in_small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_previews, "FIRST", 3)
    monkeypatch.setattr(Immediate, "pressure", lambda self: Pressure(False, 0.0, 0.09))


class Play:
    """A tenant with a few objects of each type, and a batch over them."""

    def __init__(self, world: BatchWorld, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.tasks: list[int] = []
        self.contacts: list[int] = []
        self.cases: list[int] = []
        self.world.core(self._fill, self.world.anna)
        self.world.done(Method.POST, "phonenumber", data=[{"phonenumber": each} for each in NUMBERS[:3]])
        self.world.done(Method.POST, "prefix", data=[{"prefix": each} for each in PREFIXES[:2]])
        self.world.done(Method.POST, "file", data=[{"name": "a"}, {"name": "a"}, {"name": "b"}])

    def _fill(self, uow: UnitOfWork) -> None:
        pick = self.random.choice
        company = contacts.add(uow, ContactKind.COMPANY, company_name="Firm")
        self.contacts = [company.number]
        for _ in range(2):
            fields = {"company": company.number} if pick((True, False)) else {}
            person = contacts.add(uow, ContactKind.PERSON, first_name="Ann", **fields)
            self.contacts.append(person.number)
        contacts_count = {number: uow.contacts.get(number) for number in self.contacts}
        assert contacts_count
        self.cases = [
            cases.add(uow, CaseKind.CASE, title="Case", contact=pick((None, *self.contacts))).number for _ in range(3)
        ]
        for _ in range(6):
            parent = pick((None, None, *self.tasks))
            made = tasks.add(
                uow,
                title="Task",
                parent=parent,
                contact=pick((None, *self.contacts)),
                case=pick((None, *self.cases)),
                assignee=pick((None, self.world.anna.user)),
                priority=pick((None, 1, 2)),
            )
            self.tasks.append(made.number)

    def order(self) -> int:
        """A random batch in review."""
        pick = self.random.choice
        type_ = pick(("task", "task", "task", "contact", "case", "phonenumber", "prefix", "file"))
        method = pick((Method.PATCH, Method.PATCH, Method.DELETE, Method.POST))
        size = self.random.randint(1, 9)
        if method is Method.POST:
            made = [self._new(type_) for _ in range(size)]
            return self.world.order(method, type_, data=made, review=True)
        field = pick(FIELDS[type_])
        entries = [self._entry(type_, field) for _ in range(size)]
        data: Any = None
        if method is Method.PATCH:
            data = self._patch(type_) if pick((True, False)) else [self._patch(type_) for _ in range(size)]
        return self.world.order(method, type_, field=field, entries=entries, data=data, review=True)

    def _entry(self, type_: str, field: str) -> Any:
        pick = self.random.choice
        known: dict[str, list[Any]] = {
            "id": {"task": self.tasks, "contact": self.contacts, "case": self.cases}.get(type_, []),
            "contact": self.contacts,
            "case": self.cases,
            "parent": self.tasks,
            "category": [1],
            "assignee": [self.world.anna.user],
            "phonenumber": NUMBERS,
            "prefix": PREFIXES,
            "name": ["a", "b", "c"],
        }
        return pick([*known[field], *known[field], 999 if field not in ("phonenumber", "prefix", "name") else "999"])

    def _new(self, type_: str) -> dict[str, Any]:
        pick = self.random.choice
        if type_ == "task":
            return pick(({"title": "New"}, {"title": 3}, {"parent": pick(self.tasks)}, {"contact": pick((99, 1))}))
        if type_ == "contact":
            return pick(
                ({"kind": "person", "first_name": "Bo"}, {"kind": "person", "company": pick(self.contacts)}, {})
            )
        if type_ == "case":
            return pick(({"title": "New"}, {"contact": pick((1, 99))}))
        if type_ == "phonenumber":
            return {"phonenumber": pick((*NUMBERS, "1"))}
        if type_ == "prefix":
            return pick(({"prefix": pick((*PREFIXES, ""))}, {"prefix": pick(PREFIXES), "name": "x"}))
        return {"name": pick(("a", "b"))}

    def _patch(self, type_: str) -> dict[str, Any]:
        pick = self.random.choice
        if type_ == "task":
            choices: tuple[dict[str, Any], ...] = (
                {"priority": pick((1, 2))},
                {"title": pick(("Task", "Other", 3))},
                {"state": pick(STATES)},
                {"state": pick(STATES), "priority": 1},
                {"parent": pick((None, *self.tasks))},
                {"contact": pick((None, 99, *self.contacts))},
                {"case": pick((None, *self.cases))},
                {"assignee": pick((None, self.world.anna.user, "nobody"))},
                {"properties": {"wave": pick(("a", "b", None))}},
                {"extensions": {"Parcel": pick(({"weight": 1}, {"weight": 2, "box": {"a": 1}}, None))}},
            )
        elif type_ == "contact":
            choices = (
                {"about": pick(("x", "y"))},
                {"company": pick((None, *self.contacts))},
                {"first_name": pick(("Ann", "Eve"))},
                {"is_private": pick((True, False))},
                {"extensions": {"Size": pick(({"shoe": 1}, None))}},
            )
        elif type_ == "case":
            choices = (
                {"title": pick(("Case", "Other"))},
                {"contact": pick((None, *self.contacts))},
                {"assignee": pick((None, self.world.anna.user))},
                {"extensions": {"Size": pick(({"shoe": 1}, None))}},
            )
        elif type_ == "phonenumber":
            choices = ({"phonenumber": pick(NUMBERS)}, {"name": pick(("x", None))}, {"attributes": {"a": pick((1, 2))}})
        elif type_ == "prefix":
            choices = ({"prefix": pick(PREFIXES)}, {"name": pick(("x", None))}, {"attributes": {"a": pick((1, 2))}})
        else:
            choices = ({"name": pick(("a", "b", "c"))}, {"string_key_1": pick(("x", None))})
        return pick(choices)

    def rows(self, number: int) -> list[Row]:
        found: list[Row] = self.world.core(
            lambda uow: previews.page(uow, uow.batches.get(number), limit=1_000).rows, self.world.anna
        )
        return found

    def documents(self, number: int) -> dict[str, dict[str, Any]]:
        """The objects that outcomes name, as they are now, by id."""

        def run(uow: UnitOfWork) -> dict[str, dict[str, Any]]:
            batch = uow.batches.get(number)
            type_ = resource_types.find(batch.type)
            assert type_ is not None
            assert type_.entity is not None
            assert type_.show is not None
            found = {}
            for outcome in uow.batches.outcomes(number, limit=1_000):
                if outcome.number is not None:
                    there = uow.objects(type_.entity).find(outcome.number)
                    if there is not None:
                        found[there.uid] = dict(type_.show(uow, there))
            return found

        documents: dict[str, dict[str, Any]] = self.world.core(run, self.world.anna)
        return documents


FIELDS = {
    "task": ("id", "id", "id", "parent", "contact", "case", "assignee"),
    "contact": ("id",),
    "case": ("id", "contact"),
    "phonenumber": ("phonenumber",),
    "prefix": ("prefix",),
    "file": ("name",),
}
VARY = {"id", "number", "revision", "created_at", "modified_at", "started_at", "activated_at", "claimed_at"}
VARY |= {
    "completed_at",
    "did_sid",
    "prefix_sid",
    "file_sid",
    "open_children",
    "task_count",
    "person_count",
    "display_name",
}


@pytest.mark.usefixtures("in_small_slices")
@settings(
    max_examples=examples(sized(8, 40)), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_the_run_does_what_the_preview_showed(opened: World, tenants: Iterator[int], seed: int) -> None:
    world = BatchWorld.beside(opened, f"play{next(tenants)}")
    play = Play(world, seed)
    number = play.order()
    world.run_jobs()
    batch = world.batch(number)
    assert batch.status is Status.IN_REVIEW
    rows = play.rows(number)
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    outcomes = world.core(lambda uow: uow.batches.outcomes(number, limit=1_000))
    assert [described(row) for row in rows] == [done(outcome, batch.method) for outcome in outcomes]
    now = play.documents(number)
    last = {row.object: row for row in rows if row.object is not None and row.after is not None}
    beside = {uid for uid in now if uid in last and not is_last_word(rows, uid)}
    for uid, row in last.items():
        if uid in now and uid not in beside:
            shown = {name: value for name, value in (row.after or {}).items() if name not in VARY}
            assert shown == {name: value for name, value in now[uid].items() if name not in VARY}


def is_last_word(rows: list[Row], uid: str) -> bool:
    """Whether no entry behind the last one of an object may have changed it as well: a part of its whole."""
    place = max(row.index for row in rows if row.object == uid)
    return all(row.effect is not Effect.WILL_CHANGE for row in rows[place + 1 :])


def described(row: Row) -> tuple[str, Any]:
    if row.effect is Effect.NO_OP:
        return "unchanged", row.object
    if row.effect is Effect.WILL_CHANGE:
        return "changed", row.object
    assert row.error is not None
    return row.error["code"], row.object


def done(outcome: Any, method: Method) -> tuple[str, Any]:
    if method is Method.POST:  # only the run knows the ids of new objects
        return outcome.code or "changed", None
    if outcome.error is not None:
        return outcome.code, outcome.object
    return ("unchanged" if outcome.unchanged else "changed"), outcome.object
