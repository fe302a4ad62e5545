"""How this dialect shows one task, and calls to try."""

from dragoman.dialects.kit.showing import Call, Samples, ShownTask, Subject

LIST = Call("GET", "/crm/task/filter.json?count=5")
CATEGORIES = Call("GET", "/crm/task/category.json")
CREATE = Call("POST", "/crm/case.json", '{"title": "Try the API"}')


def path(subject: Subject) -> str:
    return f"/crm/task/{subject.task.number}.json"


def calls(samples: Samples) -> tuple[Call, ...]:
    return LIST, CATEGORIES if samples.task is None else Call("GET", path(samples.task)), CREATE


SHOWN_TASK = ShownTask("task.get", path)
