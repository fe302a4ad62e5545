"""Names that clients sent for a person and that match no user: noted once a task, listed, given to somebody.

The task keeps the name among the facts of its dialect and is nobody's. A dialect calls `note` once it has stored such a
task. Somebody who claims the name gets it as an alias, and the open tasks that still carry it and are nobody's.
"""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain import aliases as forms
from dragoman.domain.access import require_admin
from dragoman.domain.aliases import Name
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, NotFound, Problem
from dragoman.domain.job import JobKind
from dragoman.domain.people import UnclaimedName, UnclaimedTask, User
from dragoman.domain.task import State, Task
from dragoman.store.repositories.unclaimed_names import NOT_CARRIED, Carried
from dragoman.usecases.identity import aliases, lookup, names, references
from dragoman.usecases.identity.aliases import AliasItem
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

MOST_NAMES = 10_000
"""Unclaimed names of a tenant."""
DIRECT = 1_000
"""Tasks that are assigned in the transaction of the claim; more are assigned by a job."""
PART = 1_000
CLAIMED = "alias.claimed"
"""The operation under which tasks that get an assignee by a claim stand in history."""


MOST_REMEMBERED = 10_000
_noted: set[tuple[str, str]] = set()  # of any tenant, lately: a guess that saves commands from running twice


def announce(keys: Keys, dialect: str, text: str | None, task: int | None = None) -> Keys:
    """The keys, with the rows that `note` will need for a name, if it was one that matches nobody when it was noted
    last. `task` is the number of a task that exists already."""
    if text is not None and (dialect, text) in _noted:
        keys.also("unclaimed_name", [(dialect, text)], Lock.CHANGE)
        if task is not None:
            keys.also("unclaimed_task", [(dialect, text, task)], Lock.CHANGE)
    return keys


def note(uow: UnitOfWork, dialect: str, text: str, task: Task, *, is_made: bool) -> None:
    """Note that a client of the dialect sent a name that matches no user for a task.

    A second time for the same task changes only when it was last seen. `is_made`: this command made the task. For a
    name that isn't on the list yet the command runs as an exclusive one.
    """
    key = names.read(dialect, text).key
    if len(_noted) >= MOST_REMEMBERED:
        _noted.clear()
    _noted.add((dialect, key))
    known = uow.unclaimed_names.find((dialect, key), Lock.CHANGE)
    if known is None:
        uow.must_be_exclusive()
        if uow.unclaimed_names.count() >= MOST_NAMES and (oldest := uow.unclaimed_names.oldest()) is not None:
            _drop(uow, oldest)
        known = uow.unclaimed_names.add(UnclaimedName(uow.tenant, dialect, key, uow.now, uow.now))
    is_new = is_made or uow.unclaimed_tasks.find((dialect, key, task.number), Lock.CHANGE) is None
    if is_new:
        uow.unclaimed_tasks.add(UnclaimedTask(uow.tenant, dialect, key, task.number))
    uow.unclaimed_names.save(replace(known, last_seen_at=uow.now, count=known.count + is_new))


def _drop(uow: UnitOfWork, name: UnclaimedName) -> None:
    uow.unclaimed_names.remove(name)
    uow.unclaimed_tasks.forget(name.dialect, name.name)


class Example(msgspec.Struct, frozen=True):
    """One of the open tasks of a name."""

    number: int
    title: str | None


class NameItem(msgspec.Struct, frozen=True):
    """An unclaimed name. `count` is how many tasks it was sent for, `open_tasks` how many a claim would assign."""

    dialect: str
    name: str
    first_seen_at: Moment
    last_seen_at: Moment
    count: int
    open_tasks: int
    example: Example | None


class List(msgspec.Struct, frozen=True):
    """Unclaimed names, of a dialect or of all. `after` is how many come before the page."""

    dialect: str | None = None
    limit: int | None = None
    after: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class NamePage(msgspec.Struct, frozen=True):
    """A page. `after` is where the next one begins, None on the last."""

    items: list[NameItem]
    after: int | None = None


