"""One extension of a task: its value is the whole body, in and out, byte by byte."""

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.handlers.tasks import NOUN
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.domain.task import Task
from dragoman.usecases.tasks.extensions import Found, Get, Put, Remove


def parse_get(request: Request, query: queries.Nothing) -> Get:
    """The value under a name."""
    return Get(reading.ref(request, NOUN), request.path["name"])


def parse_put(request: Request, query: queries.Trial) -> Put:
    """A value for a name."""
    task, revisions = reading.ref(request, NOUN), reading.if_match(request)
    reading.check_media(request, reading.JSON)
    _, text = json.parse_raw(request.body)
    must_be_new, unless_at = reading.if_none_match(request)
    return Put(task, request.path["name"], text, revisions, must_be_new, unless_at, reading.if_match_any(request))


def parse_delete(request: Request, query: queries.Trial) -> Remove:
    """A name whose value shall go."""
    return Remove(reading.ref(request, NOUN), request.path["name"], reading.if_match(request))


def render(found: Found, request: Request) -> Reply:
    """The value, with the tag of its task."""
    task, extension = found
    return Reply(200, extension.value.encode(), replies.JSON, [replies.etag(task.revision)])


def render_gone(task: Task, request: Request) -> Reply:
    """204, with the tag of the task that it was taken from."""
    return Reply(204, headers=[replies.etag(task.revision)])
