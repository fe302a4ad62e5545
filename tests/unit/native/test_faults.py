"""The quick way in and the list of faults agree: what one takes the other finds nothing wrong with, and the reverse."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.dialects.kit import Request
from dragoman.dialects.native import problems as faults
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.cases import CasePatch, NewCase
from dragoman.dialects.native.wire.categories import CategoryPatch, NewCategory
from dragoman.dialects.native.wire.contacts import ContactPatch, NewContact
from dragoman.dialects.native.wire.schemas import Schema
from dragoman.dialects.native.wire.tasks import Assignment, Ending, NewTask, Nothing, Suspension, TaskPatch
from dragoman.dialects.native.wire.users import ProfilePatch
from dragoman.domain.errors import Invalid
from tests.unit.native.asking import OPERATIONS, ask

BODIES: dict[str, Any] = {
    "create_task": NewTask,
    "patch_task": TaskPatch,
    "create_contact": NewContact,
    "patch_contact": ContactPatch,
    "create_case": NewCase,
    "patch_case": CasePatch,
    "create_category": NewCategory,
    "patch_category": CategoryPatch,
    "patch_own_profile": ProfilePatch,
    "claim_task": Nothing,
    "assign_task": Assignment,
    "suspend_task": Suspension,
    "finish_task": Ending,
}
NAMES = sorted({name for type_ in BODIES.values() for name in type_.__struct_fields__} | {"revision", "x/y"})
ODD = [
    *(None, True, 0, 1, -1, 3.0, 1.5, 2**63 - 1, 2**63 - 2**40),
    *("", "x", "x" * 255, "x" * 256, "a@b", "a b@c", "de-AT", "person", "ready", "inbox", "Europe/Riga", "Mars/Base"),
    *("01931b2c-0000-7000-8000-000000000000", "01931B2C-0000-7000-8000-00000000000g"),
    *("2031-05-04T10:20:30Z", "2031-02-29T10:20:30Z", "2028-02-29T10:20:30.1234567+13:59"),
    *("0001-01-01T00:00:00+01:00", "2031-05-04T10:20:30", "2031-05-04"),
    *("a@b\n", "a\x1fb@c", "é@ü", "de\n", "2031-05-04T10:20:30Z\n", "2031-05-04T10:20:30\n", "UTC\n"),
    *("01931b2c-0000-7000-8000-000000000000\n", "٢031-05-04T10:20:30Z"),
    *([], ["x"], ["01931b2c-0000-7000-8000-000000000000\n"], {}),
    *({"a": "1"}, {"": None}, {"a": {"b": [1.50]}}, {"a" * 256: "x"}),
]

values = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3),
    st.integers(-(2**63), 2**63 - 1),
)
objects = st.dictionaries(st.sampled_from(NAMES), values, max_size=5)


@pytest.mark.parametrize("name", BODIES)
@given(content=objects)
@example(content={})
@example(content={"due_at": "0001-01-01T00:00:00+01:00"})
@example(content={"priority": -1, "title": "x" * 256})
@example(content={"first_name": "x" * 256})
def test_a_body_is_refused_exactly_when_a_fault_is_found(name: str, content: dict[str, Any]) -> None:
    media = "application/merge-patch+json" if name.startswith("patch") else "application/json"
    request = ask("POST", body=json.dumps(content).encode(), content_type=media)
    request.path = {"id": "1", "number": "1"}
    found = faults.find(BODIES[name], content).found
    assert refused(name, request) == [problem.path for problem in found]


def refused(name: str, request: Request) -> list[str]:
    """The places that an operation refuses a request for, or would refuse unless these values were shown before."""
    try:
        command = OPERATIONS[name].parse(request)
    except Invalid as error:
        if error.code == "invalid_body" and error.problems:
            return [problem.path for problem in error.problems]
        raise
    doubt = getattr(command, "out_of_range", None)
    return [] if doubt is None else [problem.path for problem in doubt.refusal.problems]


@pytest.mark.parametrize("content", [None, [], 7, "x", True])
def test_what_is_no_object_is_one_fault(content: Any) -> None:
    assert [(fault.path, fault.code) for fault in faults.find(NewTask, content).found] == [("", "type")]


@given(content=st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner)))
def test_whatever_is_wrong_with_a_schema_can_be_said(content: Any) -> None:
    for fault in faults.find(Schema, content).found:
        assert fault.code
        assert fault.message


def test_a_fault_in_a_list_or_under_a_name_has_its_whole_path() -> None:
    content = {"kind": "person", "shared_with": ["01931b2c-0000-7000-8000-000000000000", "bert"]}
    assert [fault.path for fault in faults.find(NewContact, content).found] == ["/shared_with/1"]
    assert [fault.path for fault in faults.find(NewTask, {"properties": {"a/b": 1}}).found] == ["/properties/a~1b"]


def test_a_hundred_faults_are_enough() -> None:
    assert len(faults.find(NewTask, {f"x{at}": 1 for at in range(500)}).found) == 100


def test_an_integer_may_be_written_with_a_fraction_of_nothing() -> None:
    body = b'{"priority": 3.0, "extensions": {"Box": {"w": 1.50}}}'
    command = OPERATIONS["create_task"].parse(ask("POST", body=body, content_type="application/json"))
    assert command.fields["priority"] == 3
    assert command.extensions == {"Box": '{"w": 1.50}'}


@pytest.mark.parametrize(
    ("media", "good"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/merge-patch+json", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_a_body_says_what_it_is(media: str, good: bool) -> None:
    request = ask("POST", content_type=media)
    if good:
        reading.check_media(request, reading.JSON)
        return
    with pytest.raises(Invalid) as caught:
        reading.check_media(request, reading.JSON)
    assert caught.value.parameters["status"] == 415
