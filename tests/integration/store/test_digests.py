"""Hours are sealed once, one after the other, in a table and in files."""

import asyncio
import json
from pathlib import Path

import pytest

from dragoman.domain.clock import TICKS_PER_SECOND, FixedClock, Moment, to_datetime
from dragoman.domain.digest import due, read_heads
from dragoman.domain.errors import Conflict
from dragoman.jobs.loops import digests as loop
from dragoman.jobs.loops.digests import seal_what_is_due
from dragoman.store.maintenance.verification import verify
from dragoman.store.repositories import digests as stored
from dragoman.usecases.background import digests
from dragoman.usecases.tasks import whole
from tests.support.history import HOUR, PAST_NOON, HistoryWorld


@pytest.fixture
def past(database_url: str) -> HistoryWorld:
    return HistoryWorld(database_url)


def look(past: HistoryWorld) -> int:
    """What the loop does once a minute, through the lanes of a server; how many digests it made."""

    async def once() -> int:
        # Its lanes alone: a server's own loop would seal, too.
        past.app.executor.start(asyncio.get_running_loop(), lambda _error: None)
        try:
            return await seal_what_is_due(past.app.executor, past.app.digest_folder)
        finally:
            past.app.close()

    return asyncio.run(once())


def test_an_hour_is_sealed_when_it_is_settled(past: HistoryWorld) -> None:
    past.make()
    past.clock.advance(HOUR - 2)
    assert past.seal() is None  # it isn't over
    past.clock.advance(31)
    assert past.seal() is None  # a slow transaction may still add to it
    past.clock.advance(31)
    digest = past.seal()
    assert digest is not None
    assert [head[:3] for head in read_heads(digest.heads)] == [("case", 1, 1), ("task", 1, 1)]
    assert digest.until_at == PAST_NOON  # the newest row, although the hour ended later


def test_a_digest_holds_what_moved_since_the_one_before(past: HistoryWorld) -> None:
    quiet, busy = past.make(), past.make()
    past.an_hour_later()
    first = past.seal()
    past.change(busy, 1)
    past.change(busy, 2)
    past.an_hour_later()
    second = past.seal()
    assert first is not None
    assert second is not None
    assert [head[:3] for head in read_heads(second.heads)] == [("task", busy, 3)]
    assert ("task", quiet, 1) in [head[:3] for head in read_heads(first.heads)]
    assert (second.sequence, second.from_at) == (2, first.until_at)


def test_an_hour_without_a_change_needs_no_digest(past: HistoryWorld) -> None:
    past.an_hour_later()
    assert past.seal() is not None  # the tenant's own beginning
    past.an_hour_later()
    assert past.seal() is None


