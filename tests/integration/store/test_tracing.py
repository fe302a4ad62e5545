"""Groups and jobs in traces: a transaction is part of the requests that shared it, an attempt has what it wrote."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dragoman import tracing
from dragoman.dialects.kit import Request
from dragoman.domain.access import system
from dragoman.domain.job import Job
from dragoman.jobs.worker import Worker
from dragoman.tracing.spans import Spans
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.identity import users as people
from tests.support.jobs import TEST_JOB
from tests.support.node import running
from tests.support.world import NOON, World

KIND = TEST_JOB


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What every application says that is started from now on."""
    kept = InMemorySpanExporter()
    monkeypatch.setattr(tracing, "begin", lambda wanted: Spans(SimpleSpanProcessor(kept)))
    return kept


def play(url: str, story: Callable[[World], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with running(url) as node:
            await story(node)

    asyncio.run(asyncio.wait_for(tell(), 60))


def named(kept: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in kept.get_finished_spans() if span.name == name]


def span_id(span: ReadableSpan) -> int:
    assert span.context is not None
    number: int = span.context.span_id
    return number


def test_what_nobody_follows_leaves_no_span(database_url: str, kept: InMemorySpanExporter) -> None:
    async def story(node: World) -> None:
        await node.app.executor.read(people.find_login, people.FindLogin("anna"), system(1))

    play(database_url, story)
    assert not kept.get_finished_spans()


def test_a_transaction_is_part_of_the_request_that_it_was_for(database_url: str, kept: InMemorySpanExporter) -> None:
    async def story(node: World) -> None:
        native = next(dialect for dialect in node.app.dialects if dialect.name == "native")
        operation = next(operation for operation in native.operations if operation.name == "list_tasks")
        request = Request("GET", "/v1/tasks", received_at=NOON, dialect=native)
        request.principal = system(node.tenant)
        assert node.app.spans is not None
        request.span = node.app.spans.request("GET", {}, NOON)
        await node.app.executor.execute(operation, request)
        request.span.end()

    play(database_url, story)
    [transaction], [request] = named(kept, "transaction"), named(kept, "GET")
    assert transaction.parent is not None
    assert transaction.parent.span_id == span_id(request)
    attributes = dict(transaction.attributes or {})
    assert attributes.pop("dragoman.lane") in ("reader-1", "reader-2")  # those of lists
    assert attributes == {"dragoman.group.size": 1}


def test_a_transaction_of_several_is_part_of_the_first_and_linked_to_the_others(kept: InMemorySpanExporter) -> None:
    spans = tracing.begin(None)  # type: ignore[arg-type]
    assert spans is not None
    first, second = spans.request("GET", {}, NOON), spans.request("PUT", {}, NOON)
    spans.group("lane-0", [None, first, second], 0.5, NOON)
    [transaction] = named(kept, "transaction")
    assert transaction.parent is not None
    assert transaction.parent.span_id == first.get_span_context().span_id
    assert [link.context.span_id for link in transaction.links] == [second.get_span_context().span_id]
    assert (transaction.attributes or {})["dragoman.group.size"] == 3
    assert transaction.start_time is not None
    assert transaction.end_time is not None
    assert transaction.end_time - transaction.start_time == 500_000_000


@pytest.mark.parametrize("breaks", [False, True], ids=["done", "broken"])
def test_an_attempt_has_what_it_wrote(database_url: str, kept: InMemorySpanExporter, breaks: bool) -> None:
    async def handler(runner: Any, hold: Hold, job: Job) -> None:
        if breaks:
            raise ValueError("it broke")
        await runner.write(done, jobs.Prolong(hold), system(job.tenant), "core", bulk=True)

    def done(uow: Any, command: jobs.Prolong) -> None:
        jobs.complete(uow, jobs.held(uow, command.hold))

    async def story(node: World) -> None:
        node.core(lambda uow: uow.enqueue(KIND, 7))
        worker = Worker(node.app.executor, handlers={KIND: handler})
        worker.trace(node.app.spans)
        assert await worker.run_once() == 1

    play(database_url, story)
    [attempt] = named(kept, f"job {KIND}")
    attributes = attempt.attributes or {}
    assert attributes["dragoman.job.kind"] == KIND
    assert attributes["dragoman.job.outcome"] == ("failed" if breaks else "finished")
    assert attributes.get("error.type") == ("ValueError" if breaks else None)
    parents = [span.parent.span_id for span in named(kept, "transaction") if span.parent is not None]
    assert parents == [span_id(attempt)]  # what tells the job, or what the handler wrote: each in one transaction
