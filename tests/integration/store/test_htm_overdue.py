"""Timers of a hierarchy that are due and have not fired, as the IBM dialect shows them: they reach down, and a part
whose time is over is waited for no more (ibm-htm.md 4.3, 4.4)."""

from collections.abc import Callable
from typing import Any

import pytest

from dragoman.command import EXCLUSIVE
from dragoman.dialects.ibm_htm.handlers import actions, completion, tasks
from dragoman.dialects.ibm_htm.handlers.hierarchy import List, list_all
from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.task import State, Task, Verb
from dragoman.usecases.background import timers
from dragoman.usecases.background.timers import Fire
from dragoman.usecases.tasks import lifecycle as usecase
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

pytestmark = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
SOON = later(NOON, seconds=10)


class Family:
    """A task that bert has claimed, a part of it that is ready, and time going on."""

    def __init__(self, world: World, whole: dict[str, Any], part: dict[str, Any]) -> None:
        self.world = world
        self.bert = Principal(tenant=world.tenant, user="bert", login="bert")

        def make(uow: UnitOfWork) -> tuple[str, str]:
            above = usecase.add(uow, title="whole", creator="bert", **whole)
            above = usecase.perform(uow, above, Verb.CLAIM, user="bert")
            return above.uid, usecase.add(uow, title="part", creator="bert", parent=above.number, **part).uid

        self.whole, self.part = world.write(make, EXCLUSIVE)

    def do(self, run: Callable[[UnitOfWork, Any], Any], command: Any) -> Any:
        return self.world.write(lambda uow: run(uow, command), command.keys(), self.bert)

    def suspend(self, until: Moment) -> None:
        def run(uow: UnitOfWork) -> None:
            usecase.perform(uow, uow.tasks.get(self.whole), Verb.SUSPEND, until=until)

        self.world.write(run, EXCLUSIVE)

    def shown(self, uid: str) -> Task:
        seen: TaskView = self.do(tasks.show, tasks.Show(uid))
        return seen.task

    def pass_by(self) -> None:
        """The timers are due, and nobody has looked."""
        self.world.clock.advance(11)

    def stored(self, uid: str) -> Task:
        found: Task = self.world.write(lambda uow: uow.tasks.get(uid), EXCLUSIVE)
        return found


def test_a_part_expires_with_its_whole_before_the_timer_fires(world: World) -> None:
    family = Family(world, {"expires_at": SOON}, {})
    family.pass_by()
    assert family.shown(family.part).state is State.EXPIRED
    assert [seen.task.state for seen in family.do(list_all, List(family.whole))] == [State.EXPIRED]
    with pytest.raises(Conflict, match="STATE_EXPIRED"):
        family.do(actions.claim, actions.Claim(family.part))


def test_a_part_wakes_with_its_whole_before_the_timer_fires(world: World) -> None:
    family = Family(world, {}, {})
    family.suspend(SOON)
    assert family.shown(family.part).suspended
    family.pass_by()
    assert not family.shown(family.part).suspended
    family.do(actions.claim, actions.Claim(family.part))
    assert (family.stored(family.part).state, family.stored(family.part).suspended) == (State.CLAIMED, False)


def test_a_part_goes_with_its_whole_before_the_timer_fires(world: World) -> None:
    family = Family(world, {"delete_at": SOON}, {})
    family.do(actions.terminate, actions.Act(family.whole))
    family.pass_by()
    for uid in (family.whole, family.part):
        with pytest.raises(NotFound):
            family.shown(uid)
    family.do(tasks.delete, tasks.Delete(family.part))  # not there, so there is nothing to refuse


def test_a_part_whose_time_is_over_is_waited_for_no_more(world: World) -> None:
    family = Family(world, {}, {"expires_at": SOON})
    assert family.shown(family.whole).open_children == 1
    family.pass_by()
    assert family.shown(family.whole).open_children == 0
    family.do(completion.complete, completion.Complete(family.whole))
    assert family.stored(family.whole).state is State.COMPLETED
    assert family.stored(family.part).state is State.EXPIRED
    assert family.stored(family.whole).open_children == 0


def test_the_timer_of_a_part_fires_before_its_whole_is_changed(world: World) -> None:
    family = Family(world, {}, {"expires_at": SOON})
    family.pass_by()
    family.do(actions.cancel, actions.Release(family.whole))
    whole, part = family.stored(family.whole), family.stored(family.part)
    assert (whole.state, whole.open_children, part.state) == (State.READY, 0, State.EXPIRED)
    fire = Fire("expire", (part.number,))
    assert world.write(lambda uow: timers.fire(uow, fire), fire.keys()).fired == 0
    rows = world.write(lambda uow: uow.history.page("task", part.number), EXCLUSIVE)
    assert [(row.principal, row.dialect, row.operation) for row in rows][1:] == [("system", "core", "timer.expire")]
