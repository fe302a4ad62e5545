"""Tasks: creating, changing, ending and deleting them, and maintaining the counts in related entities.

Commands of all dialects use these functions. They check rights through `domain.access` and keep the invariants: a task
has a case, its category and contact count it, its parent counts its open parts.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

from msgspec.structs import replace

from dragoman.command import Key, Lock
from dragoman.domain.access import NOTHING, Linked, Permission, forbidden, permissions
from dragoman.domain.case import Case
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Conflict
from dragoman.domain.task import ENDED, Kind, State, Task, Verb, has_come, new_task
from dragoman.usecases import tenant_limits
from dragoman.usecases.uow import UnitOfWork

SEEN_OWNERS = {"contact": Lock.NONE, "case": Lock.NONE, "entity": Lock.NONE}
"""Related rows that access decisions need."""

COUNTED_OWNERS = SEEN_OWNERS | {"contact": Lock.CHANGE, "category": Lock.CHANGE}
"""Related rows that a change of contact or category needs."""

REMOVED_OWNERS = COUNTED_OWNERS | {"parts": Lock.NONE}
"""Related rows that a deletion needs."""


def contact_of(uow: UnitOfWork, task: Task) -> Contact | None:
    """The contact that the task links, if it exists."""
    return None if task.contact is None else uow.contacts.find(task.contact)


def case_of(uow: UnitOfWork, task: Task) -> Case | None:
    """The case that holds the task, if it exists. The inbox counts as none."""
    return None if task.case is None or task.case == uow.home.inbox_case else uow.cases.find(task.case)


def linked(uow: UnitOfWork, task: Task) -> Linked:
    """The linked case and contact, for `domain.access`."""
    if task.contact is None and task.entity is None and (task.case is None or task.case == uow.home.inbox_case):
        return NOTHING
    contact, case = contact_of(uow, task), case_of(uow, task)
    entity = None if task.entity is None else uow.cases.find(task.entity)
    is_any = contact is not None or case is not None or entity is not None
    return Linked(contact, case, entity) if is_any else NOTHING


def load_linked(uow: UnitOfWork, found: Iterable[Task]) -> None:
    """Load the related rows that access decisions need, one statement per table. For exclusive commands and readers."""
    listed, inbox = list(found), uow.home.inbox_case
    contacts = {task.contact for task in listed} - {None}
    cases = {number for task in listed for number in (task.case, task.entity)} - {None, inbox}
    if contacts:
        uow.contacts.load(sorted(contacts))
    if cases:
        uow.cases.load(sorted(cases))


def get(uow: UnitOfWork, ref: Key, *permissions: Permission) -> Task:
    """The task by number or uid. NotFound when there is none that the principal may see; Forbidden when one of the
    permissions is missing."""
    task = uow.tasks.get(ref)
    granted = allowed(uow, task)
    if Permission.SEE not in granted:
        raise uow.tasks.missing(ref)
    for permission in permissions:
        if permission not in granted:
            raise forbidden(uow.principal, permission)
    return task


def get_or_forbid(uow: UnitOfWork, ref: Key, *permissions: Permission) -> Task:
    """As `get`, but Forbidden for a task that the principal may not see: some vendors reveal that it exists."""
    task = uow.tasks.get(ref)
    require(uow, task, *permissions)
    return task


def find_visible(uow: UnitOfWork, ref: Key, lock: Lock = Lock.NONE) -> Task | None:
    """The task by number or uid. None when there is none that the principal may see."""
    task = uow.tasks.find(ref, lock)
    return task if task is not None and Permission.SEE in allowed(uow, task) else None


def require(uow: UnitOfWork, task: Task, *permissions: Permission) -> None:
    """Forbidden unless the principal has all of these permissions; also for a task that he may not see."""
    granted = allowed(uow, task)
    for permission in permissions:
        if permission not in granted:
            raise forbidden(uow.principal, permission)


def allowed(uow: UnitOfWork, task: Task) -> frozenset[Permission]:
    """The principal's permissions on the task."""
    return permissions(uow.principal, task, linked(uow, task))


