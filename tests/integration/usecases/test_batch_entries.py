"""The entries of a batch as they were sent: pages, and files that mean the same when they are sent back (3.5)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.kit import json as strict
from dragoman.domain.bulk import CHUNK, Batch, Method
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content.staging import Stage
from dragoman.usecases.batches.content.uploads import Upload, reader_of
from dragoman.usecases.batches.lifecycle import NewBatch
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE
NDJSON, CSV = "application/x-ndjson", "text/csv"
OWN = [{"title": f'a "{index}",\nb', "priority": index, "properties": {"/p": "é"}} for index in range(CHUNK + 5)]


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


def pages(world: BatchWorld, batch: Batch, query: str = "") -> list[dict[str, Any]]:
    """All pages."""
    found = []
    target = f"/v1/batches/{batch.number}/entries{query}"
    while target:
        status, page = world.native("anna", "GET", target)
        assert status == 200, page
        found.append(page)
        target = page.get("next", "")
    return found


def file(world: BatchWorld, batch: Batch, media: str) -> bytes:
    reply = world.ask("anna", "GET", f"/v1/batches/{batch.uid}/entries", headers={"Accept": media})
    assert (reply.status, reply.content_type) == (200, media)
    ending = "csv" if media == CSV else "ndjson"
    assert ("Content-Disposition", f'attachment; filename="batch-{batch.number}-entries.{ending}"') in reply.headers
    return reply.body


def made(world: BatchWorld, *arguments: Any, **named: Any) -> Batch:
    return world.batch(world.order(*arguments, **named))


def sent_back(batch: Batch, media: str, body: bytes) -> NewBatch:
    """What an upload of a file asks for."""
    order = NewBatch(batch.method, batch.type, batch.field, None, None, review=True, size=0)
    upload = Upload(reader_of(media, order, strict.parse), order, most=1_000_000, command=lambda made: made)
    steps = [*upload.take(body), *upload.finish()]
    if not steps:
        found: NewBatch = upload.order()
        return found
    texts = [command for _, command in steps if isinstance(command, Stage)]
    entries = [entry for each in texts for entry in json.loads(each.entries or "[]")]
    data = [data for each in texts for data in json.loads(each.data or "[]")]
    return replace(order, entries=json.dumps(entries), data=json.dumps(data), size=len(entries or data))


def test_a_page_shows_entries_and_their_own_data(world: BatchWorld) -> None:
    batch = made(world, PATCH, "task", field="id", entries=[7, "8", 7], data=[{"title": "a"}, {}, {"title": "c"}])
    first, second = pages(world, batch, "?limit=2")
    assert first["items"] == [
        {"index": 0, "entry": 7, "data": {"title": "a"}},
        {"index": 1, "entry": "8", "data": {}},
    ]
    assert second == {"items": [{"index": 2, "entry": 7, "data": {"title": "c"}}]}


def test_data_that_all_share_stands_beside_them(world: BatchWorld) -> None:
    batch = made(world, PATCH, "task", field="id", entries=[7, 8], data={"priority": 1})
    [page] = pages(world, batch)
    assert page == {
        "items": [{"index": 0, "entry": 7, "data": None}, {"index": 1, "entry": 8, "data": None}],
        "shared_data": {"priority": 1},
    }


def test_pages_go_over_chunks(world: BatchWorld) -> None:
    batch = made(world, PATCH, "task", field="id", entries=list(range(CHUNK + 5)), data=OWN)
    found = [item for page in pages(world, batch, "?limit=400") for item in page["items"]]
    assert [item["entry"] for item in found] == list(range(CHUNK + 5))
    assert [item["data"] for item in found] == OWN


def test_a_page_ends_before_it_is_too_large(world: BatchWorld) -> None:
    data = [{"title": "x" * 3_000_000}] * 4
    batch = made(world, PATCH, "task", field="id", entries=[1, 2, 3, 4], data=data)
    assert [len(page["items"]) for page in pages(world, batch)] == [2, 2]


@pytest.mark.parametrize("media", [NDJSON, CSV])
@pytest.mark.parametrize(
    ("method", "data"), [(PATCH, OWN), (PATCH, {"priority": 1, "title": ""}), (POST, OWN), (DELETE, None)]
)
def test_a_file_means_the_same_when_it_is_sent_back(world: BatchWorld, media: str, method: Method, data: Any) -> None:
    entries = None if method is POST else list(range(CHUNK + 5))
    batch = made(world, method, "task", field=None if method is POST else "id", entries=entries, data=data)
    again = sent_back(batch, media, file(world, batch, media))
    assert again.size == CHUNK + 5
    if entries is not None:
        assert [int(entry) for entry in json.loads(again.entries or "")] == entries
    wanted = [] if data is None else data if isinstance(data, list) else [data] * (CHUNK + 5)
    assert json.loads(again.data or "[]") == wanted


def test_the_lines_of_files(world: BatchWorld) -> None:
    batch = made(world, PATCH, "task", field="id", entries=[7, "a,b"], data={"priority": 1, "id": "x"})
    assert file(world, batch, CSV).decode() == '#index,id,priority:json,/id\r\n0,7,1,x\r\n1,"a,b",1,x\r\n'
    assert file(world, batch, NDJSON).decode() == (
        '{"index":0,"entry":7,"data":{"id":"x","priority":1}}\n{"index":1,"entry":"a,b","data":{"id":"x","priority":1}}\n'
    ).replace('"id":"x","priority":1', '"priority":1,"id":"x"')


def test_refusals(world: BatchWorld) -> None:
    batch = made(world, DELETE, "task", field="id", entries=[7])
    status, refusal = world.native("anna", "GET", "/v1/batches/999/entries")
    assert (status, refusal["code"]) == (404, "batch_not_found")
    reply = world.ask("anna", "GET", f"/v1/batches/{batch.uid}/entries", headers={"Accept": "text/html"})
    assert (reply.status, json.loads(reply.body)["code"]) == (406, "not_acceptable")
    reply = world.ask("anna", "GET", f"/v1/batches/{batch.uid}/entries?limit=5", headers={"Accept": CSV})
    assert (reply.status, json.loads(reply.body)["code"]) == (400, "invalid_query")
    status, refusal = world.native("anna", "GET", f"/v1/batches/{batch.uid}/entries?limit=1001")
    assert (status, refusal["code"]) == (400, "invalid_query")


def test_a_selection_has_no_entries_until_it_is_resolved(world: BatchWorld) -> None:
    order = NewBatch(PATCH, "task", None, None, '{"priority":1}', review=True, size=0, selection="{}")
    number: int = world.core(lambda uow: batches.create(uow, order).batch.number, world.anna)
    status, refusal = world.native("anna", "GET", f"/v1/batches/{number}/entries")
    assert (status, refusal["code"]) == (409, "batch_not_prepared")
