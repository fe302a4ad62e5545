"""Trees of subtasks against a model of the page's words on hierarchy (4.3): whatever is done to any task of a tree in
whatever order, each of them stands as the model says, waiting flags and places in the tree included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.ibm_htm.wire import ids, times
from dragoman.domain.clock import from_datetime, to_datetime
from dragoman.domain.template import Template
from dragoman.usecases.background import timers
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import quick_file
from tests.support.ibm_htm import BASE, read
from tests.support.sizes import sized
from tests.support.world import World

ROOT = "Root"
TEMPLATE = "801a0001-0000-0001-0000-000100000001"
CREATE = f"/task?taskTemplateID={ids.template_id(TEMPLATE)}&mode=async"
READY, CLAIMED, FINISHED = "STATE_READY", "STATE_CLAIMED", "STATE_FINISHED"
TERMINATED, EXPIRED = "STATE_TERMINATED", "STATE_EXPIRED"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with quick_file() as url:
        world = World(url)
        world.add(ROOT, admin=True)
        world.core(add_template)
        yield world
        world.close()


def add_template(uow: UnitOfWork) -> None:
    uow.templates.add(Template(tenant=uow.tenant, uid=TEMPLATE, name="Review", version=1))


@dataclass
class Node:
    """A task as the model knows it."""

    tkiid: str
    parent: "Node | None" = None
    state: str = READY
    suspended: bool = False
    parts: list["Node"] = field(default_factory=list)

    @property
    def top(self) -> "Node":
        return self if self.parent is None else self.parent.top

    @property
    def is_open(self) -> bool:
        return self.state in (READY, CLAIMED)

    @property
    def is_waiting(self) -> bool:
        return any(part.is_open for part in self.parts)

    @property
    def is_in_hand(self) -> bool:
        """Claimed, and nothing holds it up but perhaps its parts."""
        return self.state == CLAIMED and not self.suspended

    def with_open_parts(self) -> Iterator["Node"]:
        """Itself and all below that is left to do."""
        yield self
        for part in self.parts:
            if part.is_open:
                yield from part.with_open_parts()

    def end(self, state: str) -> None:
        for node in list(self.with_open_parts()):
            node.state, node.suspended = state, False

    def suspend(self, suspended: bool) -> None:
        for node in self.with_open_parts():
            node.suspended = suspended

    def shown(self) -> dict[str, Any]:
        place = "TOP" if self.parent is None else "SUB"
        return {
            "state": self.state,
            "isSuspended": self.suspended,
            "isWaitingForSubTask": self.is_waiting,
            "positionInHierarchy": f"HIERARCHY_POSITION_{place}_TASK",
            "topLevelTaskID": self.top.tkiid,
            "parentContextID": None if self.parent is None else self.parent.tkiid,
        }


def become(state: str) -> Callable[[Node], None]:
    def change(node: Node) -> None:
        node.state = state

    return change


RULES: dict[str, tuple[Callable[[Node], bool], Callable[[Node], None]]] = {
    "claim": (lambda node: node.state == READY and not node.suspended, become(CLAIMED)),
    "cancel": (lambda node: node.is_in_hand and not node.is_waiting, become(READY)),
    "complete": (lambda node: node.is_in_hand and not node.is_waiting, become(FINISHED)),
    "divide": (lambda node: node.is_in_hand, lambda node: None),
    "suspend": (lambda node: node.is_open and not node.suspended, lambda node: node.suspend(True)),
    "resume": (lambda node: node.is_open and node.suspended, lambda node: node.suspend(False)),
    "terminate": (lambda node: node.is_open, lambda node: node.end(TERMINATED)),
    "expire at once": (lambda node: node.is_open and not node.suspended, lambda node: node.end(EXPIRED)),
    "expire in an hour": (lambda node: node.is_open and not node.suspended, lambda node: node.end(EXPIRED)),
    "delete": (lambda node: not node.is_open and node.parent is None, lambda node: None),
}
"""Whether it can be done to a task, and what comes of it. `divide` is the making of a subtask."""


HOURS = {"expire at once": -1, "expire in an hour": 1}


class Tree:
    """One tree of tasks, on the server and in the model."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.nodes = [Node(self.call("POST", CREATE)[1]["tkiid"])]
        self.is_gone = False

    def call(self, method: str, rest: str, body: str = "") -> tuple[int, Any]:
        reply = self.world.ask(ROOT, method, BASE + rest, body)
        return reply.status, read(reply)

    def do(self, word: str, node: Node) -> None:
        """Do it to both; they must agree on whether it can be done."""
        is_allowed, change = RULES[word]
        allowed = is_allowed(node)
        equals_shown = word in HOURS and self.shows(node.tkiid, self.moment(HOURS[word]))
        status, body = self.asked(word, node.tkiid)
        if not allowed and equals_shown:
            assert status == 200, (word, node, body)  # no change
            return
        assert status in ((200, 201) if allowed else (409,)), (word, node, body)
        if not allowed:
            return
        change(node)
        self.is_gone = word == "delete"
        if word == "divide":
            node.parts.append(Node(body["tkiid"], node))
            self.nodes.append(node.parts[-1])

    def asked(self, word: str, tkiid: str) -> tuple[int, Any]:
        """The answer to it."""
        if word == "divide":
            return self.call("POST", f"{CREATE}&relation=subTask&parentTaskID={tkiid}")
        if word == "delete":
            return self.call("DELETE", f"/task/{tkiid}")
        if word == "expire at once":
            return self.expire(tkiid, HOURS[word])
        if word == "expire in an hour":
            answer = self.expire(tkiid, HOURS[word])
            self.world.clock.advance(7_200)
            numbers = self.world.app.executor.call(timers.due, timers.Due("expire", 100), self.world.tenant)
            self.world.app.executor.call(timers.fire, timers.Fire("expire", tuple(numbers)), self.world.tenant)
            return answer
        return self.call("PUT", f"/task/{tkiid}?action={word}")

    def expire(self, tkiid: str, hours: int) -> tuple[int, Any]:
        return self.call("PUT", f"/task/{tkiid}?action=update", f'{{"expirationTime": "{self.moment(hours)}"}}')

    def moment(self, hours: int) -> str:
        return times.render(from_datetime(to_datetime(self.world.clock.now()) + timedelta(hours=hours)))

    def shows(self, tkiid: str, moment: str) -> bool:
        status, body = self.call("GET", f"/task/{tkiid}")
        return status == 200 and body.get("expirationTime") == moment

    def check(self) -> None:
        """Every task stands as the model says."""
        for node in self.nodes:
            status, body = self.call("GET", f"/task/{node.tkiid}")
            if self.is_gone:
                assert status == 404
            else:
                assert {name: body.get(name) for name in node.shown()} == node.shown()