def list_page(uow: UnitOfWork, command: List) -> NamePage:
    """Those with the most open tasks first. For administrators; Invalid (`bad_alias`) for a dialect without names."""
    require_admin(uow.principal)
    dialects = names.dialects() if command.dialect is None else (command.dialect,)
    carried = {
        (dialect, name): found
        for dialect in dialects
        if (path := names.of(dialect).kept_at)
        for name, found in uow.unclaimed_tasks.carried(dialect, path).items()
    }

    def rank(each: UnclaimedName) -> tuple[int, int, str, str]:
        free = carried.get((each.dialect, each.name), NOT_CARRIED).free
        return -free, -each.last_seen_at, each.dialect, each.name

    found = sorted(uow.unclaimed_names.all(command.dialect), key=rank)
    end = len(found) if command.limit is None else command.after + command.limit
    page = [(each, carried.get((each.dialect, each.name), NOT_CARRIED)) for each in found[command.after : end]]
    return NamePage(_items(uow, page), end if end < len(found) else None)


def _items(uow: UnitOfWork, page: list[tuple[UnclaimedName, Carried]]) -> list[NameItem]:
    numbers = sorted({open_.first for _, open_ in page if open_.first is not None})
    titles = {task.number: task.label for task in uow.tasks.of_numbers(numbers)} if numbers else {}
    return [
        NameItem(
            name.dialect,
            name.name,
            name.first_seen_at,
            name.last_seen_at,
            name.count,
            open_.free,
            Example(open_.first, titles[open_.first]) if open_.first in titles else None,
        )
        for name, open_ in page
    ]


class Forget(msgspec.Struct, frozen=True):
    """Take a name off the list, until it is sent again."""

    dialect: str
    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def forget(uow: UnitOfWork, command: Forget) -> None:
    """Forbidden unless the principal administers the tenant; NotFound for a name that isn't on the list."""
    require_admin(uow.principal)
    name = names.read(command.dialect, command.name)
    known = uow.unclaimed_names.find((command.dialect, name.key), Lock.CHANGE)
    if known is None:
        raise _missing(command.dialect, name)
    _drop(uow, known)


def _missing(dialect: str, name: Name) -> NotFound:
    return NotFound("unclaimed_name_not_found", f"{name.shown} is no unclaimed name in {dialect}.")


class Claim(msgspec.Struct, frozen=True):
    """Give a name to a user, and with it (`assigns`) its open tasks that are nobody's. `is_trial`: only count them."""

    dialect: str
    name: str
    user: str  # id, login, or `me`
    assigns: bool = True
    is_trial: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Claimed(msgspec.Struct, frozen=True):
    """What a claim did. `skipped` tasks carry the name and have an assignee. `job`: it assigns them, and counts
    none here."""

    alias: AliasItem
    assigned: int = 0
    skipped: int = 0
    job: str | None = None


def claim(uow: UnitOfWork, command: Claim) -> Claimed:
    """Forbidden unless the principal administers the tenant; Invalid for an unknown user, and for a disabled one who
    would get tasks; NotFound for a name that no task was seen with; Conflict as for any alias."""
    require_admin(uow.principal)
    name = names.read(command.dialect, command.name)
    user = _claimant(uow, command)
    if not _is_known(uow, command.dialect, name):
        raise _missing(command.dialect, name)
    return hand_over(uow, user, command.dialect, name, assigns=command.assigns, is_trial=command.is_trial)


def _is_known(uow: UnitOfWork, dialect: str, name: Name) -> bool:
    noted = uow.unclaimed_names.find((dialect, name.key), Lock.CHANGE)
    return noted is not None or uow.unclaimed_tasks.has(dialect, name.key)