def add(uow: UnitOfWork, **fields: Any) -> Task:
    """Create a task with the next number, in the tenant's inbox unless a case is given. The principal is its creator.

    The command names `numbers={"task"}` and locks the given category, contact and parent for change.
    """
    fields.setdefault("creator", uow.principal.user)
    if fields.get("case") is None:
        fields["case"] = uow.home.inbox_case
    task = new_task(
        tenant=uow.tenant,
        number=uow.numbers.draw("task"),
        uid=fields.pop("uid", uow.new_id()),
        at=uow.now,
        made_through=uow.dialect,
        **fields,
    ).settled(uow.now)
    _count(uow, None, task)
    return uow.tasks.add(task)


def save(uow: UnitOfWork, before: Task, after: Task) -> Task:
    """Save a changed task, update the counts of related entities, and delete the bodies of removed messages."""
    if after is before:
        return before
    after = after.settled(uow.now)
    if after.messages is not before.messages:
        for which in before.messages.keys() - after.messages.keys():
            uow.messages.drop(before.uid, which)
    _count(uow, before, after)
    return uow.tasks.save(after)


def remove(uow: UnitOfWork, task: Task) -> None:
    """Delete a task with its parts on a client's request. Each leaves a tombstone with its history.

    Conflict for the task of a batch, also among the parts, and for an ended task with an open part.
    """
    task.must_be_deletable()
    remove_with_parts(uow, task)


def remove_with_parts(uow: UnitOfWork, task: Task) -> int:
    """Delete a task with all its parts, open or not, in a cascade or by a timer; returns the number deleted.

    Conflict, before any change, when one of them is a batch's task.
    """
    return remove_all(uow, [task.number])


def remove_all(uow: UnitOfWork, numbers: Sequence[int]) -> int:
    """As `remove_with_parts`, for many tasks. Loads them for change."""
    below: list[int] = []
    if not uow.tasks.have_no_parts(numbers):
        below = uow.tasks.parts(numbers)
        uow.tasks.load(below, Lock.CHANGE)
    known = dict.fromkeys((*(number for number in numbers if number not in set(below)), *below))
    whole = [task for number in known if (task := uow.tasks.find(number, Lock.CHANGE)) is not None]
    for task in whole:
        task.must_not_be_batch()
    for task in reversed(whole):  # the deepest first: no parent waits for an open part
        remove_alone(uow, task.number)
    return len(whole)


def remove_alone(uow: UnitOfWork, number: int) -> None:
    """Delete this task only: its parts are deleted already, or stay when a batch is deleted.

    Its messages and binary properties are kept, so that it can come back with them; `forget_messages` deletes them
    later.
    """
    task = uow.tasks.get(number)
    _count(uow, task, None)
    uow.tasks.remove(uow.tasks.get(number))


def add_again(uow: UnitOfWork, task: Task) -> Task:
    """Store a deleted task again, without its parts, with those of its messages and binary properties that are kept,
    and without a moment of deletion that has come."""
    messages = {which: head for which, head in task.messages.items() if uow.messages.of(task.uid, which) is not None}
    binaries = {name: head for name, head in task.binaries.items() if _is_kept(uow, task, name)}
    delete_at = None if has_come(task.delete_at, uow.now) else task.delete_at
    again = replace(task, open_children=0, messages=messages, binaries=binaries, delete_at=delete_at)
    _count(uow, None, again)
    return uow.tasks.add(again)


def _is_kept(uow: UnitOfWork, task: Task, name: str) -> bool:
    return task.binaries[name].sha256 is None or uow.binaries.of(task.uid, name) is not None


def has_messages_to_forget(uow: UnitOfWork, before: Moment) -> bool:
    """Whether there is anything for `forget_messages` to delete."""
    return uow.messages.has_deleted(before) or uow.binaries.has_deleted(before)


