"""The events of a batch as a stream (REVIEWED-BULK 6)."""

from dragoman.dialects.carrierx_batch.wire import rows
from dragoman.dialects.carrierx_batch.wire.ids import parse_sid
from dragoman.dialects.kit import Request, Stream, json
from dragoman.dialects.kit.batch_watching import events
from dragoman.usecases.batches.documents import Get, Shown


def parse_events(request: Request) -> Get:
    """The batch whose events are asked for."""
    return Get(parse_sid(request.path["task_sid"]))


def render_events(shown: Shown, request: Request) -> Stream:
    """The stream; its first event is the present state."""
    return events(request, shown, lambda seen: json.encode(rows.glance(seen)))
