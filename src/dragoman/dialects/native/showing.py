"""How this dialect shows one task, and calls to try."""

from dragoman.dialects.kit.showing import Call, Samples, ShownTask, Subject

CREATE = Call("POST", "/tasks", '{"title": "Try the API"}')


def path(subject: Subject) -> str:
    return f"/tasks/{subject.task.number}"


def calls(samples: Samples) -> tuple[Call, ...]:
    listed = Call("GET", "/tasks?is_open=true&limit=5")
    one = Call("GET", "/categories") if samples.task is None else Call("GET", path(samples.task))
    return listed, one, CREATE


SHOWN_TASK = ShownTask("read_task", path)
