"""The verbs that a list offers for a task are those that would change it."""

from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dragoman.domain.access import Permission
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.task import Kind, State, Task, Verb
from dragoman.usecases.tasks import lifecycle
from dragoman.usecases.uow import UnitOfWork

NOW = Moment(10**15)
TASKS = [
    Task(
        tenant=1,
        number=7,
        uid="a",
        kind=kind,
        state=state,
        suspended=suspended,
        assignee=assignee,
        due_at=due_at,
        expires_at=due_at,
        timing={"wakes": "release", "deleted": "5days"} if due_at else {},
        outcome_code="1" if due_at else None,
    )
    for kind, state, suspended, assignee, due_at in product(
        Kind, State, (False, True), (None, "me", "bert"), (None, Moment(5))
    )
]


def changes(task: Task, verb: Verb, user: str) -> bool:
    """Whether the verb changes this very task."""
    tried: dict[Verb, Any] = {
        Verb.START: lambda: task.start(at=NOW),
        Verb.CLAIM: lambda: task.claim(user, at=NOW),
        Verb.RELEASE: lambda: task.release(at=NOW),
        Verb.ASSIGN: lambda: task.assign("new", at=NOW),
        Verb.SUSPEND: lambda: task.suspend(at=NOW),
        Verb.RESUME: lambda: task.resume(at=NOW),
        Verb.FINISH: lambda: task.finish(at=NOW),
        Verb.FAIL: lambda: task.fail(at=NOW),
        Verb.TERMINATE: lambda: task.terminate(at=NOW),
        Verb.EXPIRE: lambda: task.expire(at=NOW),
        Verb.REOPEN: lambda: task.reopen(at=NOW),
        Verb.AMEND_OUTCOME: lambda: task.amend_outcome(at=NOW, code=None, text=None),
    }
    try:
        return tried[verb]() is not task
    except Conflict:
        return False


@pytest.mark.parametrize("user", ["me", None])
def test_a_verb_is_possible_where_it_changes_the_task_and_is_permitted(user: str | None) -> None:
    uow = cast("UnitOfWork", SimpleNamespace(principal=SimpleNamespace(user=user), now=NOW))
    for task in TASKS:
        wanted = {verb for verb in Verb if changes(task, verb, user or "") and (user or verb is not Verb.CLAIM)}
        assert lifecycle.possible(uow, task, frozenset(Permission)) == wanted, task
        assert lifecycle.possible(uow, task, frozenset({Permission.WORK})) == wanted & {Verb.CLAIM}
