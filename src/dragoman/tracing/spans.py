"""Spans: one for each request, for each group of commands that shared a transaction, for each attempt at a job.

Names and attributes are those of OpenTelemetry's conventions for HTTP; what is ours begins with `dragoman.`. A span
holds no more than the log does: no body, no query, no header.
"""

import sys
import threading
from collections.abc import Iterable, Mapping, Sequence

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from dragoman import __version__
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.job import Job
from dragoman.logs import Line

NAME = "service.name"
NANOSECONDS = 1_000_000_000
PER_TICK = NANOSECONDS // TICKS_PER_SECOND
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"
MOST_LINKS = 32
STOP_SECONDS = 0.5  # a collector that doesn't answer must not keep the process
PARENTS = TraceContextTextMapPropagator()


class Spans:
    """Makes the spans of one process. Of a request that the caller's trace leaves out nothing is kept."""

    def __init__(self, *processors: SpanProcessor) -> None:
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        for processor in processors:
            self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("dragoman", __version__)

    @classmethod
    def exported(cls, exporters: Sequence[str]) -> "Spans":
        """Spans that are exported as the OpenTelemetry variables configure, in batches, by a separate thread."""
        return cls(*(BatchSpanProcessor(_exporter(name)) for name in exporters))

    def stop(self) -> None:
        """Send what waits, for a moment."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(STOP_SECONDS)

    # Requests

    def request(self, method: str, headers: Mapping[str, str], at: Moment) -> Span:
        """Begin the span of a request, as a part of the caller's trace if it has one."""
        return self._tracer.start_span(
            method if method in METHODS else "HTTP",
            PARENTS.extract(headers) if "traceparent" in headers else context.Context(),
            SpanKind.SERVER,
            start_time=at * PER_TICK,
        )

    def answered(self, span: Span, line: Line, route: str, at: Moment) -> None:
        """End it with the fields of the request's log line; `route` is the path of its operation."""
        if not span.is_recording():
            return
        method = line.method if line.method in METHODS else OTHER
        facts: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": line.status,
            "url.path": line.path,
            "dragoman.dialect": line.dialect,
            "dragoman.operation": line.operation,
            "dragoman.request": line.request,
            "error.type": (line.code or str(line.status)) if line.status >= 500 else "",
        }
        span.set_attributes({name: value for name, value in facts.items() if value != ""})
        if route:
            span.update_name(f"{method if method != OTHER else 'HTTP'} {route}")
        if line.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(at * PER_TICK)

    # Groups of commands

    def current(self) -> Span | None:
        """The attempt at a job that this is part of."""
        span = trace.get_current_span()
        return span if span.get_span_context().is_valid else None

    def group(self, lane: str, members: Iterable[Span | None], seconds: float, at: Moment) -> None:
        """The span of a transaction that ended at a moment: a child of the first of its commands that is part of a
        trace, linked to the others. Without one there is none."""
        members = list(members)
        traced = [span for span in members if span is not None and span.get_span_context().trace_flags.sampled]
        if not traced:
            return
        others = [Link(span.get_span_context()) for span in traced[1 : MOST_LINKS + 1]]
        end = at * PER_TICK
        span = self._tracer.start_span(
            "transaction",
            trace.set_span_in_context(traced[0], context.Context()),
            attributes={"dragoman.lane": lane, "dragoman.group.size": len(members)},
            links=others,
            start_time=end - int(seconds * NANOSECONDS),
        )
        span.end(end)

    # Jobs

    def attempt(self, job: Job, at: Moment) -> Span:
        """Begin the span of an attempt; until the current task of the loop ends, all that it does is part of it."""
        facts: dict[str, str | int] = {
            "dragoman.job.id": job.uid,
            "dragoman.job.kind": job.kind,
            "dragoman.job.attempt": job.attempt,
        }
        span = self._tracer.start_span(
            f"job {job.kind}", context.Context(), SpanKind.CONSUMER, attributes=facts, start_time=at * PER_TICK
        )
        context.attach(trace.set_span_in_context(span))
        return span

    def attempted(self, span: Span, outcome: str, error: Exception | None, at: Moment) -> None:
        """End it, with what came of it."""
        span.set_attribute("dragoman.job.outcome", outcome)
        if error is not None:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
        span.end(at * PER_TICK)


def _exporter(name: str) -> SpanExporter:
    return OTLPSpanExporter() if name == "otlp" else ConsoleSpanExporter(out=sys.stderr)


def _resource() -> Resource:
    """The resource attributes of the variables; the service name is dragoman by default."""
    named = NAME in OTELResourceDetector().detect().attributes
    return Resource.create({} if named else {NAME: "dragoman"})
