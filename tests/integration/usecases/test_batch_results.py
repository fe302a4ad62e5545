"""What became of each entry: pages, whole files that can be sent back, groups of failures (REVIEWED-BULK 7)."""

import asyncio
import csv
import io
import json
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.kit import json as strict
from dragoman.dialects.native.views import time
from dragoman.domain.bulk import Batch, BatchChunk, BatchDetail, End, EndCode, FailureGroup, Method, Outcome, Status
from dragoman.domain.row_formats.csv_reader import CsvReader
from dragoman.domain.row_formats.faults import Layout
from dragoman.domain.row_formats.ndjson_reader import NdjsonReader
from dragoman.usecases.batches.outcomes import result_texts
from dragoman.usecases.batches.outcomes.result_texts import Form
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.sizes import sized
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE
NDJSON, CSV = "application/x-ndjson", "text/csv"
STOPPED = {"code": "stopped", "message": "not executed: stopped", "errors": [{"message": "not executed: stopped"}]}


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


def made(world: BatchWorld, count: int) -> list[int]:
    """Tasks of anna's."""
    numbers: list[int] = world.core(
        lambda uow: [tasks.add(uow, title=f"Task {index}").number for index in range(count)], world.anna
    )
    return numbers


def rows(world: BatchWorld, batch: Batch, query: str = "") -> list[dict[str, Any]]:
    """All rows of all pages."""
    found: list[dict[str, Any]] = []
    target = f"/v1/batches/{batch.number}/results?limit=2{query}"
    while target:
        status, page = world.native("anna", "GET", target)
        assert status == 200, page
        found += page["items"]
        target = page.get("next", "")
    return found


def file(world: BatchWorld, batch: Batch, media: str, query: str = "") -> str:
    reply = world.ask("anna", "GET", f"/v1/batches/{batch.uid}/results{query}", headers={"Accept": media})
    assert (reply.status, reply.content_type) == (200, media)
    ending = "csv" if media == CSV else "ndjson"
    disposition = f'attachment; filename="batch-{batch.number}-results.{ending}"'
    assert ("Content-Disposition", disposition) in reply.headers
    return reply.body.decode()


def stopped(world: BatchWorld, batch: Batch, at: int) -> Batch:
    """The batch as if somebody had stopped it ahead of an entry."""

    def run(uow: Any) -> Batch:
        found = uow.batches.get(batch.number)
        kept: Batch = uow.batches.save(
            replace(
                found,
                status=Status.STOPPED,
                cursor=at,
                processed=at,
                success=at,
                failure=0,
                unchanged=0,
                total=found.size,
                skipped=found.size - at,
                ended_because=End(EndCode.STOP_ASKED, "Somebody stopped it."),
                ended_at=uow.now,
            )
        )
        uow.batches.record(batch.number, [Outcome(index, object=f"o{index}", at=uow.now) for index in range(at)])
        return kept

    found: Batch = world.core(run)
    return found


def waiting(world: BatchWorld, size: int) -> Batch:
    number = world.order(PATCH, "task", field="id", entries=list(range(1, size + 1)), data={"priority": 1})
    return world.batch(number)


def test_rows_show_entry_data_outcome_and_error(world: BatchWorld) -> None:
    [one] = made(world, 1)
    batch = world.done(PATCH, "task", field="id", entries=[one, "x"], data={"priority": 3})
    good, bad = rows(world, batch)
    assert list(good) == ["index", "entry", "data", "outcome", "unchanged", "object", "error", "at"]
    assert (good["index"], good["entry"], good["data"], good["outcome"]) == (0, one, {"priority": 3}, "success")
    assert (good["unchanged"], good["error"]) == (False, None)
    assert (bad["index"], bad["entry"], bad["outcome"], bad["object"]) == (1, "x", "failure", None)
    assert bad["error"] == {
        "code": "not_found",
        "message": "Cannot find item by id",
        "errors": [{"message": "no task matches", "field": "id"}],
    }
    assert good["at"] == bad["at"] == world.native("anna", "GET", f"/v1/tasks/{one}")[1]["modified_at"]


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("", [0, 1, 2, 3]),
        ("&outcome=failure", [1, 3]),
        ("&outcome=success", [0, 2]),
        ("&outcome=success&outcome=failure", [0, 1, 2, 3]),
        ("&outcome=skipped", []),
        ("&code=not_found", [1]),
        ("&code=invalid&code=not_found", [1, 3]),
        ("&outcome=success&code=invalid", []),
    ],
)
def test_rows_are_picked_by_outcome_and_code(world: BatchWorld, query: str, indexes: list[int]) -> None:
    one, two, three = made(world, 3)
    data: list[Any] = [{"priority": 3}, {"priority": 3}, {"priority": 3}, {"priority": "x"}]
    batch = world.done(PATCH, "task", field="id", entries=[one, 99_999, two, three], data=data)
    assert [row["index"] for row in rows(world, batch, query)] == indexes
    assert [json.loads(line)["index"] for line in file(world, batch, NDJSON, f"?{query[1:]}").splitlines()] == indexes


