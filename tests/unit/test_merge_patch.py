"""JSON Merge Patch as RFC 7396 has it, and bytes that stay where nothing is said of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain.merge_patch import merge_patch

APPENDIX_A = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "result"), APPENDIX_A)
def test_the_examples_of_the_rfc(target: str, patch: str, result: str) -> None:
    assert merge_patch(target, patch) == result


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ('{ "a" : 1.50 }', '{"a": 1.5}', '{ "a" : 1.50 }'),
        ('{ "a" : [ 1e2 ] }', '{"a": [100.0]}', '{ "a" : [ 1e2 ] }'),
        ('{"a":{"x":1,"y":2}}', '{"a":{"y":2,"x":1}}', '{"a":{"x":1,"y":2}}'),
        ('[{"x":1,"y":2}]', '[{"y":2,"x":1}]', '[{"x":1,"y":2}]'),
        ('{"a":1.50,"b": 25 }', '{"b":26}', '{"a":1.50,"b":26}'),
        ('{"a":1}', '{"a":true}', '{"a":true}'),
        ('{"a":0}', '{"a":false}', '{"a":false}'),
        ('{"a":"null"}', '{"a":"null"}', '{"a":"null"}'),
        (None, ' { "price" : 25.10 } ', '{ "price" : 25.10 }'),
        (None, '{"a": {"b": null, "c": "null"}}', '{"a":{"c":"null"}}'),
        (None, "7", "7"),
    ],
)
def test_what_says_the_same_is_no_change_and_the_rest_keeps_its_bytes(
    target: str | None, patch: str, result: str
) -> None:
    assert merge_patch(target, patch) == result


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text('ab\\"n ', max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=12,
)


def as_the_rfc_says(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = as_the_rfc_says(result.get(name), value)
    return result


@given(target=json_values, patch=json_values)
def test_the_outcome_is_that_of_the_rfc(target: Any, patch: Any) -> None:
    assert json.loads(merge_patch(json.dumps(target), json.dumps(patch))) == as_the_rfc_says(target, patch)


@given(target=json_values)
def test_sending_back_what_was_read_changes_no_byte(target: Any) -> None:
    spelt = json.dumps(target, indent=1)
    assume_no_null = json.dumps(as_the_rfc_says(None, target)) == json.dumps(target)
    if assume_no_null:
        assert merge_patch(spelt, json.dumps(target)) == spelt
