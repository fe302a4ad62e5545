"""The verbs: `POST /v1/tasks/{id}/{verb}`. Each answers the task as it is then."""

from collections.abc import Callable

from msgspec import Struct

from dragoman.dialects.kit import Request
from dragoman.dialects.native.handlers.tasks import NOUN, moment, person
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.tasks import Assignment, Ending, Nothing, Suspension
from dragoman.domain.task import Verb
from dragoman.usecases.tasks.verbs import Perform

Parse = Callable[[Request, queries.Trial], Perform]

BODIES: dict[Verb, type[Struct]] = dict.fromkeys(Verb, Nothing) | {
    Verb.ASSIGN: Assignment,
    Verb.SUSPEND: Suspension,
    Verb.FINISH: Ending,
    Verb.FAIL: Ending,
    Verb.TERMINATE: Ending,
    Verb.AMEND_OUTCOME: Ending,
}
"""The body of each verb."""


def parsing(verb: Verb) -> Parse:
    """How a request for this verb is read."""
    type_ = BODIES[verb]
    may_be_empty = verb is not Verb.ASSIGN

    def parse(request: Request, query: queries.Trial) -> Perform:
        task, revisions = reading.ref(request, NOUN), reading.if_match(request)

        def build(body: Struct) -> Perform:
            return _command(task, verb, body, revisions)

        return reading.body(request, type_, build, may_be_empty=may_be_empty)

    return parse


def _command(task: int | str, verb: Verb, body: Struct, revisions: frozenset[int] | None) -> Perform:
    match body:
        case Assignment(assignee=assignee, note=note):
            return Perform(task, verb, user=person(assignee), note=note, revisions=revisions)
        case Suspension(until=until):
            return Perform(task, verb, until=moment(until), revisions=revisions)
        case Ending(code=code, text=text):
            return Perform(task, verb, code=code, text=text, revisions=revisions)
    return Perform(task, verb, revisions=revisions)