def _claimant(uow: UnitOfWork, command: Claim) -> User:
    try:
        user = references.held(uow, command.user)
    except NotFound:
        raise _bad_user(lookup.UNKNOWN) from None
    if command.assigns and not lookup.is_assignable(user, None):
        raise _bad_user(lookup.DISABLED)
    return user


def _bad_user(why: str) -> Invalid:
    return Invalid("bad_reference", f"user {why}.", (Problem("/user", "not_assignable", why),), status=409)


class Take(msgspec.Struct, frozen=True):
    """Give a user an alias, whether or not it was ever sent, and with it its open tasks that are nobody's."""

    put: aliases.Put

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def take(uow: UnitOfWork, command: Take) -> Claimed:
    """Errors as of a claim, but for names that were never sent, and NotFound for an unknown user."""
    require_admin(uow.principal)
    put, user = command.put, references.held(uow, command.put.person)
    if not lookup.is_assignable(user, None):
        raise _bad_user(lookup.DISABLED)
    return hand_over(uow, user, put.dialect, names.read(put.dialect, put.name), first=put.first)


def hand_over(
    uow: UnitOfWork,
    user: User,
    dialect: str,
    name: Name,
    *,
    first: bool = False,
    assigns: bool = True,
    is_trial: bool = False,
) -> Claimed:
    """Give the user the alias and, with `assigns`, the tasks of the name."""
    uow = uow.in_the_name_of(uow.principal, uow.dialect, CLAIMED)
    alias = aliases.give(uow, user, dialect, name, first=first).alias
    path = names.of(dialect).kept_at
    if not assigns or not path:
        return Claimed(alias)
    open_ = _carrying(uow, dialect, path, name.key)
    if is_trial:
        return Claimed(alias, open_.free, open_.taken)
    if open_.free > DIRECT:
        who, via = uow.principal, uow.dialect
        job = uow.enqueue(
            JobKind.ALIAS_CLAIM, dialect=dialect, name=name.key, user=user.uid, actor=who.user, login=who.login, via=via
        )
        return Claimed(alias, job=job.uid)
    assigned = sum(assign(uow, user, dialect, name.key, part) for part in _parts(uow, dialect, name.key))
    uow.unclaimed_tasks.forget(dialect, name.key)
    return Claimed(alias, assigned, open_.taken + open_.free - assigned)


def _parts(uow: UnitOfWork, dialect: str, name: str) -> Iterator[list[int]]:
    """The tasks that were seen with a name, some at a time."""
    after = 0
    while numbers := uow.unclaimed_tasks.of_name(dialect, name, after=after, limit=PART):
        yield numbers
        after = numbers[-1]


def _carrying(uow: UnitOfWork, dialect: str, path: tuple[str, ...], name: str) -> Carried:
    parts = (uow.unclaimed_tasks.carried_among(dialect, path, name, part) for part in _parts(uow, dialect, name))
    found = list(parts)
    first = min((part.first for part in found if part.first is not None), default=None)
    return Carried(sum(part.free for part in found), first, sum(part.taken for part in found))


def assign(uow: UnitOfWork, user: User, dialect: str, name: str, numbers: list[int]) -> int:
    """Assign those of these tasks that carry the name, are open and nobody's. Returns how many were assigned."""
    path, count = names.of(dialect).kept_at, 0
    numbers = uow.unclaimed_tasks.free_among(dialect, path, name, numbers)
    if numbers:
        uow.tasks.load(numbers, Lock.CHANGE)
    for number in numbers:
        task = uow.tasks.find(number, Lock.CHANGE)
        if task is not None and _is_free(task) and forms.kept_name(task.extras.get(dialect, {}), path) == name:
            freed = task.with_extra(dialect, forms.without_name(task.extras[dialect], path))
            tasks.save(uow, task, freed.assign(user.uid, at=uow.now))
            count += 1
    return count


def _is_free(task: Task) -> bool:
    return task.is_open and task.assignee is None and task.state is not State.RUNNING and not task.stands_for_batch
