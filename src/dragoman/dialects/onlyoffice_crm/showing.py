"""How this dialect shows one task, what it calls a contact, and calls to try."""

from dragoman.dialects.kit.showing import Call, Samples, ShownTask, Subject
from dragoman.domain.contact import Contact

LIST = Call("list", "task.filter", "GET", "/crm/task/filter.json?count=5")
CATEGORIES = Call("list", "category.list", "GET", "/crm/task/category.json")
CREATE = Call("make", "case.create", "POST", "/crm/case.json", '{"title": "Try the API"}')


def path(subject: Subject) -> str:
    return f"/crm/task/{subject.task.number}.json"


def contact_ids(contact: Contact) -> dict[str, str]:
    return {"id": str(contact.number)}


def calls(samples: Samples) -> tuple[Call, ...]:
    one = CATEGORIES if samples.task is None else Call("one", SHOWN_TASK.operation, "GET", path(samples.task))
    return LIST, one, CREATE


SHOWN_TASK = ShownTask("task.get", path)
