"""The page's tables of actions, states and roles, every cell tried: what must succeed does, what must not is refused
as the page says, and `task/actions` names exactly what then succeeds.

The tables are written down here once more, in the page's own letters, so that a slip in the dialect's data is seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dragoman.dialects.ibm_htm.wire import ids
from dragoman.domain.task import State, Task
from tests.support.databases import quick_file
from tests.support.ibm_htm import BASE, ROLES, STANDS, Stand, ask, furnish, make, read, update
from tests.support.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with quick_file() as url:
        world = World(url)
        furnish(world)
        yield world
        world.close()


LETTERS = dict(zip("IRUC", (State.INACTIVE, State.READY, State.RUNNING, State.CLAIMED), strict=True))
ENDS = [State.COMPLETED, State.FAILED, State.TERMINATED, State.EXPIRED]


def states(letters: str) -> set[State]:
    """The states that some letters of section 6 stand for; `E` is any end state."""
    found = {LETTERS[letter] for letter in letters if letter in LETTERS}
    return found | set(ENDS) if "E" in letters else found


@dataclass(frozen=True)
class Row:
    """One action of section 4.2: the request, to which state it leads from which, who may, and under which flags."""

    request: str
    to: dict[str, str]  # letters of states -> the state then; "" is gone, "=" stays
    who: str
    flags: str  # of `suspended`, `waiting`, `needs suspended`: what may be so
    name: str
    body: Any = None

    @property
    def allowed(self) -> dict[State, str]:
        return {state: then for letters, then in self.to.items() for state in states(letters)}


ACTIONS = {
    "start": Row("PUT ?action=start&mode=async", {"I": "ready"}, "PS Or Ad", "waiting", "STARTTASK"),
    "claim": Row("PUT ?action=claim", {"R": "claimed"}, "PO Ad", "waiting", "CLAIM"),
    "cancel": Row("PUT ?action=cancel", {"C": "ready"}, "Ow Ad", "", "CANCELCLAIM"),
    "complete": Row("PUT ?action=complete", {"C": "completed"}, "Ow Ad", "", "COMPLETE"),
    "fail": Row("PUT ?action=complete&faultName=F", {"C": "failed"}, "Ow Ad", "", "COMPLETE"),
    "suspend": Row("PUT ?action=suspend", {"RCU": "="}, "Ow Or Ad", "waiting", "SUSPEND"),
    "suspendAndCancelClaim": Row(
        "PUT ?action=suspendAndCancelClaim&keepTaskData=true&duration=P1D", {"C": "="}, "Ow Ad", "",
        "SUSPENDWITHCANCELCLAIM",
    ),
    "resume": Row("PUT ?action=resume", {"RCU": "="}, "Ow Or Ad", "waiting, needs suspended", "RESUME"),
    "terminate": Row("PUT ?action=terminate", {"RCU": "terminated"}, "Ow St Or Ad", "suspended, waiting", "TERMINATE"),
    "delete": Row("DELETE ", {"IE": ""}, "Or Ad", "suspended, waiting", "DELETE"),
    "input": Row("PUT /input", {"I": "="}, "Or PS Ad", "waiting", "SETINPUTMESSAGE", {"a": 1}),
    "output": Row("PUT /output", {"C": "="}, "Ow Ed Ad", "waiting", "SETOUTPUTMESSAGE", {"a": 1}),
    "fault": Row("PUT /fault?faultName=F", {"C": "="}, "Ow Ed Ad", "waiting", "SETFAULTMESSAGE", {"a": 1}),
    "get": Row("GET ", {"IRCUE": "="}, "Ad Or Ow PO PS St Ed Re", "suspended, waiting", "GETTASK"),
}  # fmt: skip


def has(role: str, stand: Stand) -> bool:
    """Whether the user of this name is anything to a task that stands so."""
    if role == "Ow":
        return stand.state is State.CLAIMED or stand.state.is_ended
    if stand.state is State.INACTIVE:  # page, 15: nobody else is told of it yet
        return role in ("Ad", "Or", "PS", "St")
    return role != "stranger"


def holds(role: str, stand: Stand) -> set[str]:
    """The originator has an administrator's rights while INACTIVE (page, 8)."""
    return {role, "Ad"} if role == "Or" and stand.state is State.INACTIVE else {role}


def expected(row: Row, stand: Stand, role: str) -> tuple[int, str]:
    """The status and message id that the page wants; `""` for none."""
    who = "Ad" if row.name == "DELETE" and stand.state.is_ended else row.who
    if not has(role, stand) or holds(role, stand).isdisjoint(who.split()):
        return 401, "CWTKA0068E"
    if stand.state not in row.allowed:
        return 409, "CWTKA0062E"
    if "needs suspended" in row.flags:
        return (200, "") if stand.suspended else (409, "CWTKA0112E")
    if stand.suspended and "suspended" not in row.flags:
        return 409, "CWTKA0072E"
    if stand.waiting and "waiting" not in row.flags:
        return 409, "CWTKA0075E"
    return 200, ""


