"""Webhooks of a server to real receivers: everything arrives, once by its id, in order; who fails holds up nobody."""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.support.databases import BACKENDS, Databases
from tests.support.in_process_server import InProcessServer
from tests.support.receiver import PATIENCE_SECONDS, Receiver, dropped, endless, receiving, replies, silent
from tests.support.tenant import Tenant

CONFIG = """
[webhooks]
allow_http = true
ports = []
allow_networks = ["127.0.0.0/8"]
retry_seconds = [0.05, 0.05, 0.05, 0.05]
total_seconds = 2.0
who = "everybody"
"""


@pytest.fixture(scope="module", params=BACKENDS)
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent(request.param) as url, InProcessServer(url, config=CONFIG) as running:
        yield running


@pytest.fixture
def tenant(server: InProcessServer) -> Tenant:
    return Tenant(server)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def hook(tenant: Tenant, url: str, *, person: str = "anna", **content: Any) -> Any:
    order = {"url": url, "types": ["task.*"], **content}
    return tenant.native("POST", "/v1/webhooks", order, person=person)


def task(tenant: Tenant) -> Any:
    return tenant.native("POST", "/v1/tasks", {"title": "x"})["id"]


def test_all_arrives_in_the_order_of_its_subject_whatever_the_receiver_does(tenant: Tenant, receiver: Receiver) -> None:
    made = hook(tenant, receiver.url())
    receiver.next += [replies(500), dropped, replies(503, retry_after="1"), replies(302, location="/"), endless]
    tasks = [task(tenant) for _ in range(4)]
    for title in "abc":
        for each in tasks:
            tenant.native("PATCH", f"/v1/tasks/{each}", {"title": title})
    receiver.wait_for(lambda found: len({sent.id for sent in found.sent}) == 16 and not found.at_once)
    settled(tenant, made["id"], "delivered", 16)
    bodies: dict[str, set[bytes]] = {}
    first: dict[str, list[int]] = {}
    for sent in receiver.sent:
        Webhook(made["secret"]).verify(sent.body, sent.headers)
        envelope = json.loads(sent.body)
        assert envelope["id"] == sent.id
        if sent.id not in bodies:
            first.setdefault(envelope["subject"], []).append(envelope["data"]["revision"])
        bodies.setdefault(sent.id, set()).add(sent.body)
    assert all(len(each) == 1 for each in bodies.values())
    assert set(map(tuple, first.values())) == {(1, 2, 3, 4)}
    assert receiver.most_at_once <= 2
    repeated = [count for count in Counter(sent.id for sent in receiver.sent).values() if count > 1]
    assert sum(repeated) - len(repeated) == 4


def settled(tenant: Tenant, hook: str, state: str, count: int) -> list[Any]:
    """The deliveries, once so many are in this state."""
    last_try = time.monotonic() + PATIENCE_SECONDS
    while True:
        page = tenant.native("GET", f"/v1/webhooks/{hook}/deliveries?state={state}&limit=1000")["items"]
        if len(page) >= count:
            return list(page)
        assert time.monotonic() < last_try, f"{len(page)} are {state}"
        time.sleep(0.01)


@pytest.fixture
def patient(databases: Databases) -> Iterator[Tenant]:
    """A tenant of a server that waits longer for an answer than this test for anything."""
    config = CONFIG.replace("total_seconds = 2.0", f"total_seconds = {4 * PATIENCE_SECONDS}")
    with databases.lent("sqlite") as url, InProcessServer(url, config=config) as running:
        yield Tenant(running)


def test_receivers_that_do_not_answer_hold_up_nobody(patient: Tenant, receiver: Receiver) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            deaf = stack.enter_context(socket.socket())
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(16)
            hook(patient, f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        made = hook(patient, receiver.url())
        patient.native("POST", f"/v1/webhooks/{made['id']}/test")
        receiver.wait_for_requests(1)
        for count in range(2, 12):
            task(patient)
            receiver.wait_for_requests(count)


def test_dead_letters_are_seen_and_sent_again(tenant: Tenant, receiver: Receiver) -> None:
    made, watching = hook(tenant, receiver.url("/bad")), hook(tenant, receiver.url("/good"), types=["webhook.dead"])
    receiver.next += [replies(500, b"no room")] * 5
    task(tenant)
    receiver.wait_for_requests(6)
    (dead,) = settled(tenant, made["id"], "dead", 1)
    shown = tenant.native("GET", f"/v1/webhooks/{made['id']}/deliveries/{dead['id']}")
    assert [(each["status"], each["error"], each["answer"]) for each in shown["tries"]] == [
        (500, "status", "no room")
    ] * 5
    told = next(sent for sent in receiver.sent if sent.target == "/good")
    assert json.loads(told.body)["data"]["webhook"] == made["id"]
    assert json.loads(receiver.sent[0].body) == shown["body"]
    assert tenant.native("POST", f"/v1/webhooks/{made['id']}/replay", {"state": "dead"}) == {"count": 1}
    receiver.wait_for_requests(7)
    assert receiver.sent[-1].id == dead["event"]
    settled(tenant, made["id"], "delivered", 1)
    assert watching


def test_gone_is_the_end_and_a_pause_is_one(tenant: Tenant, receiver: Receiver) -> None:
    made = hook(tenant, receiver.url())
    receiver.always = replies(410)  # also to a repeat, where a busy machine let the first attempt time out
    task(tenant)
    settled(tenant, made["id"], "dead", 1)
    receiver.always = None
    before = len(receiver.sent)
    path = f"/v1/webhooks/{made['id']}"
    shown = tenant.native("GET", path)
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "gone")
    task(tenant)
    tenant.native("POST", f"{path}/test")
    receiver.wait_for_requests(before + 1)
    assert json.loads(receiver.sent[-1].body)["type"] == "webhook.test"
    tenant.native("PATCH", path, {"state": "active"})
    receiver.wait_for_requests(before + 2)
    assert json.loads(receiver.sent[-1].body)["type"] == "task.created"


def test_a_receiver_that_never_answers_is_a_timeout(tenant: Tenant, receiver: Receiver) -> None:
    made = hook(tenant, receiver.url())
    receiver.next.append(silent)
    task(tenant)
    receiver.wait_for_requests(2)
    (sent,) = settled(tenant, made["id"], "delivered", 1)
    shown = tenant.native("GET", f"/v1/webhooks/{made['id']}/deliveries/{sent['id']}")
    assert [each["error"] for each in shown["tries"]] == ["timeout", None]


def test_secrets_are_in_no_log_and_no_other_reply(
    tenant: Tenant, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    made = hook(tenant, receiver.url())
    receiver.next.append(replies(500))
    path = f"/v1/webhooks/{made['id']}"
    task(tenant)
    receiver.wait_for_requests(2)
    shown = [tenant.native("GET", each) for each in (path, "/v1/webhooks", f"{path}/deliveries")]
    key = {"Idempotency-Key": "1", "Authorization": tenant.basic("anna"), "Content-Type": "application/json"}
    rotated, again = (tenant.server.call("POST", f"{path}/rotate", b"{}", key).json() for _ in range(2))
    assert rotated["secret"].startswith("whsec_")
    assert again == rotated | {"secret": None}
    text = caplog.text + json.dumps(shown) + "".join(str(record.__dict__) for record in caplog.records)
    for secret in (made["secret"], rotated["secret"]):
        assert secret.removeprefix("whsec_") not in text
