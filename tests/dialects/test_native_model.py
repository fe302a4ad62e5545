"""Random native commands keep a small model of each task true: state, fields, rights, revisions, history.

The model is written from DESIGN 3 and the README of the native API, and knows nothing of the code that it judges.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from tests.support.databases import quick_file
from tests.support.sizes import sized
from tests.support.world import World

ENDED = ("completed", "failed", "terminated", "expired")
PEOPLE = ("anna", "bert")

titles = st.sampled_from([None, "", "Call", "Write", "Grüße 🖨"])
priorities = st.one_of(st.none(), st.integers(0, 3))
property_patches = st.dictionaries(st.sampled_from("ab"), st.one_of(st.none(), st.sampled_from(["", "1", "2"])))
values = st.one_of(st.integers(-2, 2), st.booleans(), st.lists(st.integers(0, 1), max_size=2))
extension_patches = st.dictionaries(st.sampled_from(["Box", "bOX", "Bag"]), st.one_of(st.none(), values), max_size=2)
patches = st.fixed_dictionaries(
    {},
    optional={
        "title": titles,
        "description": titles,
        "priority": priorities,
        "properties": property_patches,
        "extensions": extension_patches,
        "assignee": st.sampled_from([None, *PEOPLE]),
    },
)
people = st.sampled_from(PEOPLE)
ages = st.integers(0, 4)


@contextmanager
def opened_world() -> Iterator[World]:
    """In memory where the system has a place for that: thousands of commits need no disk here."""
    with quick_file() as url:
        world = World(url)
        world.add("anna", admin=True)
        world.add("bert")
        yield world
        world.close()


class Expected:
    """What a task should be. `changed` tells in which revision each field was last changed."""

    def __init__(self, creator: str, fields: dict[str, Any], inactive: bool) -> None:
        self.creator = creator
        self.revision = 1
        self.changed: dict[str, int] = {}
        self.seen: dict[str, Any] = {
            "state": "inactive" if inactive else "ready",
            "assignee": None,
            "suspended": False,
            "resume_at": None,
            "outcome": None,
            "ended": 0,  # stands for completed_at, which moves with every ending and every amended outcome
            **fields,
        }
        if self.seen["assignee"] is not None:
            self.seen["state"] = "claimed"

    @property
    def state(self) -> str:
        return str(self.seen["state"])

    @property
    def is_open(self) -> bool:
        return self.state not in ENDED

    def may_edit(self, who: str) -> bool:
        return who in ("anna", self.creator, self.seen["assignee"])

    def become(self, **fields: Any) -> int:
        """The fields that change, change together in one revision; without any there is none. Answers 200."""
        new = {name: value for name, value in fields.items() if self.seen.get(name) != value}
        if new:
            self.revision += 1
            for name, value in new.items():
                self.seen[name] = value
                self.changed[name] = self.revision
        return 200

    def assigned(self, user: str | None) -> dict[str, Any]:
        if user == self.seen["assignee"] or not self.is_open:
            return {"assignee": user}
        return {"assignee": user, "state": "ready" if user is None else "claimed"}

    def end(self, state: str, outcome: Any) -> int:
        if not self.is_open:
            return 409
        return self.become(state=state, suspended=False, resume_at=None, outcome=outcome, ended=self.seen["ended"] + 1)

    # The verbs, each with the status that it is answered with.

    def start(self, who: str) -> int:
        return self.become(state="ready") if self.state == "inactive" else 409

    def claim(self, who: str) -> int:
        if self.state == "claimed" and self.seen["assignee"] == who:
            return 200
        if self.state != "ready" or self.seen["suspended"]:
            return 409
        return self.become(state="claimed", assignee=who)

    def release(self, who: str) -> int:
        if self.state not in ("ready", "claimed"):
            return 409
        return self.become(state="ready", assignee=None)

    def resume(self, who: str) -> int:
        return self.become(suspended=False, resume_at=None) if self.is_open else 409

    def reopen(self, who: str) -> int:
        if self.is_open:
            return 200
        state = "ready" if self.seen["assignee"] is None else "claimed"
        return self.become(state=state, outcome=None)

    def fail(self, who: str) -> int:
        return self.end("failed", None)

    def terminate(self, who: str) -> int:
        return 200 if self.state == "terminated" else self.end("terminated", None)

    def finish(self, who: str) -> int:
        return 200 if self.state == "completed" else self.end("completed", None)

    def expire(self, who: str) -> int:
        return self.end("expired", None)


VERBS = ("start", "claim", "release", "resume", "reopen", "fail", "terminate", "finish", "expire")


def has_twins(patch: dict[str, Any]) -> bool:
    """Whether two extensions have one name, but for the case of its letters."""
    names = [name.lower() for name in patch.get("extensions", ())]
    return len(set(names)) < len(names)


class NativeTasks(RuleBasedStateMachine):
    """Tasks of one case, worked on by an administrator and by somebody who is none."""

    world: World
    tasks = Bundle("tasks")

    @initialize()
    def begin(self) -> None:
        self.case: int = self.world.native("anna", "POST", "/v1/cases", {"title": "A run"})[1]["number"]
        self.expected: dict[int, Expected] = {}
        self.deleted: dict[int, int] = {}

    def ask(self, who: str, method: str, path: str, content: Any = None, seen: int | None = None) -> int:
        """One request, a second after the last; `seen` is the revision at which the task was looked at."""
        self.world.clock.advance(1)
        headers = {} if seen is None else {"If_Match": f'"{seen}"'}
        status, self.answer = self.world.native(who, method, path, content, **headers)
        return int(status)

    def seen(self, number: int, age: int) -> int | None:
        """The revision that a task had so many revisions ago; None to say nothing of it."""
        return max(1, self.expected[number].revision - age) if age else None

    def refused(
        self, who: str, number: int, fields: Iterable[str] = (), seen: int | None = None, *, needs_edit: bool = True
    ) -> int | None:
        """The status of a refusal that comes before all others, None when there is none."""
        task = self.expected[number]
        if needs_edit and not task.may_edit(who):
            return 403
        if seen is not None and any(task.changed.get(name, 1) > seen for name in fields):
            return 412
        return None

    @rule(target=tasks, who=people, title=titles, priority=priorities, inactive=st.booleans(), held=st.booleans())
    def create(self, who: str, title: str | None, priority: int | None, inactive: bool, held: bool) -> int:
        content: dict[str, Any] = {"case": self.case, "title": title, "priority": priority}
        if inactive:
            content["state"] = "inactive"
        elif held:
            content["assignee"] = "bert"
        assert self.ask(who, "POST", "/v1/tasks", content) == 201
        number = int(self.answer["number"])
        fields = {"title": title, "description": None, "priority": priority}
        assignee = {"assignee": "bert"} if held and not inactive else {}
        self.expected[number] = Expected(who, fields | assignee, inactive)
        return number

    @rule(number=tasks, who=people, patch=patches, age=ages)
    def patch(self, number: int, who: str, patch: dict[str, Any], age: int) -> None:
        task = self.expected[number]
        fields: dict[str, Any] = {name: patch[name] for name in ("title", "description", "priority") if name in patch}
        fields |= {f"properties.{key}": value for key, value in patch.get("properties", {}).items()}
        fields |= {f"extensions.{name.lower()}": value for name, value in patch.get("extensions", {}).items()}
        if "assignee" in patch:
            fields |= {"assignee": patch["assignee"], "state": None}
        seen = self.seen(number, age)
        expected = self.refused(who, number, fields, seen)
        if expected is None:
            if "assignee" in patch:
                fields = {name: value for name, value in fields.items() if name != "state"}
                fields |= task.assigned(patch["assignee"])
            expected = 409 if has_twins(patch) else task.become(**fields)
        assert self.ask(who, "PATCH", f"/v1/tasks/{number}", patch, seen) == expected

    @rule(number=tasks, who=people, verb=st.sampled_from(VERBS), age=ages)
    def perform(self, number: int, who: str, verb: str, age: int) -> None:
        task = self.expected[number]
        fields = ("state", "assignee", "suspended", "resume_at", "outcome")
        seen = self.seen(number, age)
        expected = self.refused(who, number, fields, seen, needs_edit=verb != "claim")
        if verb == "expire" and who != "anna":
            expected = 403
        if expected is None:
            expected = getattr(task, verb)(who)
        assert self.ask(who, "POST", f"/v1/tasks/{number}/{verb}", None, seen) == expected

    @rule(number=tasks, who=people, user=st.sampled_from([None, *PEOPLE]))
    def assign(self, number: int, who: str, user: str | None) -> None:
        task = self.expected[number]
        expected = self.refused(who, number) or task.become(**task.assigned(user))
        assert self.ask(who, "POST", f"/v1/tasks/{number}/assign", {"assignee": user}) == expected

    @rule(number=tasks, who=people, until=st.sampled_from([None, "2031-01-01T00:00:00Z"]))
    def suspend(self, number: int, who: str, until: str | None) -> None:
        task = self.expected[number]
        expected = self.refused(who, number)
        if expected is None:
            can = task.is_open and task.state != "inactive"
            expected = task.become(suspended=True, resume_at=until) if can else 409
        assert self.ask(who, "POST", f"/v1/tasks/{number}/suspend", {"until": until}) == expected

    @rule(number=tasks, who=people, code=st.sampled_from(["done", "given up"]))
    def amend_outcome(self, number: int, who: str, code: str) -> None:
        task = self.expected[number]
        expected = self.refused(who, number)
        if expected is None and task.is_open:
            expected = 409
        elif expected is None:
            expected = task.become(outcome={"code": code, "text": None}, ended=task.seen["ended"] + 1)
        assert self.ask(who, "POST", f"/v1/tasks/{number}/amend_outcome", {"code": code}) == expected

    @rule(number=tasks, who=people, patch=patches)
    def try_out(self, number: int, who: str, patch: dict[str, Any]) -> None:
        """A dry run changes nothing, whatever it is answered."""
        expected = 409 if has_twins(patch) else 200
        status = self.ask(who, "PATCH", f"/v1/tasks/{number}?dry_run=true", patch)
        assert status == (expected if self.expected[number].may_edit(who) else 403)

    @precondition(lambda self: len(self.expected) > 1)
    @rule(number=consumes(tasks), who=people)
    def delete(self, number: int, who: str) -> None:
        task = self.expected[number]
        expected = 204 if task.may_edit(who) else 403
        assert self.ask(who, "DELETE", f"/v1/tasks/{number}") == expected
        if expected == 204:
            self.deleted[number] = task.revision + 1
            del self.expected[number]

    @invariant()
    def every_task_is_as_expected(self) -> None:
        if not getattr(self, "expected", None):
            return
        status, page = self.world.native("anna", "GET", f"/v1/tasks?case={self.case}&limit=1000")
        assert status == 200
        assert [task["number"] for task in page["items"]] == sorted(self.expected)
        for task in page["items"]:
            self.compare(task, self.expected[task["number"]])

    def compare(self, task: dict[str, Any], expected: Expected) -> None:
        uids: dict[str | None, str | None] = {name: who.user for name, who in self.world.people.items()}
        seen = expected.seen
        assert task["revision"] == expected.revision
        assert task["assignee"] == uids.get(seen["assignee"])
        assert (task["completed_at"] is None) is expected.is_open
        for name in ("state", "suspended", "resume_at", "outcome", "title", "description", "priority"):
            assert task[name] == seen[name], name
        for group, fold in (("properties", str), ("extensions", str.lower)):
            kept = {
                name.removeprefix(f"{group}."): value for name, value in seen.items() if name.startswith(f"{group}.")
            }
            assert {fold(name): value for name, value in task[group].items()} == {
                name: value for name, value in kept.items() if value is not None
            }

    def teardown(self) -> None:
        """Each task's history tells all of its revisions, a deleted one's too, and leads to what it is now."""
        numbers = {number: task.revision for number, task in getattr(self, "expected", {}).items()}
        for number, revision in (numbers | getattr(self, "deleted", {})).items():
            status, page = self.world.native("anna", "GET", f"/v1/tasks/{number}/history?limit=1000")
            assert status == 200
            assert [entry["revision"] for entry in page["items"]] == list(range(1, revision + 1))
            if number in self.expected:
                self.replay(page["items"], self.expected[number])

    def replay(self, entries: list[dict[str, Any]], expected: Expected) -> None:
        told: dict[str, Any] = {"suspended": False}  # that a new task isn't, goes without saying
        for entry in entries:
            for name, change in entry["changes"].items():
                assert told.get(name) == change["old"] or entry["revision"] == 1, name
                told[name] = change["new"]
        for name in ("state", "title", "description", "priority"):
            assert told.get(name) == expected.seen[name], name


def test_random_commands_keep_the_model_true() -> None:
    with opened_world() as world:

        class InThisWorld(NativeTasks):
            pass

        InThisWorld.world = world
        case = InThisWorld.TestCase
        case.settings = settings(
            max_examples=sized(50, 1_000),
            stateful_step_count=sized(50, 500),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        case().runTest()
