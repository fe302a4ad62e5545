"""Messages: read as they come, kept as they were, answered in the type that is wanted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.ibm_htm.wire.messages import JSON, TYPES, XML, Sent, Stored, as_json, as_xml, read, render, sent
from dragoman.dialects.kit import Request
from dragoman.dialects.kit.accept import choose
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def a_request(body: bytes = b"", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("PUT", "/", headers=named, body=body, received_at=Moment(0))


@pytest.mark.parametrize(
    ("type_", "body", "kept"),
    [
        (JSON, b' {"a": [1, 1.50]} \n', Sent(JSON, '{"a": [1, 1.50]}')),
        ("application/json; charset=utf-8", b"{}", Sent(JSON, "{}")),
        (
            XML,
            b'<?xml version="1.0" encoding="UTF-8"?>\n<a/>',
            Sent(XML, '<?xml version="1.0" encoding="UTF-8"?>\n<a/>'),
        ),
        ("Text/XML", b"\xef\xbb\xbf<a/>", Sent(XML, "<a/>")),
        (XML, '<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16"), Sent(XML, "<a>é</a>")),
    ],
)
def test_a_message_is_kept_as_it_came(type_: str, body: bytes, kept: Sent) -> None:
    assert read(a_request(body, content_type=type_)) == kept


def test_without_a_type_it_is_xml() -> None:
    assert read(a_request(b"<a/>")) == Sent(XML, "<a/>")


@pytest.mark.parametrize("type_", [JSON, XML, "image/png"])
def test_an_empty_body_is_no_message_whatever_it_is_called(type_: str) -> None:
    assert read(a_request(b"", content_type=type_)) is None


@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded", "json", "application/json+x"])
def test_another_type_is_refused(type_: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(a_request(b"{}", content_type=type_))
    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize(
    ("type_", "body", "code"),
    [
        (JSON, b"[]", "invalid_json"),
        (JSON, b'"text"', "invalid_json"),
        (JSON, b'{"a": NaN}', "invalid_json"),
        (JSON, b"", "invalid_json"),
        (XML, b"", "invalid_xml"),
        (XML, b"<a>", "invalid_xml"),
        (XML, b"<!DOCTYPE a><a/>", "invalid_xml"),
        (XML, b"\xff", "invalid_xml"),
    ],
)
def test_what_is_wrong_is_told_in_its_turn(type_: str, body: bytes, code: str) -> None:
    message = sent(a_request(body, content_type=type_))
    with pytest.raises(Invalid) as refused:
        message.check()
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{}", "<input />"),
        ('{"a": {"b": "x"}}', f"<input {XSI}><a><b>x</b></a></input>"),
        ('{"a": [1, {"b": 2}]}', f"<input {XSI}><a>1</a><a><b>2</b></a></input>"),
        ('{"a": null, "b": ""}', f'<input {XSI}><a xsi:nil="true" /><b></b></input>'),
        ('{"a": []}', f"<input {XSI}></input>"),
        ('{"a b": "<&>"}', f"<input {XSI}><a_x0020_b>&lt;&amp;&gt;</a_x0020_b></input>"),
    ],
)
def test_json_as_xml(text: str, shown: str) -> None:
    found = as_xml(Stored("input", JSON, text)).decode()
    assert found in (shown, shown.replace("<input />", f"<input {XSI} />"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<a/>", {}),
        ("<a> </a>", {}),
        ("<a>text</a>", {"a": "text"}),
        ("<a><b>1</b></a>", {"b": "1"}),
        ("<a><b>1</b><c/><b>2</b></a>", {"b": ["1", "2"], "c": ""}),
        (f'<a {XSI}><b xsi:nil="true"/></a>', {"b": None}),
        ('<x:a xmlns:x="urn:x"><x:b y="z">1</x:b></x:a>', {"b": "1"}),
    ],
)
def test_xml_as_json(text: str, value: Any) -> None:
    assert json.loads(as_json(Stored("input", XML, text))) == value


def test_nothing_is_an_empty_object_or_an_empty_root() -> None:
    assert as_json(Stored("order")) == b"{}"
    assert as_xml(Stored("order")) == b"<order />"


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Cs", "Co")), min_size=1)
VALUES = st.recursive(
    st.none() | TEXTS,
    lambda inner: st.dictionaries(NAMES, inner | st.lists(inner, min_size=2, max_size=3), min_size=1, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_texts_nulls_and_repeats_come_back_from_xml(value: dict[str, Any]) -> None:
    converted = as_xml(Stored("input", JSON, json.dumps(value))).decode()
    assert json.loads(as_json(Stored("input", XML, converted))) == value


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        (None, "application/xml; charset=UTF-8"),
        ("*/*", "application/xml; charset=UTF-8"),
        ("application/json", JSON),
        ("text/html, application/json;q=0.5", JSON),
        ("text/*", "text/xml; charset=UTF-8"),
        ("application/*;q=0.1, application/json", JSON),
    ],
)
def test_the_answer_has_the_type_that_is_liked_best(accept: str | None, type_: str) -> None:
    request = a_request() if accept is None else a_request(accept=accept)
    assert render(Stored("input"), request).content_type == type_


@pytest.mark.parametrize("accept", ["image/png", "application/xml;q=0, text/xml;q=0.0", "x", "application/*;q=0"])
def test_a_type_that_we_do_not_have_is_none(accept: str) -> None:
    assert choose(accept, TYPES) is None


def test_a_quality_that_cannot_be_read_counts_as_one() -> None:
    assert choose("application/json;q=high, */*;q=0.5", TYPES) == JSON
