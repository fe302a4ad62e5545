"""Random sequences of all dialects' operations with time going on, against the model of `life`: after each step every
face shows the state that the model has, and letting due timers fire changes nothing that anybody sees."""

import json
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from dragoman.domain.clock import Moment, later, to_datetime
from dragoman.usecases.background import timers
from tests.cross_dialect.life import Life, Lives
from tests.cross_dialect.names import said, tkiid
from tests.support.sizes import sized
from tests.support.world import World

IBM = "/rest/bpm/htm/v1"
STEPS = 40
IBM_STATES = {"STATE_FINISHED": "completed"}
CLAIMED, READY = "claimed", "ready"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    world.is_lawful = True
    world.add("anna", admin=True)
    yield world
    world.close()


class Story:
    """One sequence of operations by anna, on an application and on the model of it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.lives = Lives()
        self.uids: dict[int, str] = {}
        self.reopened = 0

    @property
    def now(self) -> Moment:
        return self.world.clock.at

    def soon(self) -> Moment | None:
        return later(self.now, seconds=self.dice.choice([5, 20, 60])) if self.dice.random() < 0.5 else None

    def ask(self, method: str, target: str, content: Any = None) -> bool:
        """Whether it was done; a refusal is one of the client's."""
        body = b"" if content is None else json.dumps(content).encode()
        reply = self.world.ask("anna", method, target, body)
        assert reply.status < 500, (method, target, reply.body)
        return reply.status < 300

    # -- operations -------------------------------------------------------------------------------------------------

    def create(self, parent: Life | None) -> None:
        expires_at = self.soon()
        content = {"title": "Task", "name": "task", "parent": None if parent is None else parent.number}
        content["expires_at"] = text(expires_at)
        status, made = said(self.world, "POST", "/v1/tasks", content)
        assert status == 201, made
        self.uids[made["number"]] = made["id"]
        self.lives.add(made["number"], parent, expires_at)

    def claim(self, life: Life) -> None:
        target = f"/v1/tasks/{life.number}/claim"
        if self.dice.random() < 0.5:
            target = f"{IBM}/task/{self.tkiid(life)}?action=claim"
        done = self.ask("PUT" if "action" in target else "POST", target)
        can = life.state == READY and not life.suspended
        assert done is (can or (life.state == CLAIMED and target.startswith("/v1"))), target
        if can:
            life.state, life.is_claimed = CLAIMED, True

    def finish(self, life: Life) -> None:
        match self.dice.choice(["native", "crm", "genesys", "ibm"]):
            case "native":
                done = self.ask("POST", f"/v1/tasks/{life.number}/finish")
                assert done is (life.is_open or life.state == "completed")
            case "crm":
                assert self.ask("PUT", f"/api/2.0/crm/task/{life.number}/close")
            case "genesys":
                assert self.ask("POST", f"/services/1/tasks/{life.number}/end", {"disposition": "done"})
            case _:
                done = self.ask("PUT", f"{IBM}/task/{self.tkiid(life)}?action=complete")
                assert done is (life.state == CLAIMED and not life.suspended and not life.has_open_part)
                if not done:
                    return
        life.end("completed")

    def terminate(self, life: Life) -> None:
        if self.dice.random() < 0.5:
            done = self.ask("POST", f"/v1/tasks/{life.number}/terminate")
            assert done is (life.is_open or life.state == "terminated")
        else:
            assert self.ask("PUT", f"{IBM}/task/{self.tkiid(life)}?action=terminate") is life.is_open
        life.end("terminated")

    def reopen(self, life: Life) -> None:
        crm, native = f"/api/2.0/crm/task/{life.number}/reopen", f"/v1/tasks/{life.number}/reopen"
        assert self.ask("PUT", crm) if self.dice.random() < 0.5 else self.ask("POST", native)
        self.reopened += not life.is_open
        assert self.ask("PATCH", native.removesuffix("/reopen"), {"delete_at": None})
        life.delete_at = None
        life.reopen(self.now)

    def suspend(self, life: Life) -> None:
        until = self.soon()
        done = self.ask("POST", f"/v1/tasks/{life.number}/suspend", {"until": text(until)})
        assert done is life.is_open
        if done:
            life.suspend(until=until)

    def resume(self, life: Life) -> None:
        done = self.ask("POST", f"/v1/tasks/{life.number}/resume")
        assert done is life.is_open
        if done and life.suspended:
            life.resume()

    def schedule(self, life: Life) -> None:
        # A deletion begins when the end is stored; that of an open task would wait for the timer of its end.
        name = self.dice.choice(["expires_at"] if life.is_open else ["expires_at", "delete_at"])
        at = self.soon()
        assert self.ask("PATCH", f"/v1/tasks/{life.number}", {name: text(at)})
        setattr(life, name, at)

    def delete(self, life: Life) -> None:
        native, crm = f"/v1/tasks/{life.number}", f"/api/2.0/crm/task/{life.number}"
        done = self.ask("DELETE", self.dice.choice([native, crm]))
        assert done is (life.is_open or not life.has_open_part)
        if done:
            self.lives.remove(life)

    def wait(self) -> None:
        self.world.clock.advance(self.dice.choice([1, 7, 30]))
        self.lives.pass_time(self.now)

    def fire(self) -> None:
        before = self.seen()
        for name, timer in timers.TIMERS.items():
            due = self.world.stored(partial(due_of, timer))
            command = timers.Fire(name, tuple(due))
            self.world.app.executor.call(
                timers.fire, command, self.world.tenant, dialect="core", operation=f"timer.{name}"
            )
        assert self.seen() == before

    # -- looking ----------------------------------------------------------------------------------------------------

    def tkiid(self, life: Life) -> str:
        return tkiid(self.uids[life.number])

    def seen(self) -> list[Any]:
        _, listed = said(self.world, "GET", "/v1/tasks?sort=number&limit=100")
        return [{name: value for name, value in item.items() if name != "modified_at"} for item in listed["items"]]

    def check(self) -> None:
        """All faces show what the model has."""
        states = {number: life.state for number, life in self.lives.of.items()}
        listed = self.seen()
        assert {item["number"]: item["state"] for item in listed} == states
        assert {item["number"]: item["suspended"] for item in listed} == {
            number: life.suspended for number, life in self.lives.of.items()
        }
        opened = {number for number, life in self.lives.of.items() if life.is_open}
        self.check_lists(states, opened)
        for life in self.lives.of.values():
            _, ibm = said(self.world, "GET", f"{IBM}/task/{self.tkiid(life)}")
            shown = IBM_STATES.get(ibm["state"], ibm["state"].removeprefix("STATE_").lower())
            assert (shown, ibm["isSuspended"]) == (life.state, life.suspended)
            assert ibm["isWaitingForSubTask"] is (life.is_open and life.has_open_part)
            status, native = said(self.world, "GET", f"/v1/tasks/{life.number}")
            assert (status, native["state"], native["suspended"]) == (200, life.state, life.suspended)
        for number in self.uids.keys() - states.keys():
            assert said(self.world, "GET", f"/v1/tasks/{number}")[0] == 404
            assert said(self.world, "GET", f"/api/2.0/crm/task/{number}")[0] == 404

    def check_lists(self, states: dict[int, str], opened: set[int]) -> None:
        def crm(closed: str) -> set[int]:
            _, found = said(self.world, "GET", f"/api/2.0/crm/task/filter?isClosed={closed}&count=100")
            assert found["total"] == len(found["response"])
            return {item["id"] for item in found["response"]}

        def genesys(word: str) -> set[int]:
            return {int(item["task_id"]) for item in said(self.world, "GET", f"/services/1/tasks/{word}")[1]}

        def native(query: str) -> set[int]:
            _, found = said(self.world, "GET", f"/v1/tasks?limit=100&{query}")
            return {item["number"] for item in found["items"]}

        assert (crm("false"), crm("true")) == (opened, states.keys() - opened)
        assert (genesys("active"), genesys("completed")) == (opened, states.keys() - opened)
        assert (native("is_open=true"), native("is_open=false")) == (opened, states.keys() - opened)
        for state in ("ready", "claimed", "expired", "terminated", "completed"):
            assert native(f"state={state}") == {number for number, shown in states.items() if shown == state}

    def check_history(self) -> None:
        """No timer is recorded twice for one end."""
        for number in self.uids:
            rows = self.world.stored(partial(history_of, number))
            assert [row.operation for row in rows].count("timer.expire") <= 1 + self.reopened

    def step(self) -> None:
        one: list[Callable[[Life], None]] = [
            *(self.claim, self.finish, self.terminate, self.reopen, self.suspend, self.resume),
            *(self.schedule, self.schedule, self.delete),
        ]
        lives = list(self.lives.of.values())
        roll = self.dice.random()
        if not lives or (roll < 0.25 and len(lives) < 12):
            parents = [life for life in lives if life.is_open]
            self.create(self.dice.choice(parents) if parents and self.dice.random() < 0.6 else None)
        elif roll < 0.45:
            self.wait()
        elif roll < 0.52:
            self.fire()
        else:
            self.dice.choice(one)(self.dice.choice(lives))
        self.lives.pass_time(self.now)


def text(at: Moment | None) -> str | None:
    return None if at is None else to_datetime(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def due_of(timer: timers.Timer, uow: Any) -> list[int]:
    return timer.due(uow, uow.now, 100)


def history_of(number: int, uow: Any) -> list[Any]:
    rows: list[Any] = uow.history.page("task", number)
    return rows


@pytest.mark.parametrize("seed", sized(range(100, 103), range(100, 106)))
def test_every_face_shows_what_became_of_each_task(world: World, seed: int) -> None:
    story = Story(world, seed)
    for _ in range(STEPS):
        story.step()
        story.check()
    story.check_history()
