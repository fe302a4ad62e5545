"""The JSON reader: what it takes, what it refuses and where it says the fault is."""

import json as standard
import math
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.dialects.kit import json
from dragoman.dialects.kit.json_problems import find_fault
from dragoman.domain.errors import Invalid


def refusal(body: bytes, **limits: int) -> Invalid:
    with pytest.raises(Invalid) as caught:
        json.parse(body, **limits)
    assert caught.value.code == "invalid_json"
    assert len(caught.value.problems) == 1
    return caught.value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":[1,-2.5,true,false,null,"x"]}', {"a": [1, -2.5, True, False, None, "x"]}),
        (b" \t\r\n4 \n", 4),
        (b'""', ""),
        (b"{}", {}),
        (b"-0", 0),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1e5", 100_000.0),
        (b"1e-400", 0.0),
        (b"12345678901234567890.0", 1.2345678901234567e19),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\\\\\"\\\\"', '\\"\\'),
        (b'{"":1,"\\"":2,":":"{[,]}:"}', {"": 1, '"': 2, ":": "{[,]}:"}),
        (b'{"__proto__":{"a":1},"__class__":1}', {"__proto__": {"a": 1}, "__class__": 1}),
        (b'"\\uffff\\u202e\\u0001\x7f"', "\uffff\u202e\x01\x7f"),
        ('"👩‍👩‍👧‍👦 \U0010fffd"'.encode(), "👩‍👩‍👧‍👦 \U0010fffd"),
    ],
)
def test_sound_bodies_are_read(body: bytes, value: Any) -> None:
    assert json.parse(body) == value


@pytest.mark.parametrize(
    ("body", "column"),
    [
        (b'{"price":25 000}', 13),  # Genesys 9.6: the digit after the blank is what doesn't fit
        (b"{", 2),
        (b'{"title":"x', 12),
        (b'{"title":', 10),
        (b'{"title":"x"', 13),
        (b'{"title":"x",}', 14),
        (b"{'title':'x'}", 2),
        (b'{title:"x"}', 2),
        (b'{"a":1} x', 9),
        (b'{"a":1}{"a":1}', 8),
        (b'{"a":1}\0', 8),
        (b"/* c */{}", 1),
        (b"\f{}", 1),
        (b'{"n":0x10}', 7),
        (b"<task/>", 1),
        (b'"', 2),
        (b"-", 2),
        (b'{"a" 1}', 6),
        (b'{"a"::1}', 6),
        (b'{"a":1 "b":2}', 8),
        (b"{1:2}", 2),
        (b"[1,]", 4),
        (b"[,1]", 2),
        (b'{"a":[1,2}', 10),
        (b"[1]]", 4),
        (b"NaN", 1),
        (b"Infinity", 1),
        (b"-Infinity", 2),
        (b"007", 2),
        (b"+1", 1),
        (b"1.", 3),
        (b".5", 1),
        (b"1.x", 3),
        (b"1e", 3),
        (b"1e+]", 4),
        (b"--1", 2),
        (b"nul", 4),
        (b"truX", 4),
        (b"truex", 5),
        (b"True", 1),
        (b"undefined", 1),
        (b'"a\nb"', 3),
        (b'"a\tb"', 3),
        (b'"a\0b"', 3),
        (b'"\\x41"', 3),
        (b'"\\u12"', 6),
        (b'"\\u{41}"', 4),
        (b'"abc\\', 6),
        (b"\xef\xbb\xbf{}", 1),
        ('{"a":"é" x}'.encode(), 10),  # columns count characters
    ],
)
def test_the_first_character_that_does_not_fit_is_named(body: bytes, column: int) -> None:
    error = refusal(body)
    assert error.message == f"body is not JSON: line 1 column {column}"
    assert error.parameters == {"line": 1, "column": column}
    assert error.problems[0].code == "syntax"


def test_lines_are_counted() -> None:
    assert refusal(b'{"a":1,\r\n\n "b": 25 000}').message == "body is not JSON: line 3 column 10"
    assert refusal(b'{"a":1\n').message == "body is not JSON: line 2 column 1"


@pytest.mark.parametrize("body", [b"", b" \n\t "])
def test_an_empty_body_is_refused(body: bytes) -> None:
    assert refusal(body).message == "body is empty"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (b"\xff\xfe", 2),
        (b"\xc0\xaf", 2),
        (b"\xed\xa0\x80", 2),
        (b"abc\xe2\x82", 5),
        (b"caf\xe9", 5),
        (b"\xf4\x90\x80\x80", 2),
    ],
)
def test_bytes_that_are_no_utf8_are_refused(text: bytes, column: int) -> None:
    error = refusal(b'"' + text + b'"')
    assert error.message == f"body is not UTF-8: line 1 column {column}"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_refused(encoding: str) -> None:
    refusal('{"title":"x"}'.encode(encoding))


