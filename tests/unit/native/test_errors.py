"""Refusals: status, media, headers; and what an error tells, no more."""

import json

import pytest

from dragoman.dialects.native import DIALECT
from dragoman.domain import errors
from dragoman.domain.errors import Expected
from dragoman.domain.task import Task
from dragoman.usecases.batches.content.contents import not_prepared
from tests.unit.native.asking import OPERATIONS, ask

TASK = Task(tenant=1, number=4, uid="u", title="As it is", revision=7)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Invalid("invalid_body", "No."), 400),
        (errors.Invalid("idempotency_key_reused", "No.", status=422), 422),
        (errors.Invalid("unsupported_encoding", "No.", encoding="gzip"), 415),
        (errors.Unauthenticated("credentials_missing", "No."), 401),
        (errors.Forbidden("forbidden", "No."), 403),
        (errors.NotFound("task_not_found", "No."), 404),
        (errors.NotOffered("method_not_allowed", "No.", allow="GET"), 405),
        (errors.Conflict("task_ended", "No."), 409),
        (errors.StaleVersion("stale", "No.", TASK), 412),
        (errors.TooLarge("body_too_large", "No."), 413),
        (errors.TooMany("rate_limited", "No.", 9), 429),
        (errors.NotOffered("not_offered", "No."), 501),
        (errors.Unavailable("queue_full", "No.", 9), 503),
        (errors.Unavailable("storage_full", "No."), 507),
    ],
    ids=lambda part: getattr(part, "code", part),
)
def test_each_refusal_is_problem_details(error: Expected, status: int) -> None:
    reply = DIALECT.error(error, ask())
    told = json.loads(reply.body)
    assert (reply.status, reply.content_type) == (status, "application/problem+json")
    assert (told["type"], told["status"], told["code"], told["detail"]) == (
        f"/problems/{error.code}",
        status,
        error.code,
        "No.",
    )
    assert told["title"]


def test_who_comes_without_credentials_is_told_both_ways_to_have_some() -> None:
    reply = DIALECT.error(errors.Unauthenticated("credentials_unknown", "No."), ask())
    assert reply.headers == [
        ("WWW-Authenticate", 'Basic realm="dragoman", charset="UTF-8"'),
        ("WWW-Authenticate", 'Bearer realm="dragoman", error="invalid_token"'),
    ]


@pytest.mark.parametrize("error", [errors.TooMany("a", "No.", 9), errors.Unavailable("b", "No.", 9)])
def test_who_shall_come_again_is_told_when(error: Expected) -> None:
    assert ("Retry-After", "9") in DIALECT.error(error, ask()).headers


def test_a_stale_precondition_is_answered_with_the_present_state_and_its_tag() -> None:
    reply = DIALECT.error(errors.StaleVersion("stale", "No.", TASK), ask())
    assert json.loads(reply.body)["current"]["title"] == "As it is"
    assert ("ETag", '"7"') in reply.headers


def test_faults_of_a_body_have_pointers_and_those_of_a_query_parameters() -> None:
    problems = (
        errors.Problem("/title", "type", "must be text"),
        errors.Problem("?limit", "range", "must be at most 9"),
    )
    told = json.loads(DIALECT.error(errors.Invalid("invalid_body", "No.", problems), ask()).body)
    assert told["errors"] == [
        {"code": "type", "detail": "must be text", "pointer": "/title"},
        {"code": "range", "detail": "must be at most 9", "parameter": "limit"},
    ]


def test_parameters_of_an_error_are_not_told() -> None:
    reply = DIALECT.error(errors.Conflict("x", "No.", secret="canary"), ask())
    assert b"canary" not in reply.body


def test_a_dry_run_that_no_operation_asked_for_is_a_refusal_like_others() -> None:
    outcome = errors.Conflict("dry_run", "No.", result=TASK)
    with pytest.raises(errors.Conflict):
        DIALECT.error(outcome, ask())
    request = ask()
    request.operation = OPERATIONS["create_task"]
    reply = DIALECT.error(outcome, request)
    assert (reply.status, reply.headers) == (200, [("Dry-Run", "true")])


def test_a_batch_that_is_being_prepared_says_when_to_ask_again() -> None:
    reply = DIALECT.error(not_prepared(), ask())
    assert (reply.status, json.loads(reply.body)["code"]) == (409, "batch_not_prepared")
    assert ("Retry-After", "1") in reply.headers
