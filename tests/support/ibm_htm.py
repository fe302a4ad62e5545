"""A world for the Human Task Manager dialect: one user for each role, tasks in every state, requests in its words."""

import json
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from dragoman.dialects.ibm_htm.wire import ids
from dragoman.dialects.kit import Reply
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

BASE = "/rest/bpm/htm/v1"
ROLES = ("Ad", "Or", "Ow", "PO", "PS", "St", "Ed", "Re", "stranger")
"""The page's letters (4.2), each the login of a user who has this role and no other."""

WITH_OWNER = frozenset({State.CLAIMED, State.COMPLETED, State.FAILED, State.TERMINATED, State.EXPIRED})
WITH_RESULT = frozenset({State.COMPLETED, State.FAILED})


@dataclass(frozen=True)
class Stand:
    """Where a task stands."""

    state: State
    suspended: bool = False
    waiting: bool = False

    def __str__(self) -> str:
        return "-".join([self.state, *["suspended"] * self.suspended, *["waiting"] * self.waiting])


STANDS = tuple(
    Stand(state, suspended, waiting)
    for state in State
    for suspended in (False, True)
    for waiting in (False, True)
    if not ((suspended and (state is State.INACTIVE or state.is_ended)) or (waiting and state.is_ended))
)
"""Every state with every flag that can stand beside it."""


def furnish(world: World) -> None:
    """The users, and `Root`, who administers the server."""
    for role in ROLES:
        world.add(role)
    world.add("Root", admin=True)


def make(world: World, stand: Stand, **fields: Any) -> Task:
    """A task that stands so. Everybody's role but the owner's (whom a task in some states hasn't) comes from it."""

    def run(uow: UnitOfWork) -> Task:
        uid = {role: world.people[role].user for role in ROLES}
        items = {Role.ADMINISTRATOR: "Ad", Role.POTENTIAL_OWNER: "PO", Role.POTENTIAL_STARTER: "PS"}
        items |= {Role.EDITOR: "Ed", Role.READER: "Re"}
        work_items = tuple(WorkItem(role, str(uid[login])) for role, login in items.items())
        state = State.INACTIVE if stand.state is State.INACTIVE else State.READY
        made = tasks.add(uow, name="Review", creator=uid["Or"], starter=uid["St"], state=state, work_items=work_items)
        if stand.waiting:
            tasks.add(uow, name="Part", parent=made.number)
            made = uow.tasks.get(made.number)
        placed = replace(made, state=stand.state, suspended=stand.suspended, **fields)
        if stand.state in WITH_OWNER:
            placed = replace(placed, assignee=uid["Ow"], claimed_at=uow.now)
        if stand.state.is_ended:
            placed = replace(placed, completed_at=uow.now)
        return uow.tasks.save(placed)

    return world.task(world.core(run).number)


def ask(
    world: World, who: str, method: str, task: Task, rest: str = "", content: Any = None, **headers: str
) -> tuple[int, Any]:
    """What this person is answered on a task: status and JSON."""
    body = b"" if content is None else json.dumps(content).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = world.ask(who, method, f"{BASE}/task/{ids.task_id(task.uid)}{rest}", body, given)
    return reply.status, read(reply)


def read(reply: Reply) -> Any:
    """The JSON of a reply, or its text."""
    if reply.content_type == "application/json":
        return json.loads(reply.body)
    return reply.body.decode()


def update(world: World, who: str, task: Task, **properties: Any) -> tuple[int, Any]:
    """What this person is answered on an update."""
    return ask(world, who, "PUT", task, "?action=update", properties)