OFTEN = ("claim", "divide", "claim", "divide", "suspend", "resume")
STEPS = st.lists(
    st.tuples(st.sampled_from((*OFTEN, *RULES)), st.sampled_from((0, 0, 0, 1, 1, 2, 3))), min_size=8, max_size=25
)


@given(steps=STEPS)
@settings(max_examples=sized(25, 500))
def test_a_tree_of_subtasks_stands_as_the_page_says(world: World, steps: list[tuple[str, int]]) -> None:
    tree = Tree(world)
    for word, place in [("claim", 0), ("divide", 0), *steps]:
        tree.do(word, tree.nodes[place % len(tree.nodes)])
        tree.check()
        if tree.is_gone:
            break


@pytest.mark.parametrize("word", ["suspend", "terminate", "expire at once", "expire in an hour"])
def test_what_is_done_to_the_whole_reaches_every_level(world: World, word: str) -> None:
    tree = grown(world)
    tree.do(word, tree.nodes[0])
    tree.check()
    if word == "suspend":
        tree.do("resume", tree.nodes[0])
        tree.check()
    assert len({node.state for node in tree.nodes}) == (2 if word == "suspend" else 1)


@pytest.mark.parametrize("place", [1, 3])
def test_a_subtask_goes_with_the_whole_and_never_alone(world: World, place: int) -> None:
    tree = grown(world)
    tree.do("terminate", tree.nodes[0])
    tree.do("delete", tree.nodes[place])
    assert not tree.is_gone
    tree.check()
    tree.do("delete", tree.nodes[0])
    assert tree.is_gone
    tree.check()


def grown(world: World) -> Tree:
    """A whole with two parts, the first of which has a part itself."""
    tree = Tree(world)
    for word, place in (("claim", 0), ("divide", 0), ("divide", 0), ("claim", 1), ("divide", 1)):
        tree.do(word, tree.nodes[place])
    return tree
