"""Changes: the same value is no change, another one is refused, a status is a decision."""

import json
from typing import Any

import msgspec
import pytest

from dragoman.dialects.carrierx_batch.wire import changes, tasks
from dragoman.dialects.carrierx_batch.wire.statuses import STATUS_WORDS
from dragoman.domain.bulk import Batch, BatchPayload, Decision, Method, Outcome, Status
from dragoman.domain.errors import Invalid
from dragoman.domain.people import Tenant
from dragoman.usecases.batches.lifecycle import BatchView

UID = "0f3c9f5e-8d0b-4a53-a7b4-6c1e2a7d9b10"
SEEN = BatchView(
    Batch(
        tenant=1,
        number=7,
        uid=UID,
        method=Method.PATCH,
        type="phonenumber",
        field="phonenumber",
        review=True,
        status=Status.IN_REVIEW,
        size=2,
        total=2,
        processed=0,
        success=0,
        failure=0,
    ),
    Tenant(1, "main"),
    BatchPayload(1, UID, '["1",2]', '{"n":1.0,"o":{"x":[true]}}'),
    (Outcome(1, '{"phonenumber":2}', '{"errors":[{"message":"x"}],"message":"x"}'),),
)


def shown() -> dict[str, Any]:
    """The task as a client reads it."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(tasks.shown(SEEN)))
    return found


def decision(body: Any, *, whole: bool = False, view: BatchView = SEEN) -> Decision | None:
    return changes.read_decision(changes.parse_change(body, whole=whole), view)


def faults(body: Any, *, whole: bool = False) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        decision(body, whole=whole)
    return [(problem.path, problem.code) for problem in refused.value.problems]


def test_sixteen_keys_in_alphabetical_order() -> None:
    assert len(tasks.NAMES) == 16
    assert list(shown()) == sorted(tasks.NAMES)
    assert shown()["error_details"] == [
        {"error": {"errors": [{"message": "x"}], "message": "x"}, "key": '{"phonenumber":2}'}
    ]


def test_what_was_read_can_be_sent_back() -> None:
    assert decision(shown(), whole=True) is None
    assert decision(shown()) is None
    assert decision(shown() | {"status": "approved"}, whole=True) is Decision.APPROVE


def test_the_same_in_other_words_is_the_same() -> None:
    assert decision({"data": {"o": {"x": [True]}, "n": 1}}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data", {"n": 1.0}),
        ("data", None),
        ("data", [{"n": 1.0, "o": {"x": [True]}}]),
        ("entries", ["1", "2"]),
        ("entries", [2, "1"]),
        ("entries", None),
        ("field", None),
        ("method", "patch"),
        ("review", 1),
        ("review", None),
        ("type", 5),
        ("task_sid", UID.upper()),
        ("partner_sid", None),
    ],
)
def test_another_value_is_refused(name: str, value: Any) -> None:
    assert faults({name: value, "status": "approved"}) == [(name, "read_only")]


@pytest.mark.parametrize("name", sorted(set(tasks.NAMES) - {"status", "data", "entries", *changes.SMALL}))
def test_what_moves_by_itself_is_ignored(name: str) -> None:
    assert decision({name: {"any": ["thing"]}}) is None


@pytest.mark.parametrize("name", tasks.NAMES)
def test_put_misses_each_key(name: str) -> None:
    body = {key: value for key, value in shown().items() if key != name}
    assert faults(body, whole=True) == [(name, "required")]


@pytest.mark.parametrize(
    ("status", "code"), [(None, "invalid_type"), (1, "invalid_type"), ("created", "invalid_value")]
)
def test_a_status_that_no_client_sets_is_refused(status: Any, code: str) -> None:
    assert faults({"status": status}) == [("status", code)]


@pytest.mark.parametrize("status", list(Status))
def test_the_present_status_is_no_decision(status: Status) -> None:
    view = msgspec.structs.replace(SEEN, batch=msgspec.structs.replace(SEEN.batch, status=status))
    assert decision({"status": STATUS_WORDS[status]}, view=view) is None