def test_entries_of_a_stopped_batch_without_an_outcome_are_skipped(world: BatchWorld) -> None:
    batch = stopped(world, waiting(world, 5), 2)
    found = rows(world, batch)
    assert [row["outcome"] for row in found] == ["success", "success", "skipped", "skipped", "skipped"]
    assert found[4]["error"] == STOPPED
    assert (found[4]["entry"], found[4]["object"], found[4]["unchanged"]) == (5, None, False)
    assert [row["index"] for row in rows(world, batch, "&outcome=skipped")] == [2, 3, 4]
    assert [row["index"] for row in rows(world, batch, "&code=stopped")] == [2, 3, 4]
    assert [row["index"] for row in rows(world, batch, "&outcome=failure")] == []


def test_outcomes_behind_a_skipped_entry_keep_their_place(world: BatchWorld) -> None:
    batch = stopped(world, waiting(world, 5), 2)
    world.core(lambda uow: uow.batches.record(batch.number, [Outcome(3, object="late", at=uow.now)]))
    assert [row["outcome"] for row in rows(world, batch)] == ["success", "success", "skipped", "success", "skipped"]
    assert [row["index"] for row in rows(world, batch, "&outcome=success")] == [0, 1, 3]
    assert [row["index"] for row in rows(world, batch, "&outcome=skipped")] == [2, 4]


def test_a_running_batch_shows_the_rows_ahead_of_the_first_entry_without_an_outcome(world: BatchWorld) -> None:
    batch = stopped(world, waiting(world, 5), 2)
    running = world.core(lambda uow: uow.batches.save(replace(batch, status=Status.RUNNING, skipped=0, ended_at=None)))
    world.core(lambda uow: uow.batches.record(batch.number, [Outcome(3, object="early", at=uow.now)]))
    assert [row["index"] for row in rows(world, running)] == [0, 1]
    assert len(file(world, running, NDJSON).splitlines()) == 2


def test_a_batch_in_review_has_no_rows(world: BatchWorld) -> None:
    assert rows(world, waiting(world, 3)) == []


def test_deleted_objects_have_no_data_and_new_ones_no_entry(world: BatchWorld) -> None:
    [one] = made(world, 1)
    assert [row["data"] for row in rows(world, world.done(DELETE, "task", field="id", entries=[one]))] == [None]
    batch = world.done(POST, "task", data=[{"title": "x"}])
    assert [(row["entry"], row["data"]) for row in rows(world, batch)] == [(None, {"title": "x"})]


DATA: list[Any] = [
    {"title": 'a "b", c', "priority": 3},
    {"title": "", "priority": None},
    {"properties": {"/x": "1"}, "description": "two\r\nlines"},
]


def test_csv_has_a_column_for_each_member_in_the_order_of_their_first_use(world: BatchWorld) -> None:
    numbers = made(world, 3)
    batch = world.done(PATCH, "task", field="id", entries=numbers, data=DATA)
    header, *lines = csv.reader(io.StringIO(file(world, batch, CSV), newline=""))
    lead = ["#index", "#outcome", "#unchanged", "#object", "#code", "#message"]
    assert header == [*lead, "id", "title", "priority:json", "title:json", "properties:json", "description"]
    assert [line[0] for line in lines] == ["0", "1", "2"]
    assert [line[6:] for line in lines] == [
        [str(numbers[0]), 'a "b", c', "3", "", "", ""],
        [str(numbers[1]), "", "null", '""', "", ""],
        [str(numbers[2]), "", "", "", '{"/x":"1"}', "two\r\nlines"],
    ]


def test_csv_tells_why_an_entry_failed(world: BatchWorld) -> None:
    batch = stopped(world, waiting(world, 2), 1)
    first, second = list(csv.reader(io.StringIO(file(world, batch, CSV))))[1:]
    assert first == ["0", "success", "false", "o0", "", "", "1", "1"]
    assert second == ["1", "skipped", "false", "", "stopped", "not executed: stopped", "2", "1"]


@pytest.mark.parametrize("media", [CSV, NDJSON])
def test_a_file_can_be_sent_back_and_means_the_same_entries(world: BatchWorld, media: str) -> None:
    numbers = made(world, 3)
    batch = world.done(PATCH, "task", field="id", entries=numbers, data=DATA)
    layout = Layout(PATCH, "id")
    reader = CsvReader(layout, strict.parse) if media == CSV else NdjsonReader(layout, strict.parse)
    found = [*reader.feed(file(world, batch, media).encode()), *reader.close()]
    assert reader.faults.found == []
    assert [(str(entry), data) for entry, data in found] == [
        (str(number), data) for number, data in zip(numbers, DATA, strict=True)
    ]


def test_data_with_line_ends_stays_on_one_line(world: BatchWorld) -> None:
    [one] = made(world, 1)
    number = world.order(PATCH, "task", field="id", entries=[one, one], data=None)
    batch = world.batch(number)

    def run(uow: Any) -> None:
        payload = uow.payloads.find(batch.uid)
        uow.payloads.save(replace(payload, data='{"priority":\r\n 1.0}'))

    world.core(run)
    [line, _] = file(world, stopped(world, batch, 1), NDJSON).splitlines()
    assert '"data":{"priority":1.0}' in line