def forget_messages(uow: UnitOfWork, before: Moment) -> int:
    """Delete the messages and binary properties of tasks that were deleted before a moment; how many those were. The
    command must be exclusive."""
    return uow.messages.forget_deleted(before) + uow.binaries.forget_deleted(before)


def perform(
    uow: UnitOfWork,
    task: Task,
    verb: Verb,
    *,
    user: str | None = None,
    code: str | None = None,
    text: str | None = None,
    until: Moment | None = None,
) -> Task:
    """Apply a verb to the task and save it. Its open parts end, are suspended and resume with it."""
    after = _VERBS[verb](task, uow.now, user or "", code, text, until)
    if verb is Verb.ASSIGN:
        after = task.assign(user, at=uow.now)
    return save_with_parts(uow, task, after)


def save_with_parts(uow: UnitOfWork, task: Task, after: Task) -> Task:
    """Save a changed task; its open parts end, are suspended and resume with it (`Task.following`)."""
    if task.open_children and _reaches_down(task, after):
        _reach_down(uow, task, after)
        task = uow.tasks.get(task.number)
        after = replace(after, open_children=task.open_children)
    return save(uow, task, after)


def _reaches_down(before: Task, after: Task) -> bool:
    return before.is_open is not after.is_open or before.suspended is not after.suspended


_Decision = Callable[[Task, Moment, str, str | None, str | None, Moment | None], Task]

_VERBS: dict[Verb, _Decision] = {
    Verb.START: lambda task, at, user, code, text, until: task.start(at=at),
    Verb.CLAIM: lambda task, at, user, code, text, until: task.claim(user, at=at),
    Verb.RELEASE: lambda task, at, user, code, text, until: task.release(at=at),
    Verb.ASSIGN: lambda task, at, user, code, text, until: task,
    Verb.SUSPEND: lambda task, at, user, code, text, until: task.suspend(at=at, until=until),
    Verb.RESUME: lambda task, at, user, code, text, until: task.resume(at=at),
    Verb.FINISH: lambda task, at, user, code, text, until: task.finish(at=at, code=code, text=text),
    Verb.FAIL: lambda task, at, user, code, text, until: task.fail(at=at, code=code, text=text),
    Verb.TERMINATE: lambda task, at, user, code, text, until: task.terminate(at=at, code=code, text=text),
    Verb.EXPIRE: lambda task, at, user, code, text, until: task.expire(at=at),
    Verb.REOPEN: lambda task, at, user, code, text, until: task.reopen(at=at),
    Verb.AMEND_OUTCOME: lambda task, at, user, code, text, until: task.amend_outcome(at=at, code=code, text=text),
}

NEEDED: dict[Verb, Permission] = {
    Verb.START: Permission.EDIT,
    Verb.CLAIM: Permission.WORK,
    Verb.RELEASE: Permission.ASSIGN,
    Verb.ASSIGN: Permission.ASSIGN,
    Verb.SUSPEND: Permission.FINISH,
    Verb.RESUME: Permission.FINISH,
    Verb.FINISH: Permission.FINISH,
    Verb.FAIL: Permission.FINISH,
    Verb.TERMINATE: Permission.FINISH,
    Verb.EXPIRE: Permission.ADMINISTER,
    Verb.REOPEN: Permission.FINISH,
    Verb.AMEND_OUTCOME: Permission.FINISH,
}
"""The permission that each verb needs."""
SOMEBODY = "somebody"
"""The user for whom verbs are tried."""


def possible(uow: UnitOfWork, task: Task, granted: frozenset[Permission] | None = None) -> frozenset[Verb]:
    """The verbs that the principal may use on the task, and that would change it now. `granted`: as in `allowed`."""
    granted = allowed(uow, task) if granted is None else granted
    return _possible(task.kind, task.state, task.suspended, uow.principal.user is not None, granted)