@pytest.mark.parametrize(
    ("body", "code", "path", "message"),
    [
        (b'{"a":1,"a":2}', "duplicate_key", "/a", 'duplicate key "a": line 1 column 8'),
        (b'{"a":1,"\\u0061" :1}', "duplicate_key", "/a", 'duplicate key "a": line 1 column 8'),
        (b'[0,{"b":{"x/y":1,"x/y":{}}}]', "duplicate_key", "/1/b/x~1y", 'duplicate key "x/y": line 1 column 18'),
        (b'{"a":{"a":"\\"a\\":"},"b":1,"b":":"}', "duplicate_key", "/b", 'duplicate key "b": line 1 column 27'),
        (b'{"t":"a\\u0000b"}', "nul", "/t", "NUL in a string: line 1 column 6"),
        (b'{"t":["\\ud800"]}', "surrogate", "/t/0", "lone surrogate in a string: line 1 column 7"),
        (b'["\\udc00\\ud800"]', "surrogate", "/0", "lone surrogate in a string: line 1 column 2"),
        (b'["\\ud83d\\u0041"]', "surrogate", "/0", "lone surrogate in a string: line 1 column 2"),
        (b'{"n":9223372036854775808}', "integer_range", "/n", "integer beyond 64 bits: line 1 column 6"),
        (b"-9223372036854775809", "integer_range", "", "integer beyond 64 bits: line 1 column 1"),
        (b"[18446744073709551616]", "integer_range", "/0", "integer beyond 64 bits: line 1 column 2"),
        (b"[1e400]", "number_range", "/0", "number out of range: line 1 column 2"),
        (b"[-1e999999999]", "number_range", "/0", "number out of range: line 1 column 2"),
    ],
)
def test_what_is_json_and_still_refused_names_its_path(body: bytes, code: str, path: str, message: str) -> None:
    error = refusal(body)
    assert (error.problems[0].code, error.problems[0].path, error.message) == (code, path, message)


def test_nul_and_surrogates_in_keys_are_refused() -> None:
    assert refusal(b'{"\\u0000":1}').problems[0].code == "nul"
    assert refusal(b'{"\\ud800":1}').problems[0].code == "surrogate"


@pytest.mark.parametrize("digits", [20, 5_000, 100_000])
def test_long_integers_are_refused_at_once(digits: int) -> None:
    assert refusal(b"9" * digits).problems[0].code == "integer_range"


def test_a_long_fraction_is_read() -> None:
    assert json.parse(b"0." + b"1" * 20_000) == pytest.approx(1 / 9)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_depth_64_is_read_and_65_is_not() -> None:
    assert json.parse(nested(64)) == json.parse(nested(64))
    assert refusal(nested(65)).message == "nested deeper than 64 levels: line 1 column 65"
    objects = b'{"a":' * 64 + b"1" + b"}" * 64
    json.parse(objects)
    assert refusal(b"[" + objects + b"]").problems[0].code == "too_deep"


def test_depth_counts_no_brackets_in_strings_and_no_brackets_side_by_side() -> None:
    json.parse(b'["' + b"[" * 500 + b'\\"[' + b'"]')
    json.parse(b"[" + b"[]," * 500 + b"[]]")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("times", [1_000, 100_000])
def test_deep_bodies_are_refused_before_the_parser_sees_them(opening: bytes, times: int) -> None:
    assert refusal(opening * times).problems[0].code == "too_deep"


def test_members_and_items_are_limited() -> None:
    at_limit = b"[" + b"0," * 99_999 + b"0]"
    assert len(json.parse(at_limit)) == 100_000
    assert refusal(b"[" + b"0," * 100_000 + b"0]").problems[0].code == "too_many"
    assert len(json.parse(b"[" + b"0," * 100_000 + b"0]", max_members=100_001)) == 100_001
    assert refusal(b"[" + b"{}," * 199_999 + b"{}]").problems[0].code == "too_many"


def test_members_of_every_level_count_together() -> None:
    body = b'{"a":[1,[],{}],"b":{"c":"x,y","d":[[]]}}'  # 2 + 3 + 2 + 1
    json.parse(body, max_members=8)
    refusal(body, max_members=7)


def test_a_body_may_be_required_to_be_an_object() -> None:
    assert json.parse_object(b'{"a":1}') == {"a": 1}
    for body in (b"[1]", b'"title"', b"42", b"null", b"true"):
        with pytest.raises(Invalid, match="body is not an object"):
            json.parse_object(body)


def test_the_clients_text_is_kept() -> None:
    value, text = json.parse_raw(b' \n{"b": 1.50, "a":"\\u00e9"}\r\n')
    assert value == {"b": 1.5, "a": "é"}
    assert text == '{"b": 1.50, "a":"\\u00e9"}'


