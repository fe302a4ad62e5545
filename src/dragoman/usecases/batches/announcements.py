"""Events of batches: it waits for a decision, somebody decided, it ended. Each comes with the change, behind the row of
its task."""

from collections.abc import Iterator

from dragoman.domain import audience
from dragoman.domain.bulk import Batch, Status
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

IN_REVIEW = frozenset({Status.IN_REVIEW, Status.CANARY_REVIEW})


def announce(uow: UnitOfWork, before: Batch | None, after: Batch, task: Task) -> None:
    """Announce what happened to a batch, for those who may see its task."""
    happened = list(_happened(before, after))
    if not happened:
        return
    heard_by = audience.of_task(task, tasks.linked(uow, task))
    facts = {"status": str(after.status), "total": after.total, "success": after.success, "failure": after.failure}
    for type_ in happened:
        uow.announce(type_, "batch", after.uid, heard_by, number=after.number, **facts)


def _happened(before: Batch | None, after: Batch) -> Iterator[str]:
    """The types of events. A decision for the status that a batch has is none; a refusal ends the batch, too."""
    is_moved = before is None or before.status is not after.status
    if len(after.decisions) > (0 if before is None else len(before.decisions)):
        yield "batch.decided"
    if is_moved and after.status in IN_REVIEW:
        yield "batch.review"
    if is_moved and after.has_ended:
        yield "batch.completed"
