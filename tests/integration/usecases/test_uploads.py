"""Uploads: staged while they arrive, visible with their last line, and gone when it doesn't come."""

import json as plain_json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.dialects.kit import json
from dragoman.domain.bulk import CHUNK, Batch, BatchChunk, Method
from dragoman.domain.errors import Invalid, TooLarge, Unavailable
from dragoman.domain.job import JobKind, JobState
from dragoman.store import tables
from dragoman.usecases.background import jobs
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads, staging, uploads
from dragoman.usecases.batches.content.uploads import CSV, NDJSON, Step, Upload, reader_of
from dragoman.usecases.batches.lifecycle import NewBatch
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

MOST = 1_000_000


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own."""
    return BatchWorld.beside(opened, request.node.name)


def upload(media: str = CSV, *, data: str | None = None, method: Method = Method.PATCH, **more: Any) -> Upload:
    field = None if method is Method.POST else "id"
    order = NewBatch(method, "task", field, None, data, review=True, size=0)
    return Upload(reader_of(media, order, json.parse), order, command=lambda made: made, **{"most": MOST, **more})


def do(world: BatchWorld, steps: Iterable[Step]) -> int:
    """Run steps, each in its transaction; how many there were."""
    count = 0
    for run, command in steps:
        world.app.executor.call(run, command, world.tenant, principal=world.anna)
        count += 1
    return count


def create(world: BatchWorld, order: NewBatch) -> Batch:
    made: Batch = world.core(lambda uow: batches.create(uow, order).batch, world.anna)
    return made


def sent(world: BatchWorld, receiving: Upload, pieces: Iterable[bytes]) -> Batch:
    """The batch of a whole upload."""
    do(world, receiving.begin())
    for piece in pieces:
        do(world, receiving.take(piece))
    do(world, receiving.finish())
    return create(world, receiving.order())


def chunks(world: BatchWorld, uid: str) -> list[BatchChunk]:
    found: list[BatchChunk] = world.core(lambda uow: list(uow.chunks.of(uid)))
    return found


def stored_chunks(world: BatchWorld) -> int:
    """How many chunks the tenant has, whosever they are."""
    mine = sa.select(sa.func.count()).where(tables.batch_chunk.c.tenant == world.tenant)
    count: int = world.core(lambda uow: uow.chunks.by_condition(mine).scalar_one())
    return count


def whole(world: BatchWorld, batch: Batch) -> tuple[Any, Any]:
    """The entries and the data as they are read."""
    payload = world.core(lambda uow: payloads.whole(uow, batch))
    return plain_json.loads(payload.entries or "null"), plain_json.loads(payload.data or "null")


def lines(first: int, stop: int, tail: str = "") -> bytes:
    return "".join(f"{index}{tail}\n" for index in range(first, stop)).encode()


def test_few_entries_are_stored_with_their_batch(world: BatchWorld) -> None:
    receiving = upload()
    assert do(world, receiving.take(b"id,title\n1,a\n2,\n")) == 0
    assert do(world, receiving.finish()) == 0
    batch = create(world, receiving.order())
    assert (batch.size, batch.title) == (2, "PATCH 2 × task by id")
    assert whole(world, batch) == (["1", "2"], [{"title": "a"}, {}])
    assert do(world, receiving.abandon()) == 0


@pytest.mark.parametrize("media", [CSV, NDJSON])
def test_many_entries_are_staged_and_keep_their_order(world: BatchWorld, media: str) -> None:
    body = b"id\n" + lines(0, 2_500) if media == CSV else lines(0, 2_500)
    batch = sent(world, upload(media, data='{"priority":9}'), [body[:5_000], body[5_000:]])
    entries, data = whole(world, batch)
    assert [str(entry) for entry in entries] == [str(index) for index in range(2_500)]
    assert data == {"priority": 9}
    assert [(chunk.first, chunk.count, chunk.data) for chunk in chunks(world, batch.uid)] == [
        (0, CHUNK, None), (CHUNK, CHUNK, None), (2 * CHUNK, 500, None)
    ]  # fmt: skip
    world.clock.advance(2 * staging.LEASE_SECONDS)
    world.run_jobs()
    assert len(chunks(world, batch.uid)) == 3


def test_data_of_late_rows_is_written_into_chunks_before(world: BatchWorld) -> None:
    body = lines(0, 1_500) + b'{"entry":1500,"data":{"properties":{"b":"2"}}}\n' + lines(1_501, 3_200)
    batch = sent(world, upload(NDJSON, data='{"properties":{"a":"1"}}'), [body])
    entries, data = whole(world, batch)
    assert entries == list(range(3_200))
    assert data[1_500] == {"properties": {"a": "1", "b": "2"}}
    assert all(each == {"properties": {"a": "1"}} for index, each in enumerate(data) if index != 1_500)
    assert len(data) == 3_200


def test_new_objects_have_the_data_of_the_query_below_their_own(world: BatchWorld) -> None:
    receiving = upload(method=Method.POST, data='{"priority":1,"title":"x"}')
    body = b"title,n:json\n" + b"".join(b"t%d,%d\n" % (n, n) for n in range(1_200)) + b",7\n"
    batch = sent(world, receiving, [body])
    entries, data = whole(world, batch)
    assert entries is None
    assert data[0] == {"priority": 1, "title": "t0", "n": 0}
    assert data[-1] == {"priority": 1, "title": "x", "n": 7}


def test_numbers_keep_their_text(world: BatchWorld) -> None:
    batch = sent(world, upload(), [b"id,price:json\n", *(b"%d,1.10\n" % n for n in range(1_100))])
    assert (chunks(world, batch.uid)[1].data or "").startswith('[{"price":1.10},')


def test_a_chunk_is_cut_at_so_many_bytes(world: BatchWorld) -> None:
    batch = sent(world, upload(), [b"id,title\n", *(b"%d,%b\n" % (n, b"x" * 400_000) for n in range(5))])
    assert [chunk.count for chunk in chunks(world, batch.uid)] == [2, 2, 1]


def test_nothing_is_visible_before_the_last_line(world: BatchWorld) -> None:
    receiving = upload(data='{"priority":9}')
    do(world, receiving.take(b"id\n" + lines(0, 5_000)))
    assert stored_chunks(world) == 4
    assert world.core(lambda uow: uow.numbers.last("task")) == 0
    do(world, receiving.finish())
    assert world.core(lambda uow: uow.numbers.last("task")) == 0
    assert create(world, receiving.order()).size == 5_000


@pytest.mark.parametrize("rows", [1_500, 70_000])
def test_a_refused_upload_leaves_nothing(world: BatchWorld, rows: int) -> None:
    receiving = upload(data='{"priority":9}')
    do(world, receiving.take(b"id\n" + lines(0, rows)))
    do(world, receiving.take(b"x,y\n"))
    assert stored_chunks(world) > 0
    with pytest.raises(Invalid) as refused:
        do(world, receiving.finish())
    [problem] = refused.value.problems
    assert (refused.value.code, problem.code, problem.line, problem.column) == (
        "invalid_upload",
        "ragged_row",
        rows + 2,
        3,
    )
    do(world, receiving.abandon())
    world.run_jobs()
    assert stored_chunks(world) == 0


def test_what_a_killed_server_left_is_deleted_when_its_lease_runs_out(world: BatchWorld) -> None:
    receiving = upload(data='{"priority":9}')
    do(world, receiving.take(b"id\n" + lines(0, 3_000)))
    world.run_jobs()
    assert stored_chunks(world) == 2
    world.clock.advance(staging.LEASE_SECONDS + 1)
    world.run_jobs()
    assert stored_chunks(world) == 0
    with pytest.raises(Unavailable):
        do(world, receiving.take(lines(0, 3_000)))
    with pytest.raises(Unavailable):
        create(world, receiving.order())


def test_each_step_renews_the_lease(world: BatchWorld) -> None:
    receiving = upload(data='{"priority":9}')
    do(world, receiving.take(b"id\n"))
    for start in range(4):
        do(world, receiving.take(lines(start * 1_500, start * 1_500 + 1_500)))
        world.clock.advance(0.6 * staging.LEASE_SECONDS)
        world.run_jobs()
    do(world, receiving.finish())
    assert create(world, receiving.order()).size == 6_000


def test_a_slow_client_renews_the_lease(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    at = 0.0
    monkeypatch.setattr(uploads, "uptime", lambda: at)
    receiving = upload(data='{"priority":9}')
    do(world, receiving.take(b"id\n" + lines(0, 1_500)))
    assert do(world, receiving.take(b"7\n")) == 0
    at = uploads.RENEW_SECONDS + 1
    assert do(world, receiving.take(b"8\n")) == 1
    assert do(world, receiving.take(b"9\n")) == 0


def test_a_server_that_starts_alone_deletes_what_an_earlier_one_left(world: BatchWorld) -> None:
    do(world, upload(data='{"priority":9}').take(b"id\n" + lines(0, 3_000)))
    world.clock.advance(1)
    world.core(lambda uow: jobs.release_orphans(uow, jobs.ReleaseOrphans(started_at=uow.now)))
    world.run_jobs()
    assert stored_chunks(world) == 0


def test_an_upload_that_began_since_the_start_goes_on(world: BatchWorld) -> None:
    started_at = world.clock.now()
    receiving = upload(data='{"priority":9}')
    do(world, receiving.take(b"id\n" + lines(0, 3_000)))
    world.core(lambda uow: jobs.release_orphans(uow, jobs.ReleaseOrphans(started_at=started_at)))
    do(world, receiving.finish())
    assert create(world, receiving.order()).size == 3_000


def test_discarding_what_a_batch_has_adopted_changes_nothing(world: BatchWorld) -> None:
    receiving = upload(data='{"priority":9}')
    batch = sent(world, receiving, [b"id\n" + lines(0, 3_000)])
    do(world, receiving.abandon())
    world.run_jobs()
    assert len(chunks(world, batch.uid)) == 3
    assert world.core(lambda uow: uow.jobs.get(batch.uid)).state is JobState.CANCELLED


def test_a_deleted_upload_leaves_nothing(world: BatchWorld) -> None:
    batch = sent(world, upload(data='{"priority":9}'), [b"id\n" + lines(0, 3_000)])
    world.core(lambda uow: batches.remove(uow, batch.uid))
    world.run_jobs()
    assert stored_chunks(world) == 0
    assert world.core(lambda uow: uow.jobs.about(str(JobKind.BATCH_FORGET), batch.number))


def test_more_entries_than_allowed_end_the_reading(world: BatchWorld) -> None:
    receiving = upload(most=1_499)
    with pytest.raises(TooLarge) as refused:
        do(world, receiving.take(b"id,title\n" + lines(0, 1_500, ",x")))
    assert refused.value.code == "too_many_entries"
    do(world, receiving.abandon())
    world.run_jobs()
    assert stored_chunks(world) == 0


@pytest.mark.parametrize(
    ("count", "more", "is_held"),
    [
        (CHUNK, {}, True),
        (CHUNK + 1, {}, False),
        (CHUNK + 1, {"most_held": CHUNK + 1}, True),
        (CHUNK + 2, {"most_held": CHUNK + 1}, False),
    ],
)
def test_a_trial_stores_nothing(world: BatchWorld, count: int, more: dict[str, Any], is_held: bool) -> None:
    receiving = upload(is_trial=True, **more)
    assert do(world, receiving.take(b"id,title\n" + lines(0, count, ",x"))) == 0
    assert do(world, receiving.finish()) == 0
    order = receiving.order()
    assert (order.size, order.staged, order.entries is not None) == (count, None, is_held)


def test_a_trial_of_many_entries_drops_what_is_too_many_bytes(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_TRIED_BYTES", 5 * CHUNK)
    receiving = upload(is_trial=True, most_held=2 * CHUNK)
    do(world, receiving.take(b"id,title\n" + lines(0, CHUNK + 1, ",x")))
    do(world, receiving.take(lines(CHUNK + 1, CHUNK + 6, ",x")))
    do(world, receiving.finish())
    order = receiving.order()
    assert (order.size, order.entries, order.data) == (CHUNK + 6, None, None)


def test_a_trial_holds_no_more_than_so_many_bytes(world: BatchWorld) -> None:
    receiving = upload(is_trial=True)
    line = b"7,%b\n" % (b"x" * 1_000_000)
    pieces = [b"id,title\n", *[line] * (uploads.MOST_TRIED_BYTES // 1_000_000 + 1)]
    with pytest.raises(TooLarge):
        sent(world, receiving, pieces)
