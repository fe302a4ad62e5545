"""A request's span: what the log says of it, as OpenTelemetry names it, in the trace of whoever called."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from dragoman.tracing.spans import Spans
from tests.integration.http.live import Live, call, serving

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def traced() -> Iterator[tuple[Live, InMemorySpanExporter]]:
    """A server, and what it says of its requests."""
    kept = InMemorySpanExporter()
    with serving() as live:
        live.app.spans = Spans(SimpleSpanProcessor(kept))
        yield live, kept


def only(kept: InMemorySpanExporter) -> ReadableSpan:
    [span] = kept.get_finished_spans()
    return span


def test_a_span_has_the_facts_of_the_log_line() -> None:
    with traced() as (live, kept):
        call(live, "GET /plain/tasks/7?hidden=secret", X_Request_Id="mine")
    span = only(kept)
    assert (span.name, span.kind, span.parent) == ("GET /plain/tasks/{id}", SpanKind.SERVER, None)
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/plain/tasks/{id}",
        "http.response.status_code": 200,
        "url.path": "/plain/tasks/7",
        "dragoman.dialect": "plain",
        "dragoman.operation": "GET /tasks/{id}",
        "dragoman.request": "mine",
    }
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time <= span.end_time


def test_it_is_part_of_the_callers_trace() -> None:
    with traced() as (live, kept):
        call(live, "GET /plain/tasks/7", traceparent=f"00-{TRACE}-{PARENT}-01")
    span = only(kept)
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT


def test_what_the_caller_does_not_trace_isnt_traced() -> None:
    with traced() as (live, kept):
        assert call(live, "GET /plain/tasks/7", traceparent=f"00-{TRACE}-{PARENT}-00").status == 200
    assert not kept.get_finished_spans()


def test_a_traceparent_that_cannot_be_read_begins_a_trace() -> None:
    with traced() as (live, kept):
        assert call(live, "GET /plain/tasks/7", traceparent="00-nonsense").status == 200
    assert only(kept).parent is None


def test_a_clients_mistake_is_no_error_and_a_fault_of_ours_is() -> None:
    with traced() as (live, kept):
        call(live, "GET /plain/tasks/7", token=None)
        call(live, "POST /ui/page", b"break")
    refused, broken = kept.get_finished_spans()
    assert refused.status.status_code is StatusCode.UNSET
    assert "error.type" not in (refused.attributes or {})
    assert broken.status.status_code is StatusCode.ERROR
    assert (broken.name, (broken.attributes or {})["error.type"]) == ("POST", "500")


def test_unknown_methods_are_counted_as_one() -> None:
    with traced() as (live, kept):
        call(live, "PROPFIND /plain/tasks/7")
    span = only(kept)
    assert (span.name, (span.attributes or {})["http.request.method"]) == ("HTTP", "_OTHER")