@pytest.mark.parametrize("stand", STANDS, ids=str)
def test_every_cell_of_the_table_of_actions(world: World, stand: Stand) -> None:
    task = make(world, stand)
    named = {role: actions_of(world, role, task) for role in ROLES}
    succeeded: dict[str, set[str]] = {role: set() for role in ROLES}
    for row in ACTIONS.values():
        method, _, rest = row.request.partition(" ")
        for role in ROLES:
            status, body = ask(world, role, method, task, rest, row.body)
            number = body["errorNumber"] if status >= 400 else ""
            assert (status, number) == expected(row, stand, role), (row.request, role)
            if status < 400:
                succeeded[role].add(f"ACTION_{row.name}")
                check_outcome(world, task, row, stand)
                task = make(world, stand)
            else:
                assert world.task(task.number) == task, (row.request, role)
    tried = {f"ACTION_{row.name}" for row in ACTIONS.values()}
    for role in ROLES:
        said = named[role]
        assert said is None or said & tried == succeeded[role], role


def actions_of(world: World, role: str, task: Task) -> set[str] | None:
    """What `task/actions` names; None for a stranger, who is refused."""
    reply = world.ask(role, "GET", f"{BASE}/task/actions?taskIDs={ids.task_id(task.uid)}")
    if reply.status == 401:
        return None
    found = read(reply)["tasks"]
    return set(found[0]["actions"])


def check_outcome(world: World, task: Task, row: Row, stand: Stand) -> None:
    then = row.allowed[stand.state]
    if not then:
        assert world.core(lambda uow: uow.tasks.find(task.number)) is None
        return
    after = world.task(task.number)
    assert after.state == (stand.state if then == "=" else then)
    if row.name == "CLAIM":
        assert after.assignee is not None


# Properties of an update (section 6): in which states, by whom


ALL_FIVE = "Ow St Or Ed Ad"
PROPERTIES: dict[str, tuple[Any, str, str]] = {
    "name": ("Renamed", "IRUCE", ALL_FIVE),
    "namespace": ("http://example.com", "IRUCE", ALL_FIVE),
    "type": ("review", "IRUCE", ALL_FIVE),
    "displayName": ("A name", "IRUCE", ALL_FIVE),
    "description": ("What to do", "IRUCE", ALL_FIVE),
    "priority": (7, "IRUC", "PS St Or Ad"),
    "businessRelevance": (True, "IRUC", ALL_FIVE),
    "isRead": (True, "IRUCE", "Ad Or Ow PO PS St Ed Re"),
    "isEscalated": (True, "RUC", "Or St Ad"),
    "customProperties": ({"region": "north"}, "IRUCE", ALL_FIVE),
    "dueTime": ("2031-05-04T10:20:30Z", "RUC", ALL_FIVE),
    "durationUntilDue": ("5days", "IRUC", ALL_FIVE),
    "expirationTime": ("2031-05-04T10:20:30Z", "RUC", "Or Ad"),
    "durationUntilExpires": ("5days", "IRUC", "Or Ad"),
    "deletionTime": ("2031-05-04T10:20:30Z", "E", "Or Ad"),
    "durationUntilDeleted": ("5days", "IRUCE", "Or Ad"),
    "supportsClaimIfSuspended": (True, "IR", "Ow Or Ed Ad"),
    "supportsDelegation": (False, "IRUC", "Ow Or Ad"),
    "supportsFollowOnTasks": (False, "IRUC", "Ow Or Ad"),
    "supportsSubTasks": (False, "IRUC", "Ow Or Ad"),
    "contextAuthorizationOfOwner": ("AUTH_READER", "IR", "Or Ad"),
    "eventHandlerName": ("handler", "IRUCE", "Or Ad"),
    "parentContextID": ("_PI:90030133.2.3.4", "IRUCE", "Or Ad"),
    "workBasketName": ("basket", "I", "Or Ad"),
}


def update_expected(name: str, stand: Stand, role: str) -> tuple[int, str]:
    """The status and message id that the page wants of an update of one property."""
    _, letters, who = PROPERTIES[name]
    may_call = role in ALL_FIVE.split() or (name == "priority" and role == "PS") or name == "isRead"
    if not has(role, stand) or not may_call:
        return 401, "CWTKA0068E"
    if stand.suspended and name not in ("customProperties", "isRead"):
        return 409, "CWTKA0072E"
    if holds(role, stand).isdisjoint(who.split()):
        return 403, "CWTKA0041E"
    return (200, "") if stand.state in states(letters) else (409, "CWTKA0041E")


@pytest.mark.parametrize("stand", STANDS, ids=str)
def test_every_cell_of_the_table_of_properties(world: World, stand: Stand) -> None:
    task = make(world, stand)
    may_update = {role: "ACTION_UPDATE" in (actions_of(world, role, task) or ()) for role in ROLES}
    for name, (value, _, _) in PROPERTIES.items():
        for role in ROLES:
            status, body = update(world, role, task, **{name: value})
            number = body["errorNumber"] if status >= 400 else ""
            assert (status, number) == update_expected(name, stand, role), (name, role)
            if status == 200:
                _, shown = ask(world, "Root", "GET", task)
                assert shown[name] == value
                task = make(world, stand)
            else:
                assert world.task(task.number) == task, (name, role)
    for role, may in may_update.items():
        assert (update(world, role, task, name="Renamed")[0] == 200) is may
