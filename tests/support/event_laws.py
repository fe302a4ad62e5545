"""The laws of the event log, looked at in the tables: whatever a test did, they hold when its world is closed.

Each row of history that is younger than the log has exactly one event, with the same facts, and each event with a
revision has its row. Sequences are dense, and those of one entity rise with its revisions. What the history of a
batch's task tells of statuses and decisions is announced, once, and nothing else.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dragoman.domain.event import TYPES, WITH_HISTORY

Sql = Callable[[str], Iterable[Any]]

EVENTS = (
    "SELECT tenant, sequence, entity, number, revision, at, actor, actor_login, dialect, operation, type, subject, "
    "data, audience FROM event ORDER BY tenant, sequence"
)
ROWS = (
    "SELECT tenant, entity, number, revision, at, actor, principal, dialect, operation, changes FROM history "
    "ORDER BY tenant, entity, number, revision"
)
IN_REVIEW = ("pending_review", "canary_review")
ENDED = ("completed", "stopped", "cancelled", "expired")


def check(sql: Sql, *, with_batches: bool = True) -> None:
    """AssertionError with the first difference."""
    settings = {(tenant, name): value for tenant, name, value in sql("SELECT tenant, name, value FROM setting")}
    counters = dict(sql("SELECT tenant, value FROM counter WHERE name = 'event'"))
    events, rows = list(sql(EVENTS)), list(sql(ROWS))
    for tenant in {row[0] for row in (*events, *rows)}:
        began_at = int(json.loads(settings[tenant, "log_from"]))
        own = [event for event in events if event[0] == tenant]
        history = {tuple(row[1:4]): row for row in rows if row[0] == tenant}
        assert [event[1] for event in own] == _dense(own, counters.get(tenant, 0)), "the sequences have a gap"
        _check_rows(own, history, began_at)
        if with_batches and own and own[0][1] == 1:  # nothing was pruned
            assert _announced(own) == _to_announce(history.values(), began_at)


def _dense(events: list[Any], last: int) -> list[int]:
    return list(range(events[0][1], last + 1)) if events else []


def _check_rows(events: list[Any], history: dict[Any, Any], began_at: int) -> None:
    seen: dict[Any, int] = {}
    for event in events:
        _, sequence, entity, number, revision, *facts, type_, subject, data, audience = event
        assert type_ in TYPES, type_
        assert (revision is not None) is (type_ in WITH_HISTORY), (sequence, type_)
        assert subject
        assert audience is not None
        if revision is None:
            assert isinstance(json.loads(data), dict)
            continue
        row = history.get((entity, number, revision))
        assert row is not None, f"event {sequence} has no row: {entity} {number}, revision {revision}"
        assert tuple(facts) == tuple(row[4:9]), f"event {sequence} tells other facts than its row"
        assert seen.get((entity, number), 0) < revision, f"event {sequence} comes twice, or too late"
        assert entity != "task" or type_.endswith(".created") is (revision == 1), (sequence, type_)
        seen[entity, number] = revision
    told = {(event[2], event[3], event[4]) for event in events}
    missing = [key for key, row in history.items() if row[4] >= began_at and key not in told]
    assert not missing, f"rows without an event: {missing[:3]}"


def _announced(events: list[Any]) -> Counter[Any]:
    mine = [event for event in events if event[2] == "batch"]
    return Counter((event[3], event[10], json.loads(event[12])["status"]) for event in mine)


def _to_announce(rows: Iterable[Any], began_at: int) -> Counter[Any]:
    """What the histories of batches' tasks tell."""
    statuses: dict[int, Any] = defaultdict(lambda: None)
    found: Counter[Any] = Counter()
    for row in rows:
        if row[1] != "task" or row[9] is None:
            continue
        change = json.loads(row[9]).get("extras.batch")
        if change is None or change[1] is None or "status" not in change[1]:
            continue
        number, now = row[2], change[1]
        for type_ in _types(change[0], now, statuses[number]):
            if row[4] >= began_at:
                found[number, type_, now["status"]] += 1
        statuses[number] = now["status"]
    return found


def _types(before: Any, now: Any, earlier: str | None) -> Iterator[str]:
    is_moved = now["status"] != earlier
    if "decision" in now:
        yield "batch.decided"
    if is_moved and now["status"] in IN_REVIEW:
        yield "batch.review"
    if is_moved and now["status"] in ENDED:
        yield "batch.completed"
