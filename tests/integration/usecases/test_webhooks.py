"""Webhooks from the log to the outcome, without a network: what is fanned out, taken, stored, and told."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.dialects.kit import times
from dragoman.domain import event_cursor
from dragoman.domain.clock import Moment, later
from dragoman.domain.delivery import DeliveryError, Outcome
from dragoman.domain.webhook_secret import key_of
from dragoman.usecases.events import event_log
from dragoman.usecases.webhooks import disabling, fanning, retention, sending
from dragoman.usecases.webhooks.sending import Result, Settle, Take, Taken, Want
from tests.support.databases import BACKENDS, Databases
from tests.support.server import KEY_OF_SECRETS
from tests.support.shared_application import application, tenant_of
from tests.support.world import World

ME, OTHER = "node-1", "node-2"
URL = "https://hook.example/"
DAY = 86_400.0


class Hooks:
    """A world whose webhooks are served step by step."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ask(self, method: str, path: str, content: Any = None, *, who: str = "anna", status: int = 200) -> Any:
        found, shown = self.world.native(who, method, f"/v1{path}", content)
        assert found == status, shown
        return shown

    def make(self, *, who: str = "anna", **content: Any) -> str:
        """The id of a new webhook."""
        made: str = self.ask("POST", "/webhooks", {"url": URL, **content}, who=who, status=201)["id"]
        return made

    def task(self, who: str = "anna", **content: Any) -> int:
        number: int = self.ask("POST", "/tasks", {"title": "x", **content}, who=who, status=201)["number"]
        return number

    def change(self, number: int, who: str = "anna", **content: Any) -> None:
        self.ask("PATCH", f"/tasks/{number}", content, who=who)

    def fan(self) -> int:
        """Fan out all there is; how many deliveries that makes."""
        made = 0
        while True:
            fanned = self.world.core(lambda uow: fanning.fan(uow, fanning.Fan()))
            made += int(fanned.deliveries)
            if not fanned.has_more:
                return made

    def take(self, hook: str, limit: int = 100, *, holder: str = ME, follow: bool = False) -> list[list[Taken]]:
        """The chains that are taken of a webhook."""
        command = Take(holder, (Want(hook, limit, follow),), 30.0)
        found = self.world.core(lambda uow: sending.take(uow, command))
        return [chain for each in found for chain in each.chains]

    def settle(self, *taken: Taken, holder: str = ME, status: int | None = 204, pause: float | None = None) -> None:
        """All of these with this outcome."""
        error = None if status == 204 else DeliveryError.STATUS if status else DeliveryError.TIMEOUT
        outcome = Outcome(self.world.clock.now(), status, error, 5, "said", pause)
        results = tuple(Result(each.uid, outcome) for each in taken)
        self.world.core(lambda uow: sending.settle(uow, Settle(holder, results)))

    def serve(self, hook: str, status: int = 204) -> list[dict[str, Any]]:
        """Send all that is due, again and again; the bodies in their order."""
        bodies: list[dict[str, Any]] = []
        self.fan()
        while chains := self.take(hook):
            for taken in [each for chain in chains for each in chain]:
                bodies.append(json.loads(taken.body))
                self.settle(taken, status=status)
            self.fan()
        return bodies

    def states(self, hook: str, who: str = "anna") -> list[str]:
        """Type and state of its deliveries, oldest first."""
        items = self.ask("GET", f"/webhooks/{hook}/deliveries?limit=100", who=who)["items"]
        return [f"{each['type']} {each['state']}" for each in reversed(items)]

    def count(self, table: str) -> int:
        """How many rows it has of this tenant."""
        [(rows,)] = self.world.sql(f"SELECT count(*) FROM {table} WHERE tenant = :t", t=self.world.tenant)
        return int(rows)

    def read(self, hook: str) -> Any:
        return self.ask("GET", f"/webhooks/{hook}")


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    settings = {"webhooks.who": "everybody", "webhooks.jitter": 0.0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAGOMAN_SECRET_KEY", KEY_OF_SECRETS)
        with application(databases, request.param, settings) as opened:
            yield opened


@pytest.fixture
def hooks(opened: World) -> Hooks:
    world = tenant_of(opened, World)
    for login in ("anna", "bert", "cara"):
        world.add(login, admin=login == "anna")
    return Hooks(world)


def types(bodies: list[dict[str, Any]]) -> list[str]:
    return [body["type"] for body in bodies]


def test_each_active_webhook_gets_what_it_wants_once(hooks: Hooks) -> None:
    every, ended, late = hooks.make(types=["task.*"]), hooks.make(types=["task.completed", "case.*"]), ""
    first = hooks.task()
    late = hooks.make(types=["*"])
    hooks.ask("POST", f"/tasks/{first}/claim")
    hooks.ask("POST", f"/tasks/{first}/finish", {"code": "done"})
    assert hooks.fan() == 6
    assert hooks.fan() == 0
    assert types(hooks.serve(every)) == ["task.created", "task.assigned", "task.completed"]
    assert types(hooks.serve(ended)) == ["task.completed"]
    assert types(hooks.serve(late)) == ["task.assigned", "task.completed"]


def test_what_was_rolled_back_or_tried_is_not_told(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    hooks.world.native("anna", "POST", "/v1/tasks?dry_run=true", {"title": "x"})
    hooks.world.native("anna", "POST", "/v1/tasks", {"title": "x", "assignee": "nobody"})
    hooks.ask("POST", f"/webhooks/{hook}/test?dry_run=true", status=202)
    assert hooks.fan() == 0
    assert hooks.states(hook) == []


def test_a_subject_waits_for_its_earlier_deliveries_and_others_pass_by(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    first, second = hooks.task(), hooks.task()
    hooks.change(first, title="y")
    hooks.change(second, title="y")
    hooks.fan()
    one, two = [chain[0] for chain in hooks.take(hook)]
    assert hooks.take(hook) == []
    hooks.settle(one, status=500)
    hooks.settle(two)
    ((next_of_two,),) = hooks.take(hook)
    assert json.loads(next_of_two.body)["data"]["number"] == second
    hooks.settle(next_of_two)
    assert hooks.take(hook) == []
    hooks.world.clock.advance(5.1)
    ((again,),) = hooks.take(hook)
    assert (again.event, again.body) == (one.event, one.body)
    hooks.settle(again)
    assert types(hooks.serve(hook)) == ["task.changed"]


def test_chains_are_taken_in_order_and_what_was_not_begun_is_given_back(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    number = hooks.task()
    for title in "abc":
        hooks.change(number, title=title)
    hooks.fan()
    (chain,) = hooks.take(hook, follow=True)
    assert [json.loads(each.body)["data"]["revision"] for each in chain] == [1, 2, 3, 4]
    first, *rest = chain
    outcome = Outcome(hooks.world.clock.now(), 503, DeliveryError.STATUS)
    returned = tuple(each.uid for each in rest)
    command = Settle(ME, (Result(first.uid, outcome),), returned, (hook,))
    assert hooks.world.core(lambda uow: sending.settle(uow, command)) == {hook: 1}
    assert hooks.take(hook) == []
    hooks.world.clock.advance(5.1)
    assert [body["data"]["revision"] for body in hooks.serve(hook)] == [1, 2, 3, 4]


def test_without_an_order_each_is_for_itself(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"], order="none")
    hooks.change(hooks.task(), title="y")
    hooks.fan()
    assert len(hooks.take(hook)) == 2


def test_a_changed_order_counts_for_what_waits(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    number = hooks.task()
    hooks.change(number, title="y")
    hooks.change(number, title="z")
    hooks.fan()
    hooks.ask("PATCH", f"/webhooks/{hook}", {"order": "none"})
    hooks.ask("PATCH", f"/webhooks/{hook}", {"order": "subject"})
    assert [len(chain) for chain in hooks.take(hook)] == [1]
    hooks.ask("PATCH", f"/webhooks/{hook}", {"order": "none"})
    assert len(hooks.take(hook)) == 2


def test_another_process_leaves_a_webhook_that_is_served(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    hooks.task()
    hooks.task()
    hooks.fan()
    (mine,) = hooks.take(hook, limit=1)
    assert hooks.take(hook, holder=OTHER) == []
    hooks.settle(*mine, holder=OTHER)  # not its own
    assert "task.created sending" in hooks.states(hook)
    hooks.settle(*mine)
    assert len(hooks.take(hook, holder=OTHER)) == 1


def test_a_lease_that_ran_out_costs_an_attempt_and_the_late_outcome_counts_no_more(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    hooks.change(hooks.task(), title="y")
    hooks.fan()
    ((lost,),) = hooks.take(hook)
    assert hooks.world.core(lambda uow: sending.recover(uow, sending.Recover())) == 0
    hooks.world.clock.advance(31)
    assert hooks.world.core(lambda uow: sending.recover(uow, sending.Recover())) == 1
    hooks.settle(lost)
    ((again,),) = hooks.take(hook, holder=OTHER)
    assert (again.event, again.body) == (lost.event, lost.body)
    hooks.settle(again, holder=OTHER)
    shown = hooks.ask("GET", f"/webhooks/{hook}/deliveries/{again.uid}")
    assert [(each["error"], each["status"]) for each in shown["tries"]] == [("timeout", None), (None, 204)]
    assert types(hooks.serve(hook)) == ["task.changed"]
    hooks.world.core(lambda uow: sending.recover(uow, sending.Recover(OTHER)))


def test_after_the_ladder_a_delivery_is_dead_and_told_of_without_an_echo(hooks: Hooks) -> None:
    hook, watching = hooks.make(types=["*"]), hooks.make(types=["webhook.*"])
    hooks.task()
    hooks.fan()
    for pause in (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400):
        hooks.world.clock.advance(pause + 1)
        hooks.settle(*[each for chain in hooks.take(hook) for each in chain], status=500)
    assert hooks.states(hook) == ["task.created dead"]
    shown = hooks.ask("GET", f"/webhooks/{hook}/deliveries?state=dead")["items"][0]
    assert (shown["attempts"], shown["next_at"], shown["last"]["error"]) == (10, None, "status")
    (told,) = hooks.serve(watching)
    assert (told["type"], told["data"]["webhook"], told["data"]["reason"]) == ("webhook.dead", hook, "status")
    assert hooks.serve(hook) == []  # nothing of itself
    hooks.ask("POST", f"/webhooks/{hook}/test", status=202)
    (_test,) = hooks.serve(watching)
    for pause in (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400):
        hooks.world.clock.advance(pause + 1)
        hooks.settle(*[each for chain in hooks.take(hook) for each in chain], status=500)
    assert hooks.states(hook)[-1] == "webhook.test dead"
    assert "webhook.dead" not in types(hooks.serve(watching))


def test_410_ends_it_and_what_waits_is_not_tried(hooks: Hooks) -> None:
    hook, watching = hooks.make(types=["task.*"]), hooks.make(types=["webhook.*"])
    hooks.task()
    hooks.task()
    hooks.fan()
    one, _two = hooks.take(hook)
    hooks.settle(*one, status=410)
    shown = hooks.read(hook)
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "gone")
    told = [(each["type"], each["data"]["reason"]) for each in hooks.serve(watching)]
    assert told == [("webhook.dead", "status"), ("webhook.disabled", "gone")]
    hooks.task()
    assert hooks.fan() == 0
    assert hooks.take(hook) == []
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "disabled"}, status=400)
    shown = hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "paused"})
    assert (shown["state"], shown["disabled_reason"], shown["failing_since"]) == ("paused", None, None)
    shown = hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "active"})
    assert (shown["state"], shown["disabled_reason"]) == ("active", None)
    assert hooks.fan() == 1
    (two,), *_ = hooks.take(hook)
    hooks.settle(two, status=500)
    since = hooks.read(hook)["failing_since"]
    for state in ("paused", "active"):
        assert hooks.ask("PATCH", f"/webhooks/{hook}", {"state": state})["failing_since"] == since


def test_a_webhook_without_success_for_days_is_disabled(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"], order="none")
    for _ in range(3):
        hooks.task()
    hooks.fan()
    one, two, three = (chain[0] for chain in hooks.take(hook))
    hooks.settle(one, status=None)
    since = hooks.read(hook)["failing_since"]
    hooks.settle(two)
    assert (since is None, hooks.read(hook)["failing_since"]) == (False, None)
    hooks.settle(three, status=None)
    hooks.world.clock.advance(120 * 3_600 - 1)
    hooks.settle(*hooks.take(hook)[0], status=None)
    assert hooks.read(hook)["state"] == "active"
    hooks.world.clock.advance(301)
    hooks.settle(*hooks.take(hook)[0], status=None)
    shown = hooks.read(hook)
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "failing")


def test_retry_after_holds_all_deliveries_of_a_webhook(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    hooks.task()
    hooks.task()
    hooks.fan()
    (one,) = hooks.take(hook, limit=1)
    hooks.settle(*one, status=429, pause=60.0)
    until = times.render_native(later(hooks.world.clock.now(), seconds=60.005))
    assert [each["next_at"] for each in hooks.ask("GET", f"/webhooks/{hook}/deliveries")["items"]] == [until] * 2
    assert hooks.ask("GET", f"/webhooks/{hook}/deliveries/{one[0].uid}")["next_at"] == until
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "paused"})
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "active"})
    hooks.world.clock.advance(59)
    assert hooks.take(hook) == []
    hooks.world.clock.advance(2)
    assert len(hooks.take(hook)) == 2


