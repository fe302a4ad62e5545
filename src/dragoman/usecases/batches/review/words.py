"""Deciding a batch through its task: an explicit word as the outcome of the task is a decision of the batch."""

from dragoman.command import Lock
from dragoman.domain.bulk import Decision
from dragoman.domain.bulk_options import LONGEST_REASON
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.task import Task, Verb, task_is_batch
from dragoman.usecases import preconditions
from dragoman.usecases.batches import control
from dragoman.usecases.batches.review import reviews
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import verbs
from dragoman.usecases.tasks.verbs import Perform
from dragoman.usecases.uow import UnitOfWork

WORDS = {"approved": Decision.APPROVE, "cancelled": Decision.REFUSE}
"""The outcomes of a batch's task that decide its batch."""


def finish(uow: UnitOfWork, command: Perform) -> Task:
    """End a task; for a batch's task the code of the outcome is the decision and its text the reason.

    Conflict `task_is_batch` for any other code, or none.
    """
    task = tasks.find_visible(uow, command.task, Lock.CHANGE)
    if task is None or not task.stands_for_batch or command.verb is not Verb.FINISH or command.code is None:
        return verbs.perform(uow, command)
    return decide(uow, task, command.code, command.text, command.revisions)


def decide(
    uow: UnitOfWork, task: Task, word: str | None, reason: str | None = None, revisions: Revisions | None = None
) -> Task:
    """Decide the batch of a task that the principal may see; returns the task as it is then.

    Invalid for a reason of more than LONGEST_REASON characters; StaleVersion unless the task is at one of `revisions`.
    """
    if reason is not None and len(reason) > LONGEST_REASON:
        why = f"must be at most {LONGEST_REASON} characters"
        raise Invalid("invalid_body", "The reason of a decision is too long.", (Problem("/text", "range", why),))
    decision, batch = WORDS.get(word or ""), uow.batches.find(task.number, Lock.CHANGE)
    if decision is None or batch is None:
        raise task_is_batch()
    reviews.must_have_right(uow, batch, decision)
    preconditions.check(uow, "task", task, revisions, verbs.WRITTEN)
    control.decide(uow, batch, decision, reason=reason, if_match=None if revisions is None else "*")
    return uow.tasks.get(task.number)
