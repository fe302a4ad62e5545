"""Random writes on two nodes, in several dialects: after each, the lists of both show what the tables hold."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dragoman.store.unit.known_tasks import KnownTasks
from tests.cross_dialect.names import said, tkiid
from tests.support.sizes import sized
from tests.support.world import World

STEPS = 60
IBM = "/rest/bpm/htm/v1/task"
CRM = "/api/2.0/crm/task"
LIST = "/v1/tasks?sort=number&limit=100"
FIELDS: dict[str, Callable[[random.Random], Any]] = {
    "title": lambda dice: f"Title {dice.random()}",
    "description": lambda dice: dice.choice([None, "ä\n" * dice.randrange(9)]),
    "category": lambda dice: dice.choice([None, 1, 2]),
    "type": lambda dice: dice.choice([None, "customs"]),
    "priority": lambda dice: dice.choice([None, 0, 7]),
    "escalated": lambda dice: dice.random() < 0.5,
    "read": lambda dice: dice.random() < 0.5,
    "due_at": lambda dice: dice.choice([None, "2027-01-02T03:04:05Z"]),
    "expires_at": lambda dice: dice.choice([None, "2026-09-21T14:00:00Z"]),
    "properties": lambda dice: {"reference": str(dice.random())},
    "contact": lambda dice: dice.choice([None, 1]),
    "assignee": lambda dice: dice.choice([None, "anna"]),
}
VERBS = ("start", "claim", "release", "suspend", "resume", "finish", "fail", "terminate", "reopen")


class Nodes:
    """Two applications on one database, and the tasks that were made."""

    def __init__(self, url: str, seed: int) -> None:
        self.worlds = (World(url), World(url))
        self.worlds[0].add("anna", admin=True)
        self.worlds[1].people = self.worlds[0].people
        self.dice = random.Random(seed)
        self.uids: dict[int, str] = {}

    def close(self) -> None:
        for world in self.worlds:
            world.close()

    def ask(self, method: str, target: str, content: Any = None) -> Any:
        """The answer of one of them; a refusal is one of the client's."""
        body = b"" if content is None else json.dumps(content).encode()
        reply = self.dice.choice(self.worlds).ask("anna", method, target, body)
        assert reply.status < 500, (method, target, reply.body)
        return json.loads(reply.body) if reply.body and reply.status < 300 else None

    def create(self) -> None:
        parent = self.dice.choice([None, *self.uids])
        made = self.ask("POST", "/v1/tasks", {"title": "Task", "name": "task", "parent": parent})
        if made is not None:
            self.uids[made["number"]] = made["id"]

    def step(self) -> None:
        """One random operation."""
        number, uid = self.dice.choice(list(self.uids.items()))
        native, name = f"/v1/tasks/{number}", self.dice.choice(["box", "bag"])
        match self.dice.randrange(12):
            case 0 | 1:
                self.create()
            case 2 | 3 | 4:
                field = self.dice.choice(list(FIELDS))
                self.ask("PATCH", native, {field: FIELDS[field](self.dice)})
            case 5 | 6:
                self.ask("POST", f"{native}/{self.dice.choice(VERBS)}")
            case 7:
                self.ask("PUT", f"{native}/extensions/{name}", {"w": self.dice.random()})
            case 8:
                self.ask("DELETE", f"{native}/extensions/{name}")
            case 9:
                self.ask("PUT", f"{CRM}/{number}/{self.dice.choice(['close', 'reopen'])}")
            case 10:
                action = self.dice.choice(["suspend", "resume", "complete", "claim"])
                self.ask("PUT", f"{IBM}/{tkiid(uid)}?action={action}")
            case _:
                for world in self.worlds:
                    world.clock.advance(600)

    def shown(self, world: World) -> Any:
        return [said(world, "GET", LIST)[1], said(world, "GET", f"{CRM}/filter?count=100")[1]["response"]]


@pytest.fixture(params=range(sized(1, 5)))
def nodes(request: pytest.FixtureRequest, database_url: str) -> Iterator[Nodes]:
    nodes = Nodes(database_url, request.param)
    yield nodes
    nodes.close()


def test_lists_of_both_nodes_show_what_the_tables_hold(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes.ask("POST", "/v1/contacts", {"kind": "company", "company_name": "Acme"})
    nodes.create()
    for _ in range(STEPS):
        nodes.step()
        shown = [nodes.shown(world) for world in nodes.worlds]
        with monkeypatch.context() as forgetful:
            forgetful.setattr(KnownTasks, "of", lambda *_arguments: {})
            assert shown == [nodes.shown(nodes.worlds[0])] * 2
    assert len(shown[0][0]["items"]) > 3
    assert all(len(world.app.store.known_tasks) for world in nodes.worlds)