def test_paused_it_stands_still_but_for_tests(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    hooks.task()
    hooks.fan()
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "paused"})
    hooks.task()
    assert hooks.fan() == 0
    assert hooks.take(hook) == []
    delivery = hooks.ask("POST", f"/webhooks/{hook}/test", status=202)["delivery"]
    ((test,),) = hooks.take(hook)
    assert (test.uid, json.loads(test.body)["type"]) == (delivery, "webhook.test")
    hooks.settle(test)
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "active"})
    assert types(hooks.serve(hook)) == ["task.created"] * 2


def test_what_was_missed_may_be_left_out_or_is_gone(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    hooks.task()
    hooks.fan()
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "paused"})
    hooks.task()
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "active", "catch_up": False})
    assert hooks.serve(hook) == []
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "paused"})
    hooks.task()
    with hooks.world.app.store.engine.raw.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM event WHERE tenant = {hooks.world.tenant}")
    shown = hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "active"}, status=409)
    assert shown["code"] == "events_gone"
    hooks.ask("PATCH", f"/webhooks/{hook}", {"state": "active", "catch_up": False})
    hooks.task()
    assert len(hooks.serve(hook)) == 1


def test_a_webhook_may_begin_at_a_cursor(hooks: Hooks) -> None:
    start = hooks.world.core(lambda uow: (event_log.log_id(uow), uow.events.bounds().last))
    hooks.task()
    hook = hooks.make(types=["task.*"], since=event_cursor.encode(*start))
    assert types(hooks.serve(hook)) == ["task.created"]


