"""Two nodes on one PostgreSQL: each event arrives once, in the order of its subject, with two requests at a time. They
hear of each other by looking alone."""

import json
from collections import Counter

from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.receiver import receiving
from tests.support.tenant import Tenant

CONFIG = """
[events]
notify = false
poll_seconds = 0.1
[webhooks]
allow_http = true
ports = []
allow_networks = ["127.0.0.0/8"]
"""
TASKS = 12


def test_two_nodes_deliver_each_event_once(databases: Databases) -> None:
    with (
        databases.lent("postgresql") as url,
        receiving() as receiver,
        InProcessServer(url, config=CONFIG) as one,
        InProcessServer(url, config=CONFIG) as other,
    ):
        tenant = Tenant(one)
        headers = {"Authorization": tenant.basic("anna"), "Content-Type": "application/json"}
        tenant.native("POST", "/v1/webhooks", {"url": receiver.url(), "types": ["task.*"]})
        numbers = []
        for node in (one, other) * (TASKS // 2):
            made = node.call("POST", "/v1/tasks", '{"title": "x"}', headers)
            numbers.append(made.json()["number"])
        for node, title in ((other, "y"), (one, "z")):
            for number in numbers:
                assert node.call("PATCH", f"/v1/tasks/{number}", f'{{"title": "{title}"}}', headers).status == 200
        receiver.wait_for(lambda found: len({sent.id for sent in found.sent}) == 3 * TASKS and not found.at_once)
    assert set(Counter(sent.id for sent in receiver.sent).values()) == {1}
    assert receiver.most_at_once <= 2
    revisions: dict[str, list[int]] = {}
    for sent in receiver.sent:
        envelope = json.loads(sent.body)
        revisions.setdefault(envelope["subject"], []).append(envelope["data"]["revision"])
    assert set(map(tuple, revisions.values())) == {(1, 2, 3)}
