"""How this dialect shows one task, and calls to try."""

from functools import partial

from dragoman.dialects.genesys.wire.paths import render_service
from dragoman.dialects.kit.showing import Call, NotShown, Samples, ShownTask, Subject

OPERATION = "task.show"
SERVICE = '{"service_type": "Try the API", "contact_key": "+15550100"}'
START = Call("make", "service.start", "POST", "/services/start", SERVICE)
STATUS = Call("one", "server.status", "GET", "/server/status")
ATTRIBUTES = Call("list", "attribute.list", "GET", "/metadata/business-attributes")


def path(style: str, subject: Subject) -> str:
    if subject.case is None:
        raise NotShown("It belongs to no service, and this dialect shows tasks of services alone.")
    return f"/services/{render_service(subject.case, style)}/tasks/{subject.task.number}"


def calls(style: str, samples: Samples) -> tuple[Call, ...]:
    if samples.task is None or samples.task.case is None:
        return ATTRIBUTES, STATUS, START
    listed = f"/services/{render_service(samples.task.case, style)}/tasks/active"
    return (
        Call("list", "task.list_active", "GET", listed),
        Call("one", OPERATION, "GET", path(style, samples.task)),
        START,
    )


def shown_task(style: str) -> ShownTask:
    return ShownTask(OPERATION, partial(path, style))
