"""The operations on the event log."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.kit.batch_watching import EVENT_STREAM
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import event_streams, events
from dragoman.dialects.native.wire import events as bodies
from dragoman.usecases.events import delta, tailing

READ = any_of("event.read")

_get = partial(operation, method="GET", scopes=READ)

EVENTS = (
    _get(
        name="list_events",
        path="/events",
        summary="Events behind a cursor, oldest first, as the caller may hear them.",
        parse=events.parse,
        run=delta.page,
        render=events.render,
        query=bodies.EventQuery,
        answer=bodies.EventPage,
        runs_further=True,
    ),
    _get(
        name="stream_events",
        path="/events/stream",
        summary="The same as they happen, as server-sent events.",
        parse=event_streams.parse,
        run=tailing.look,
        render=event_streams.render,
        query=bodies.StreamQuery,
        answer=bodies.Event,
        answer_media=EVENT_STREAM,
        runs_further=True,
        takes_turns=True,
    ),
    _get(
        name="read_event",
        path="/events/{id}",
        summary="One event.",
        parse=events.parse_one,
        run=delta.one,
        render=events.render_one,
        answer=bodies.Event,
    ),
)