def test_filters_look_at_the_entity_and_at_the_cause(hooks: Hooks) -> None:
    bert = hooks.world.people["bert"].user
    hooks.ask("POST", "/categories", {"title": "c"}, status=201)
    category = hooks.ask("GET", "/categories")["items"][-1]["number"]
    mine = hooks.make(types=["task.*"], filter={"assignees": [bert], "categories": [category]})
    others = hooks.make(types=["task.*"], filter={"not_actors": ["bert"], "not_dialects": ["ibm_htm"]})
    number = hooks.task(who="bert", category=category)
    hooks.change(number, who="bert", assignee="bert")
    hooks.change(number, who="anna", title="y")
    hooks.task(who="anna", assignee="bert")
    hooks.ask("DELETE", f"/tasks/{number}", status=204)
    assert (
        types(hooks.serve(mine)) == ["task.assigned", "task.changed", "task.deleted"] or types(hooks.serve(mine)) == []
    )
    assert all(body["data"]["actor"]["login"] == "anna" for body in hooks.serve(others))


def test_the_owner_hears_only_of_what_he_may_see(hooks: Hooks) -> None:
    hook = hooks.make(who="bert", types=["*"])
    secret = hooks.task()
    hooks.fan()
    hooks.ask("PATCH", f"/tasks/{secret}", {"contact": _private_contact(hooks)})
    bodies = hooks.serve(hook)
    assert types(bodies) == ["task.hidden"]  # the creation is withheld, since he can't see the task any more
    assert bodies[0]["data"].keys() == {"entity", "id", "number"}
    assert hooks.states(hook, "bert") == ["task.created withheld", "task.hidden delivered"]
    hooks.ask("GET", f"/webhooks/{hook}", who="cara", status=404)
    hooks.ask("GET", f"/webhooks/{hook}/deliveries", who="cara", status=404)
    assert [each["id"] for each in hooks.ask("GET", "/webhooks", who="cara")["items"]] == []
    assert [each["id"] for each in hooks.ask("GET", "/webhooks")["items"]] == [hook]


