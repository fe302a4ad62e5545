"""Batches on two nodes, one frozen past its lease and thawed, the other killed: each entry has one outcome and is done
once, counts and objects agree, and nothing behind a stop or a threshold is applied."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import add_user
from tests.resilience.nodes.asking import tell, until
from tests.support.server import Server

CONFIG = "[jobs]\nlease_seconds = 1"
TASKS = 360
ENTRIES = 400
UNKNOWN_EVERY = 10
NOBODY = 10_000_000
RATE = 150
"""Slow enough that nodes are caught while they run it."""
MOST_FAILURES = 20
LAST = MOST_FAILURES * UNKNOWN_EVERY
"""The index of the first failure too many."""
OWNER = """
    SELECT job.owner FROM job JOIN batch ON batch.tenant = job.tenant AND batch.number = job.subject
    WHERE batch.uid = %s AND job.state = 'running' AND job.kind LIKE 'batch%%'
"""
CHANGES = "SELECT number FROM history WHERE entity = 'task' AND cause = %s"
CHANGED = "SELECT number FROM task WHERE properties::jsonb ->> %s = '1'"


@pytest.fixture
def nodes(postgres_url: str) -> Iterator[tuple[Server, Server]]:
    """Two, of which the first runs."""
    add_user(postgres_url, "anna", admin=True)
    one, two = (Server(postgres_url, config=CONFIG) for _ in range(2))
    with one:
        try:
            yield one, two
        finally:
            two.kill()
            os.kill(one.pid, signal.SIGCONT)


def rows(server: Server, statement: str, *values: Any) -> list[Any]:
    with psycopg.connect(server.database_url.replace("+psycopg", "")) as connection:
        return [row[0] for row in connection.execute(statement, values).fetchall()]


def freeze_while_it_runs(node: Server, batch: str) -> None:
    """Freeze the only node that is awake, again and again, until it holds the lease of the batch's run."""
    pause = threading.Event()
    for _ in range(1_000):
        os.kill(node.pid, signal.SIGSTOP)
        if rows(node, OWNER, batch):
            return
        os.kill(node.pid, signal.SIGCONT)
        pause.wait(0.01)
    raise AssertionError("the node was never caught")


def started(server: Server, entries: list[int], wave: str, **options: Any) -> str:
    """The id of a batch that has begun to run."""
    content = {"method": "PATCH", "type": "task", "field": "id", "entries": entries, "review": False}
    content |= {"data": {"properties": {wave: "1"}}, "on_change": "proceed", "rate_per_second": RATE, **options}
    made: str = tell(server, "POST", "/v1/batches", content)["id"]
    until(server, f"/v1/batches/{made}", lambda batch: (batch["counts"]["processed"] or 0) > 0)
    return made


def check(server: Server, batch: str, entries: list[int], wave: str) -> Any:
    """Entries up to the last one that was processed are done once, those behind it never. Gives the batch."""
    path = f"/v1/batches/{batch}"
    seen = tell(server, "GET", path)
    counts = seen["counts"]
    found = tell(server, "GET", f"{path}/results?outcome=success&outcome=failure&limit=1000")["items"]
    assert [each["index"] for each in found] == list(range(counts["processed"]))
    assert counts["processed"] + counts["skipped"] == counts["total"] == ENTRIES
    failed = [each["index"] for each in found if each["outcome"] == "failure"]
    assert failed == list(range(0, counts["processed"], UNKNOWN_EVERY))
    assert (counts["failure"], counts["success"]) == (len(failed), len(found) - len(failed))
    done = [number for number in entries[: counts["processed"]] if number != NOBODY]
    changed = Counter(number for number in rows(server, CHANGES, seen["number"]) if number in entries)
    assert changed == Counter(done)
    assert sorted(rows(server, CHANGED, wave)) == sorted(done)
    return seen


def test_nothing_is_done_twice_or_behind_an_end(nodes: tuple[Server, Server]) -> None:
    one, two = nodes
    new = {"method": "POST", "type": "task", "data": [{"title": "Sweep"}] * TASKS, "review": False}
    path = f"/v1/batches/{tell(one, 'POST', '/v1/batches', new)['id']}"
    until(one, path, lambda batch: batch["status"] == "completed")
    known = iter(sorted(rows(one, "SELECT number FROM task WHERE title = 'Sweep'")))
    entries = [NOBODY if index % UNKNOWN_EVERY == 0 else next(known) for index in range(ENTRIES)]

    stopped = started(one, entries, "first")
    freeze_while_it_runs(one, stopped)
    two.start()
    before = tell(two, "GET", f"/v1/batches/{stopped}")["counts"]["processed"]
    until(two, f"/v1/batches/{stopped}", lambda batch: batch["counts"]["processed"] > before)  # taken over
    end = tell(two, "POST", f"/v1/batches/{stopped}/stop")
    assert 0 < end["counts"]["processed"] < ENTRIES

    limited = started(two, entries, "second", max_failures=MOST_FAILURES)
    freeze_while_it_runs(two, limited)
    assert rows(two, "SELECT cursor FROM batch WHERE uid = %s", limited)[0] <= LAST
    two.kill()
    os.kill(one.pid, signal.SIGCONT)
    over = until(one, f"/v1/batches/{limited}", lambda batch: batch["status"] == "stopped")
    assert (over["ended_because"]["code"], over["counts"]["processed"]) == ("max_failures", LAST + 1)
    check(one, limited, entries, "second")
    assert check(one, stopped, entries, "first")["counts"] == end["counts"]
