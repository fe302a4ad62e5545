"""How this dialect shows one task, and calls to try."""

from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.dialects.kit.showing import Call, Samples, ShownTask, Subject

LIST = Call("GET", "/tasks/query/TASK?selectedAttributes=TKIID,NAME,STATE,OWNER&threshold=5")
COUNT = Call("GET", "/tasks/query/TASK/count")
TABLES = Call("GET", "/tasks/queries")


def path(subject: Subject) -> str:
    return f"/task/{task_id(subject.task.uid)}"


def calls(samples: Samples) -> tuple[Call, ...]:
    subject = samples.task
    if subject is None:
        return LIST, COUNT, TABLES
    if not subject.may_edit:
        return LIST, Call("GET", path(subject)), COUNT
    priority = 5 if subject.task.priority is None else subject.task.priority
    return (
        LIST,
        Call("GET", path(subject)),
        Call("PUT", f"{path(subject)}?action=update", f'{{"priority": {priority}}}'),
    )


SHOWN_TASK = ShownTask("task.show", path)