def _private_contact(hooks: Hooks) -> int:
    made = hooks.ask("POST", "/contacts", {"kind": "person", "last_name": "x", "is_private": True}, status=201)
    number: int = made["number"]
    return number


def test_a_disabled_owner_ends_his_webhooks(hooks: Hooks) -> None:
    hook = hooks.make(who="bert", types=["task.*"])
    hooks.ask("POST", "/users/bert/disable")
    hooks.world.clock.advance(2)  # accounts are cached for a second
    looked = hooks.world.core(lambda uow: sending.look(uow, sending.Look()), tenant=0)
    assert [each.is_orphaned for each in looked.pending if each.tenant == hooks.world.tenant] == [True]
    assert hooks.world.core(lambda uow: disabling.disable_orphans(uow, disabling.DisableOrphans())) == 1
    shown = hooks.read(hook)
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "owner_disabled")
    hooks.task()
    assert hooks.fan() == 0


def test_replays_send_again_with_a_fresh_ladder(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    number = hooks.task()
    hooks.change(number, title="y")
    first = [(body["id"], body["data"]["revision"]) for body in hooks.serve(hook)]
    assert hooks.ask("POST", f"/webhooks/{hook}/replay", {"state": "dead"}, status=202) == {"count": 0}
    assert hooks.ask("POST", f"/webhooks/{hook}/replay", status=202) == {"count": 2}
    assert [(body["id"], body["data"]["revision"]) for body in hooks.serve(hook)] == first
    one = hooks.ask("GET", f"/webhooks/{hook}/deliveries")["items"][0]["id"]
    shown = hooks.ask("POST", f"/webhooks/{hook}/deliveries/{one}/replay", status=202)
    assert (shown["state"], shown["attempts"]) == ("waiting", 2)
    assert len(hooks.serve(hook)) == 1


def test_a_replay_keeps_the_order_of_its_subject(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    number = hooks.task()
    hooks.change(number, title="y")
    hooks.fan()
    ((first,),) = hooks.take(hook)
    second = hooks.ask("GET", f"/webhooks/{hook}/deliveries")["items"][0]["id"]
    behind = hooks.ask("POST", f"/webhooks/{hook}/deliveries/{second}/replay", status=202)
    assert (behind["state"], behind["next_at"]) == ("waiting", None)
    assert hooks.take(hook) == []
    hooks.settle(first, status=500)
    hooks.ask("POST", f"/webhooks/{hook}/deliveries/{first.uid}/replay", status=202)
    assert [body["data"]["revision"] for body in hooks.serve(hook)] == [1, 2]


def test_deliveries_are_listed_newest_first_page_by_page(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    numbers = [hooks.task() for _ in range(5)]
    hooks.serve(hook)
    path, found = f"/webhooks/{hook}/deliveries?limit=2&state=delivered", []
    while path:
        page = hooks.ask("GET", path)
        found += [each["sequence"] for each in page["items"]]
        path = page.get("next", "").removeprefix("/v1")
    assert len(found) == len(numbers)
    assert found == sorted(found, reverse=True)


def test_ended_deliveries_are_deleted_after_their_days(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"], order="none")
    hooks.task()
    hooks.task()
    hooks.fan()
    (one,), (two,) = hooks.take(hook)
    hooks.settle(one)
    hooks.settle(two, status=410)

    def pruned(days: float) -> list[str]:
        hooks.world.clock.at = Moment(later(hooks.world.clock.at, seconds=days * DAY))
        hooks.world.core(lambda uow: retention.prune_deliveries(uow, retention.PruneDeliveries()))
        return hooks.states(hook)

    assert len(pruned(6.9)) == 2
    assert pruned(0.2) == ["task.created dead"]
    assert pruned(23) == []
    assert hooks.count("delivery_try") == 0


def test_secrets_are_sealed_and_two_sign_during_an_overlap(hooks: Hooks) -> None:
    made = hooks.ask("POST", "/webhooks", {"url": URL, "types": ["task.*"]}, status=201)
    hook, old = made["id"], made["secret"]
    new = hooks.ask("POST", f"/webhooks/{hook}/rotate", {"overlap_hours": 1})["secret"]
    hooks.task()
    hooks.fan()

    def keys() -> tuple[bytes, ...]:
        command = Take(ME, (Want(hook, 1),), 30.0)
        (found,) = hooks.world.core(lambda uow: sending.take(uow, command))
        kept: tuple[bytes, ...] = found.keys
        return kept

    assert keys() == (key_of(new), key_of(old))
    hooks.world.clock.advance(3_601)
    assert keys() == (key_of(new),)
    [row] = hooks.world.sql("SELECT * FROM webhook WHERE tenant = :t", t=hooks.world.tenant)
    stored = "".join(map(str, row))
    for secret in (old, new):
        assert secret not in stored
        assert secret.removeprefix("whsec_") not in stored


def test_deleted_webhooks_leave_nothing(hooks: Hooks) -> None:
    hook = hooks.make(types=["task.*"])
    hooks.task()
    hooks.fan()
    (chain,) = hooks.take(hook)
    hooks.ask("DELETE", f"/webhooks/{hook}", status=204)
    hooks.settle(*chain)
    for table in ("webhook", "delivery", "delivery_try"):
        assert hooks.count(table) == 0


def test_a_tenant_has_a_hundred_at_most(hooks: Hooks) -> None:
    for _ in range(100):
        hooks.make(state="paused")
    assert hooks.ask("POST", "/webhooks", {"url": URL}, status=409)["code"] == "too_many_webhooks"
