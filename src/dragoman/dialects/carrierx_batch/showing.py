"""How this dialect shows one task, and calls to try."""

import json

from dragoman.dialects.kit.showing import Call, NotShown, Samples, ShownTask, Subject
from dragoman.domain.task import Kind

LIST = Call("list", "batch.list", "GET", "/batch/tasks?limit=5")
WAITING = Call("list", "batch.list", "GET", "/batch/tasks?filter=status%20eq%20pending_review")


def path(subject: Subject) -> str:
    if subject.task.kind is not Kind.BATCH:
        raise NotShown("It isn't a batch, and this dialect shows batches alone.")
    return f"/batch/tasks/{subject.task.uid}"


def calls(samples: Samples) -> tuple[Call, ...]:
    one = WAITING if samples.batch is None else Call("one", SHOWN_TASK.operation, "GET", path(samples.batch))
    number = 1 if samples.task is None else samples.task.task.number
    order = {"method": "PATCH", "type": "task", "field": "id", "entries": [str(number)], "data": {"priority": 5}}
    return LIST, one, Call("rehearse", "batch.create", "POST", "/batch/tasks?dry_run=true", json.dumps(order))


SHOWN_TASK = ShownTask("batch.get", path)