def test_failures_are_shown_in_groups_with_examples(world: BatchWorld) -> None:
    batch = stopped(world, waiting(world, 5), 5)
    groups = (
        FailureGroup("invalid", "priority", "must be a number", 1, (4,)),
        FailureGroup("not_found", "id", "Cannot find item by id", 3, (0, 1, 2)),
    )
    world.core(
        lambda uow: uow.batch_details.add(BatchDetail(batch.tenant, batch.uid, failures=groups, other_failures=7))
    )
    status, found = world.native("anna", "GET", f"/v1/batches/{batch.uid}/failures")
    assert status == 200
    assert found["other"] == 7
    assert [group["count"] for group in found["items"]] == [3, 1]
    assert found["items"][0] == {
        "code": "not_found",
        "field": "id",
        "message": "Cannot find item by id",
        "count": 3,
        "examples": [{"index": 0, "entry": 1}, {"index": 1, "entry": 2}, {"index": 2, "entry": 3}],
    }


def test_a_batch_without_failures_has_no_groups(world: BatchWorld) -> None:
    batch = waiting(world, 1)
    assert world.native("anna", "GET", f"/v1/batches/{batch.uid}/failures") == (200, {"items": [], "other": 0})


@pytest.mark.parametrize("what", ["results", "failures"])
def test_an_unknown_batch_is_not_found(world: BatchWorld, what: str) -> None:
    for key in ("999999", "x", "00000000-0000-7000-8000-000000000999"):
        status, problem = world.native("anna", "GET", f"/v1/batches/{key}/{what}")
        assert (status, problem["code"]) == (404, "batch_not_found")


@pytest.mark.parametrize(
    ("query", "accept", "status", "code"),
    [
        ("?limit=0", "", 400, "invalid_query"),
        ("?limit=1001", "", 400, "invalid_query"),
        ("?cursor=x", "", 400, "invalid_cursor"),
        ("?outcome=done", "", 400, "invalid_query"),
        ("?code=what", "", 400, "invalid_query"),
        ("?effect=no_op", "", 400, "invalid_query"),
        ("?limit=10", NDJSON, 400, "invalid_query"),
        ("?cursor=x", CSV, 400, "invalid_query"),
        ("", "application/xml", 406, "not_acceptable"),
    ],
)
def test_what_cannot_be_answered_is_refused(world: BatchWorld, query: str, accept: str, status: int, code: str) -> None:
    batch = waiting(world, 1)
    headers = {"accept": accept} if accept else {}
    found, problem = world.native("anna", "GET", f"/v1/batches/{batch.uid}/results{query}", **headers)
    assert (found, problem["code"]) == (status, code)


MANY = sized(60_000, 200_000)
MOST_BYTES = sized(6, 24) * 1024 * 1024
"""A slice takes three to four million bytes; the text of a whole file would take six million more, its rows many."""


def long_one(world: BatchWorld) -> Batch:
    """A batch of so many entries with data of their own, each of which has its outcome."""
    batch = waiting(world, 1)

    def run(uow: Any) -> Batch:
        texts = (f'{{"priority":{index % 100},"properties":{{"wave":"spring {index}"}}}}' for index in range(MANY))
        for first in range(0, MANY, 1_000):
            entries = json.dumps(list(range(first, first + 1_000)))
            own = f"[{','.join(next(texts) for _ in range(1_000))}]"
            chunk = BatchChunk(batch.tenant, batch.uid, first, 1_000, entries, own)
            uow.chunks.add(chunk) if first else uow.chunks.save(chunk)
            outcomes = [Outcome(index, object=batch.uid, at=uow.now) for index in range(first, first + 1_000)]
            uow.batches.record(batch.number, outcomes)
        uow.payloads.save(replace(uow.payloads.find(batch.uid), data=None))
        saved: Batch = uow.batches.save(replace(batch, size=MANY, status=Status.RUNNING, cursor=MANY))
        return saved

    found: Batch = world.core(run)
    return found


def pieces(world: BatchWorld, batch: Batch, form: Form) -> AsyncIterator[bytes]:
    """The pieces of a file as they are sent."""
    command = result_texts.start(batch.uid, form, time)

    async def run(step: result_texts.Command) -> Any:
        return world.app.executor.call(result_texts.run, step, world.tenant)

    return result_texts.pieces(batch, command, run)


@pytest.mark.parametrize(
    ("opened", "form"),
    sized([("sqlite", Form.CSV), ("postgresql", Form.NDJSON)], list(product(BACKENDS, Form))),
    indirect=["opened"],
)
def test_a_long_file_is_never_whole_in_memory(world: BatchWorld, form: Form) -> None:
    """What is kept meanwhile is a slice."""
    batch = long_one(world)

    async def read() -> tuple[int, int]:
        lines = longest = 0
        async for piece in pieces(world, batch, form):
            lines, longest = lines + piece.count(b"\n"), max(longest, len(piece))
        return lines, longest

    tracemalloc.start()
    try:
        lines, longest = asyncio.run(read())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == MANY + (form is Form.CSV)
    assert longest < 4 * 1024 * 1024
    assert peak < MOST_BYTES