def test_a_very_full_hour_is_sealed_in_parts(past: HistoryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LARGEST", 3)
    for _ in range(8):
        past.make()
        past.clock.advance(1)
    past.an_hour_later()
    parts = []
    while (digest := past.seal()) is not None:
        parts.append(read_heads(digest.heads))
    assert len(parts) > 2
    assert len({head[:2] for part in parts for head in part}) == 9
    assert verify(past.app.store.engine).broken is None


def test_every_tenant_is_sealed_once_and_written_out(past: HistoryWorld, database_url: str) -> None:
    past.make()
    past.make(past.north)
    past.an_hour_later()
    past.app = HistoryWorld(database_url).app
    past.app.executor.clock = past.app.store.clock = past.clock
    assert look(past) == 2
    if past.app.store.engine.is_sqlite:
        folder = stored.Folder(Path(database_url.removeprefix("sqlite:///")).with_name("digests"))
        assert folder.tenants() == [past.main, past.north]
        whole = json.loads(folder.read(past.north, 1))
        assert (whole["tenant"], whole["sequence"], len(whole["heads"])) == (past.north, 1, 2)
    else:
        assert past.app.digest_folder is None


def test_what_could_not_be_written_out_is_written_later(past: HistoryWorld, database_url: str) -> None:
    past.make()
    past.an_hour_later()
    past.seal()
    again = HistoryWorld(database_url)
    again.app.executor.clock = again.app.store.clock = past.clock
    look(again)
    folder = again.app.digest_folder
    if folder is not None:
        assert folder.sequences(past.main) == [1]
    assert verify(again.app.store.engine, folder).broken is None


def test_of_two_nodes_one_seals_until_its_lease_runs_out(
    past: HistoryWorld, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    past.an_hour_later()
    assert look(past) == 2
    past.make()
    past.an_hour_later()
    past.clock.advance(-(HOUR + 60))  # back within the lease, with something to seal at hand
    other = HistoryWorld(database_url)
    other.app.executor.clock = other.app.store.clock = FixedClock(past.clock.at)
    monkeypatch.setattr(loop, "OWNER", "another")
    assert look(other) == 0
    third = HistoryWorld(database_url)
    third.app.executor.clock = third.app.store.clock = FixedClock(past.clock.at)
    third.app.executor.clock.advance(HOUR + 60)
    assert look(third) == 1


def test_a_digest_that_was_overtaken_is_dropped(past: HistoryWorld) -> None:
    past.make()
    past.an_hour_later()
    digest = past.app.executor.call(digests.collect, digests.Collect(due(past.clock.now())), past.main)
    assert digest is not None
    past.seal()
    with pytest.raises(Conflict):
        past.app.executor.call(digests.store, digests.Store(digest), past.main)


def test_digests_of_a_clock_that_was_ahead_leave_nothing_uncovered(past: HistoryWorld) -> None:
    past.make()
    past.clock.advance(2 * 86_400)
    ahead = past.make()
    past.clock.advance(120)
    past.an_hour_later()
    assert past.seal() is not None
    past.clock.at = PAST_NOON  # the clock is right again
    past.clock.advance(10)
    after = past.make()
    past.an_hour_later()
    digest = past.seal()
    assert digest is not None
    assert ("task", after, 1) in [head[:3] for head in read_heads(digest.heads)]

    report = verify(past.app.store.engine, now=past.clock.now())
    assert report.broken is None
    assert report.warnings == [
        f"tenant {past.main}: 1 rows are in the future, the first: task {ahead}, revision 1",
        f"tenant {past.main}: a digest ends in the future, {to_datetime(Moment(PAST_NOON + 172_800 * 10**7)):%FT%TZ}",
        f"tenant {past.north}: 1 rows are covered by no digest, the first: case 1, revision 1",
    ]

    past.clock.advance(2 * 86_400)  # the time of the digest that was ahead has come
    later = past.make()
    past.an_hour_later()
    past.seal(past.north)
    digest = past.seal()
    assert digest is not None
    assert ("task", later, 1) in [head[:3] for head in read_heads(digest.heads)]
    report = verify(past.app.store.engine, now=past.clock.now())
    assert (report.broken, report.warnings) == (None, [])


def test_a_digest_does_not_end_after_the_newest_row(past: HistoryWorld) -> None:
    past.make()
    past.clock.advance(2 * 86_400)
    digest = past.seal()
    assert digest is not None
    assert digest.until_at == PAST_NOON


def test_verify_names_a_row_that_its_digest_does_not_cover(past: HistoryWorld) -> None:
    task = past.make()
    past.clock.advance(10)
    past.make()
    past.an_hour_later()
    past.seal()
    past.seal(past.north)
    sealed_at, past.clock.at = past.clock.at, Moment(PAST_NOON + 1)
    past.change(task, 3)  # as a transaction that took more than an hour
    past.clock.at = sealed_at
    assert verify(past.app.store.engine, now=past.clock.now()).warnings == [
        f"tenant {past.main}: 1 entities have rows that no digest covers, the first: task {task}, revision 2"
    ]


def test_a_change_on_the_page_of_its_task_names_the_digest_that_covers_it(past: HistoryWorld) -> None:
    number = past.make()
    past.an_hour_later()
    assert past.seal() is not None
    past.change(number, 1)
    past.make(past.north)
    found = past.app.executor.call(whole.look, whole.Look(number), past.main)
    assert found.sealed_at(1) == Moment(PAST_NOON - TICKS_PER_SECOND + HOUR * TICKS_PER_SECOND)
    assert found.sealed_at(2) is None
    past.an_hour_later()
    assert past.seal() is not None
    found = past.app.executor.call(whole.look, whole.Look(number), past.main)
    assert [found.sealed_at(each) for each in (1, 2)] == [
        due(past.clock.now()) - HOUR * TICKS_PER_SECOND,
        due(past.clock.now()),
    ]
