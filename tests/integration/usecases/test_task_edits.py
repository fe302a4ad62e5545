"""Edits of tasks where they meet others: in one group, with references that close rings, tried out and dropped."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.native.handlers.dry_run import Trial, trying
from dragoman.domain.access import Principal, system
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.errors import Conflict, Expected, Invalid, StaleVersion
from dragoman.domain.task import Task, Verb
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store.unit.overlay import Stamp
from dragoman.store.unit.transaction import Transactions
from dragoman.store.unit.work import Work
from dragoman.usecases import categories
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import stages
from dragoman.usecases.identity import users as people
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.tasks import verbs as task_verbs
from dragoman.usecases.tasks.references import Links
from dragoman.usecases.uow import UnitOfWork

ANNA = "00000000-0000-7000-8000-00000000000a"
BERT = "00000000-0000-7000-8000-00000000000b"
NOON = Moment(17_900_000_000_000_000)


class Place:
    """An application whose commands can be put into one group."""

    def __init__(self, url: str) -> None:
        self.app = Application(load(overrides={"database": url}), FixedClock(NOON)).open()
        self.tenant = self.app.ensure_tenant("main")
        self.lane: Transactions = self.app.store._transactions(writes=True, lane=True)
        self.anna = people.principal_of(
            self.app.executor.call(people.add_user, people.AddUser(ANNA, "anna"), self.tenant)
        )
        self.bert = people.principal_of(
            self.app.executor.call(people.add_user, people.AddUser(BERT, "bert"), self.tenant)
        )

    def work(self, run: Any, command: Any, who: Principal | None = None) -> Work:
        principal = who or self.anna
        stamp = Stamp(principal.login, "test", "test")
        return Work(self.tenant, command.keys(), lambda overlay: run(UnitOfWork(overlay, principal), command), stamp)

    def group(self, *works: Work) -> list[Any]:
        """Run these as one group; each comes to a result or an error."""
        self.lane.run(list(works))
        return [work.error or work.result for work in works]

    def do(self, run: Any, command: Any, who: Principal | None = None) -> Any:
        (outcome,) = self.group(self.work(run, command, who))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def create(self, **given: Any) -> Task:
        task: Task = self.do(task_edits.create, task_edits.Create(**given))
        return task

    def get(self, number: int) -> Task:
        task: Task = self.do(task_verbs.get, task_verbs.Get(number))
        return task

    def core(self, run: Any) -> Any:
        class Lone:
            def keys(self) -> Exclusive:
                return EXCLUSIVE

        return self.do(lambda uow, _: run(uow), Lone())


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    place = Place(sqlite_url)
    yield place
    place.lane.close()
    place.app.close()


def title(number: int, text: str, revisions: frozenset[int] | None = None) -> task_edits.Change:
    return task_edits.Change(number, {"title": text}, revisions=revisions)


def test_in_one_group_the_second_writer_of_a_field_sees_the_first(place: Place) -> None:
    task = place.create()
    seen = frozenset({1})
    first, second, other = place.group(
        place.work(task_edits.change, title(task.number, "first", seen)),
        place.work(task_edits.change, title(task.number, "second", seen)),
        place.work(task_edits.change, task_edits.Change(task.number, {"priority": 3}, revisions=seen)),
    )
    assert first.title == "first"
    assert isinstance(second, StaleVersion)
    assert second.current.title == "first"  # type: ignore[attr-defined]
    assert (other.title, other.priority, other.revision) == ("first", 3, 3)


def test_a_change_that_changes_nothing_is_none(place: Place) -> None:
    task = place.create(fields={"title": "same"})
    assert place.do(task_edits.change, title(task.number, "same")).revision == 1
    assert place.get(task.number).row_version == task.row_version


def test_a_ring_of_parts_is_refused_however_long(place: Place) -> None:
    numbers = [place.create().number for _ in range(4)]
    for whole, part in itertools.pairwise(numbers):
        place.do(task_edits.change, task_edits.Change(part, links=Links(parent=whole)))
    with pytest.raises(Invalid, match="is a part of this task"):
        place.do(task_edits.change, task_edits.Change(numbers[0], links=Links(parent=numbers[-1])))
    assert [place.get(number).open_children for number in numbers] == [1, 1, 1, 0]


def test_two_that_would_close_a_ring_together_are_not_both_taken(place: Place) -> None:
    one, other = place.create().number, place.create().number
    outcomes = place.group(
        place.work(task_edits.change, task_edits.Change(one, links=Links(parent=other))),
        place.work(task_edits.change, task_edits.Change(other, links=Links(parent=one))),
    )
    assert sorted(isinstance(outcome, Invalid) for outcome in outcomes) == [False, True]


def test_a_stage_brings_its_case_and_another_case_lets_go_of_it(place: Place) -> None:
    def furnish(uow: UnitOfWork) -> None:
        service = cases.add(uow, CaseKind.SERVICE)
        cases.add(uow, CaseKind.CASE)
        stages.add(uow, service)

    place.core(furnish)
    task = place.create(links=Links(stage=1))
    assert (task.case, task.stage) == (2, 1)
    with pytest.raises(Invalid, match="another case"):
        place.do(task_edits.change, task_edits.Change(task.number, links=Links(case=3, stage=1)))
    moved = place.do(task_edits.change, task_edits.Change(task.number, links=Links(case=3)))
    assert (moved.case, moved.stage) == (3, None)
    back = place.do(task_edits.change, task_edits.Change(task.number, links=Links(case=None)))
    assert back.case == 1


def test_a_user_who_is_shut_out_is_given_nothing(place: Place) -> None:
    place.do(people.disable_user, people.DisableUser("bert"))
    for command in (task_edits.Create(assignee="bert"), task_edits.Create(assignee="nobody")):
        with pytest.raises(Invalid, match="assignee"):
            place.do(task_edits.create, command)


@pytest.mark.parametrize("who", [BERT, "bert"], ids=["by id, in a group", "by login, alone"])
def test_a_dry_run_leaves_nothing_behind(place: Place, who: str) -> None:
    task = place.get(place.create().number)
    tried = place.work(
        trying(task_edits.change),
        Trial(task_edits.Change(task.number, {"title": "tried"}, assignee=who, extensions={"Box": "1"})),
    )
    made = place.work(trying(task_edits.create), Trial(task_edits.Create(assignee=who)))
    outcomes = place.group(tried, made)
    results: list[Any] = [outcome.parameters["result"] for outcome in outcomes if isinstance(outcome, Conflict)]
    assert [(result.number, result.revision) for result in results] == [(1, 2), (2, 1)]
    assert place.get(task.number) == task
    assert place.create().number == 2


def test_a_dry_run_that_walks_a_set_leaves_nothing_behind(place: Place) -> None:
    whole = place.create()
    part = place.create(links=Links(parent=whole.number))
    outcome = place.group(place.work(trying(task_verbs.perform), Trial(task_verbs.Perform(whole.number, Verb.FINISH))))[
        0
    ]
    assert isinstance(outcome, Expected)
    result: Any = outcome.parameters["result"]
    assert result.state == "completed"
    assert (place.get(whole.number).state, place.get(part.number).state) == ("ready", "ready")
    assert place.get(whole.number).open_children == 1


def test_a_command_that_is_refused_costs_no_number_in_its_group(place: Place) -> None:
    good = task_edits.Create()
    bad = task_edits.Create(links=Links(contact=77))
    outcomes = place.group(*(place.work(task_edits.create, command) for command in (good, bad, good)))
    assert [getattr(outcome, "number", None) for outcome in outcomes] == [1, None, 2]


def test_a_case_whose_time_is_over_holds_nothing_more(place: Place) -> None:
    place.core(lambda uow: cases.add(uow, CaseKind.CASE, expires_at=Moment(NOON - 1)))
    with pytest.raises(Invalid, match="names nothing"):
        place.create(links=Links(case=2))
    listed, _ = place.do(case_edits.list_page, case_edits.List(limit=10))
    assert [case.number for case in listed] == [1]


def test_more_tasks_than_a_lane_can_bear_are_not_moved_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(categories, "MOVED_AT_ONCE", 1)
    admin = system(place.tenant)
    for _ in range(2):
        place.create(links=Links(category=1))
    with pytest.raises(Conflict, match="at most 1"):
        place.do(categories.remove, categories.Remove(1, move_to=2), admin)
    place.do(task_edits.change, task_edits.Change(1, links=Links(category=3)))
    place.do(categories.remove, categories.Remove(1, move_to=2), admin)
    assert [place.get(number).category for number in (1, 2)] == [3, 2]


def test_the_last_category_stays(place: Place) -> None:
    admin = system(place.tenant)
    for number in range(1, 12):
        place.do(categories.remove, categories.Remove(number), admin)
    with pytest.raises(Conflict, match="last"):
        place.do(categories.remove, categories.Remove(12), admin)


def test_behind_the_last_place_there_is_no_further_one(place: Place) -> None:
    admin = system(place.tenant)
    far = place.do(categories.create, categories.Create("Far", {"sort_order": categories.LAST_PLACE}), admin)
    next_one = place.do(categories.create, categories.Create("Next"), admin)
    assert (far.sort_order, next_one.sort_order) == (categories.LAST_PLACE, categories.LAST_PLACE)