@lru_cache(4_096)
def _possible(
    kind: Kind, state: State, suspended: bool, is_user: bool, granted: frozenset[Permission]
) -> frozenset[Verb]:
    """A list asks for each of its rows, and these facts of a task decide, whoever has it."""
    task = Task(tenant=0, number=0, uid="", kind=kind, state=state, suspended=suspended)
    verbs = Verb if is_user else [verb for verb in Verb if verb is not Verb.CLAIM]
    return frozenset(verb for verb in verbs if NEEDED[verb] in granted and _would_change(task, verb))


def _would_change(task: Task, verb: Verb) -> bool:
    try:
        if verb is Verb.ASSIGN:
            return task.assign(SOMEBODY, at=Moment(0)) is not task
        return _VERBS[verb](task, Moment(0), SOMEBODY, None, None, None) is not task
    except Conflict:
        return False


def _reach_down(uow: UnitOfWork, before: Task, after: Task) -> None:
    """Update all open parts, the deepest first, so that a part's own parts have ended before it ends."""
    uow.must_be_exclusive()
    numbers = uow.tasks.parts([before.number], only_open=True)
    uow.tasks.load(numbers, Lock.CHANGE)
    for number in reversed(numbers):
        part = uow.tasks.find(number, Lock.CHANGE)
        if part is not None:
            save(uow, part, part.following(before, after))


def _count(uow: UnitOfWork, before: Task | None, after: Task | None) -> None:
    """Update the counts of the entities that the task links now and linked before."""
    if before is not None and after is not None and _counted(before) == _counted(after):
        return
    if after is not None and after.is_open and (before is None or not before.is_open):
        _make_room(uow)
    old_category, new_category = _of(before, "category"), _of(after, "category")
    if old_category != new_category:
        _add_to_category(uow, old_category, -1)
        _add_to_category(uow, new_category, 1)
    old_contact, new_contact = _of(before, "contact"), _of(after, "contact")
    if old_contact != new_contact:
        _add_to_contact(uow, old_contact, -1)
        _add_to_contact(uow, new_contact, 1)
    if after is not None and after.parent is not None:
        uow.tasks.has_part(after.parent)
    old_parent = before.parent if before is not None and before.is_open else None
    new_parent = after.parent if after is not None and after.is_open else None
    if old_parent != new_parent:
        _add_to_parent(uow, old_parent, -1)
        _add_to_parent(uow, new_parent, 1)


def _make_room(uow: UnitOfWork) -> None:
    """Conflict where the tenant has as many open tasks as it may have. Those that are added are counted one by one."""
    most = uow.home.limits.get(tenant_limits.OPEN_TASKS)
    if most is not None:
        uow.must_be_exclusive()
        uow.tenants.find((), Lock.CHANGE)  # so that nobody else adds one meanwhile
        tenant_limits.make_room(uow, tenant_limits.OPEN_TASKS, uow.tasks.count_open(most), most)


def _counted(task: Task) -> tuple[Any, ...]:
    return task.category, task.contact, task.parent, task.state in ENDED


def _of(task: Task | None, field: str) -> Any:
    return None if task is None else getattr(task, field)


def _add_to_category(uow: UnitOfWork, number: int | None, count: int) -> None:
    category = None if number is None else uow.categories.find(number, Lock.CHANGE)
    if category is not None:
        uow.categories.save(replace(category, task_count=category.task_count + count))


def _add_to_contact(uow: UnitOfWork, number: int | None, count: int) -> None:
    contact = None if number is None else uow.contacts.find(number, Lock.CHANGE)
    if contact is not None:
        uow.contacts.save(replace(contact, task_count=contact.task_count + count))


def _add_to_parent(uow: UnitOfWork, number: int | None, count: int) -> None:
    parent = None if number is None else uow.tasks.find(number, Lock.CHANGE)
    if parent is not None:
        after = replace(parent, open_children=parent.open_children + count)
        uow.tasks.save(after.settled(uow.now))


def set_moment(uow: UnitOfWork, task: Task, field: Literal["created_at", "modified_at"], at: Moment) -> Task:
    """Set the moment of creation or last change, for imports. The caller has checked the right."""
    return uow.tasks.save(replace(task, **{field: at}))
