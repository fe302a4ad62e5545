"""How this dialect shows one task, and calls to try."""

from dragoman.dialects.ibm_htm.wire.ids import read_task, task_id
from dragoman.dialects.kit.showing import Call, Samples, ShownTask, Subject

LIST = Call("list", "query.list", "GET", "/tasks/query/TASK?selectedAttributes=TKIID,NAME,STATE,OWNER&threshold=5")
COUNT = Call("one", "query.count", "GET", "/tasks/query/TASK/count")
TABLES = Call("list", "query.tables", "GET", "/tasks/queries")
USUAL_PRIORITY = 5


def path(subject: Subject) -> str:
    return f"/task/{task_id(subject.task.uid)}"


def calls(samples: Samples) -> tuple[Call, ...]:
    subject = samples.task
    if subject is None:
        return LIST, COUNT, TABLES
    one = Call("one", SHOWN_TASK.operation, "GET", path(subject))
    if not subject.may_edit:
        return LIST, one, COUNT
    priority = USUAL_PRIORITY if subject.task.priority is None else subject.task.priority
    changed = f"{path(subject)}?action=update"
    return LIST, one, Call("change", "task.update", "PUT", changed, f'{{"priority": {priority}}}')


SHOWN_TASK = ShownTask("task.show", path, read_task)
