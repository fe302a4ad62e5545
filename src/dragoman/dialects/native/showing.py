"""How this dialect shows one task, what it calls a contact, and calls to try."""

from dragoman.dialects.kit.showing import Call, Samples, ShownTask, Subject
from dragoman.domain.contact import Contact

LIST = Call("list", "list_tasks", "GET", "/tasks?is_open=true&limit=5")
CATEGORIES = Call("list", "list_categories", "GET", "/categories")
CREATE = Call("make", "create_task", "POST", "/tasks", '{"title": "Try the API"}')


def path(subject: Subject) -> str:
    return f"/tasks/{subject.task.number}"


def contact_ids(contact: Contact) -> dict[str, str]:
    return {"number": str(contact.number), "id": contact.uid}


def calls(samples: Samples) -> tuple[Call, ...]:
    one = CATEGORIES if samples.task is None else Call("one", SHOWN_TASK.operation, "GET", path(samples.task))
    return LIST, one, CREATE


SHOWN_TASK = ShownTask("read_task", path)