def test_the_text_of_each_member_is_kept() -> None:
    body = '{ "price" : 25.00 ,"list":[ 1, 2 ],"ü":"\\u00fc", "last":{"z":1,"a":2} }'.encode()
    assert json.members_raw(body) == {
        "price": "25.00",
        "list": "[ 1, 2 ]",
        "ü": '"\\u00fc"',
        "last": '{"z":1,"a":2}',
    }
    assert list(json.members_raw(body)) == ["price", "list", "ü", "last"]


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b"[1]", b'{"a":"\xff"}', b'{"a":{"b":"\\u0000"}}'])
def test_the_texts_of_a_body_pass_the_same_checks(body: bytes) -> None:
    with pytest.raises(Invalid):
        json.members_raw(body)


def test_kept_text_goes_out_byte_by_byte() -> None:
    kept = '{"z": 1.50,"a":[ 1 ]}'
    assert json.encode({"x": json.verbatim(kept), "y": "é"}) == f'{{"x":{kept},"y":"é"}}'.encode()


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
def test_what_is_encoded_is_read_back(value: Any) -> None:
    assert json.parse(json.encode(value)) == value


class _TooMuch(ValueError):
    pass


def slow_reading(body: bytes, max_depth: int, max_members: int) -> Any:
    """The same rules over Python's own parser: slow, and written without a look at the other."""
    seen = 0

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    def finite(text: str) -> float:
        if math.isinf(float(text)):
            raise ValueError("range")
        return float(text)

    def refuse(text: str) -> None:
        raise ValueError(text)

    def look(value: Any, depth: int) -> None:
        nonlocal seen
        if isinstance(value, str):
            value.encode()
            if "\0" in value:
                raise ValueError("nul")
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError("range")
        elif isinstance(value, dict | list):
            seen += len(value)
            if depth == max_depth or seen > max_members:
                raise _TooMuch
            for name, item in value.items() if isinstance(value, dict) else enumerate(value):
                look(name, depth + 1)
                look(item, depth + 1)

    value = standard.loads(body.decode(), object_pairs_hook=members, parse_float=finite, parse_constant=refuse)
    look(value, 0)
    return value


pieces = st.sampled_from(
    [b"{", b"}", b"[", b"]", b",", b":", b'"', b'"a"', b'"b"', b'"a":', b'"\\\\"', b'"\\""', b"\\", b" ", b"\n", b"1"]
    + [b"0", b"-", b".5", b"e9", b"e999", b"true", b"nul", b"\xc3\xa9", b"\xff", b"\0", b"\\u0000", b"\\ud800"]
    + [b"\\u00e9", b"9223372036854775807", b"9223372036854775808", b"{}", b"[]", b'{"a":1}', b'[1,"a"]']
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A sound body with some bytes cut out and others put in."""
    body = draw(values.map(json.encode) | values.map(lambda value: standard.dumps(value, indent=1).encode()))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(pieces | st.just(b"")) + body[at + draw(st.integers(0, 2)) :]
    return body


@given(spoilt() | st.lists(pieces, max_size=12).map(b"".join), st.integers(1, 5), st.integers(1, 12))
@example(b'{"a":1,"a" :2}', 5, 12)
@example(b'["\\\\","\\"",{"\\\\":1}]', 5, 12)
@example(b'{"a":"a\\":\\"b","a":""}', 5, 12)
def test_two_readers_agree_on_every_body(body: bytes, max_depth: int, max_members: int) -> None:
    fault = find_fault(body, max_depth, max_members)
    try:
        wanted = slow_reading(body, max_depth, max_members)
    except ValueError:
        assert fault is not None
        assert 0 <= fault.at <= len(body)
        refusal(body, max_depth=max_depth, max_members=max_members)
    else:
        assert fault is None
        assert json.parse(body, max_depth=max_depth, max_members=max_members) == wanted


@given(spoilt())
def test_the_position_is_where_no_continuation_helps(body: bytes) -> None:
    fault = find_fault(body, 64, 1_000)
    if fault is None or fault.code != "syntax" or fault.at == len(body):
        return
    # Cut before the fault the body is whole or ends too early; with the byte at the fault it is wrong there.
    cut = find_fault(body[: fault.at], 64, 1_000)
    assert cut is None or (cut.at == fault.at and cut.code in ("syntax", "empty"))
    assert find_fault(body[: fault.at + 1] + b" " * 8, 64, 1_000) == fault


def test_a_hundred_thousand_bad_items_are_refused_in_a_second() -> None:
    error = refusal(b"[" + b'{"a":1},' * 40_000 + b'{"a":1,"a":2}]')
    assert error.problems[0].path == "/40000/a"


def test_errors_hide_the_parsers_own() -> None:
    error = refusal(b"{")
    assert error.__suppress_context__
    assert not isinstance(error.__cause__, msgspec.DecodeError)
