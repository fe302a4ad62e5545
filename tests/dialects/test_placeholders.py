"""The comparison itself: what it takes, and what it must not."""

import pytest

from tests.dialects.placeholders import Mismatch, compare_json, compare_text, fill

VALUES = {"task": 12, "name": 'Call "them"', "batch.id": "0193"}
GOOD = [
    ('{"a": 1, "b": [true, null]}', b'{"b": [true, null], "a": 1}'),
    ('{"id": {task}}', b'{"id": 12}'),
    ('{"id": "{task}"}', b'{"id": "12"}'),
    ('{"title": {name}}', b'{"title": "Call \\"them\\""}'),
    ('{"title": "{name}!"}', b'{"title": "Call \\"them\\"!"}'),
    ('{"at": "{time:ms}"}', b'{"at": "2031-04-10T06:30:00.000Z"}'),
    ('{"at": "{time:7}"}', b'{"at": "2031-04-10T06:30:00.0000000+03:00"}'),
    ('{"id": {int}, "uid": {uuid}}', b'{"id": 7, "uid": "01931b2c-0000-7000-8000-000000000000"}'),
    ('{"x": "{any}"}', b'{"x": {"deep": 1}}'),
    ('{"x": {any}}', b'{"x": null}'),
    ('{"x": "/tasks/{any}/end"}', b'{"x": "/tasks/9/end"}'),
    ('{"x": "{{task}}"}', b'{"x": "{task}"}'),
]
BAD = [
    ('{"a": 1}', b'{"a": 1.0}'),
    ('{"a": 1}', b'{"a": true}'),
    ('{"a": 1}', b'{"a": "1"}'),
    ('{"a": 1}', b'{"a": 1, "b": 2}'),
    ('{"a": 1, "b": 2}', b'{"a": 1}'),
    ('{"a": [1, 2]}', b'{"a": [2, 1]}'),
    ('{"a": [1]}', b'{"a": [1, 2]}'),
    ('{"a": null}', b"{}"),
    ('{"a": {any}}', b"{}"),
    ('{"id": {task}}', b'{"id": "12"}'),
    ('{"id": "{task}"}', b'{"id": 12}'),
    ('{"at": "{time:ms}"}', b'{"at": "2031-04-10T06:30:00Z"}'),
    ('{"at": "{time:ms}"}', b'{"at": "2031-04-10T06:30:00.0000000Z"}'),
    ('{"uid": "{uuid}"}', b'{"uid": "12"}'),
    ('{"id": {int}}', b'{"id": 1.5}'),
    ('{"a": "x.z"}', b'{"a": "xyz"}'),
    ('{"a": 1}', b"not json"),
]


@pytest.mark.parametrize(("expected", "actual"), GOOD)
def test_equal_as_data(expected: str, actual: bytes) -> None:
    compare_json(expected, actual, VALUES.__getitem__)


@pytest.mark.parametrize(("expected", "actual"), BAD)
def test_not_equal_as_data(expected: str, actual: bytes) -> None:
    with pytest.raises(Mismatch):
        compare_json(expected, actual, VALUES.__getitem__)


def test_more_members_are_taken_at_any_depth_when_the_case_says_so() -> None:
    compare_json('{"a": [{"b": 1}]}', b'{"a": [{"b": 1, "c": 2}], "d": 3}', VALUES.__getitem__, more=True)
    with pytest.raises(Mismatch, match="/a/0/b"):
        compare_json('{"a": [{"b": 1}]}', b'{"a": [{"c": 2}]}', VALUES.__getitem__, more=True)


def test_every_difference_is_named() -> None:
    with pytest.raises(Mismatch, match=r"(?s)/a: expected 1, got 2.*/b: expected 3, got 4"):
        compare_json('{"a": 1, "b": 3}', b'{"a": 2, "b": 4}', VALUES.__getitem__)


def test_text_is_compared_to_the_character() -> None:
    compare_text("<id>{task}</id><at>{time:s}</at>", "<id>12</id><at>2031-04-10T06:30:00Z</at>", VALUES.__getitem__)
    with pytest.raises(Mismatch):
        compare_text("<id>{task}</id>", "<id>12</id>\n", VALUES.__getitem__)


def test_names_are_filled_in_and_an_unknown_one_is_an_error() -> None:
    assert fill('{"id": {task}, "x": {}, "y": "{batch.id}"}', VALUES.__getitem__) == '{"id": 12, "x": {}, "y": "0193"}'
    with pytest.raises(LookupError):
        fill("/tasks/{nobody}", VALUES.__getitem__)
