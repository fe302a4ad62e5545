"""Which format an answer has, its envelope, and the headers around it."""

import xml.etree.ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.onlyoffice_crm.wire.envelope import failure, reply, success, wants_xml
from tests.unit.onlyoffice_crm.asking import ask

JSON = "application/json"


@pytest.mark.parametrize(
    ("extension", "content_type", "accept", "expected"),
    [
        (".json", None, "text/xml", False),
        (".json", "text/xml", None, False),
        (".xml", None, None, True),
        (".tml", None, JSON, True),
        (".xml", JSON, None, False),
        (".xml", "Application/JSON", None, False),
        (".xml", "application/json; charset=utf-8", None, True),
        (".xml", "text/xml", None, True),
        ("", JSON, "text/xml", False),
        ("", "application/json; charset=utf-8", "text/xml", False),
        ("", "text/xml", None, False),
        ("", None, None, False),
        ("", None, "*/*", False),
        ("", None, "text/xml", True),
        ("", None, "application/xml", True),
        ("", None, "TEXT/XML; charset=utf-8", True),
        ("", None, "text/xml, application/json", False),
        ("", None, "text/xml, application/json;q=0.9", True),
        ("", None, "text/xml;q=0.5, */*;q=0.4", True),
        ("", None, "text/xml;q=0.5, application/*;q=0.5", False),
        ("", None, "text/xml;q=0.5, application/json;q=0.1, */*", True),
        ("", None, "text/xml;q=0", False),
        ("", None, "text/*", False),
        ("", None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("", None, "application/xml;q=0.9,text/html;q=0.1", False),
        ("", None, "text/xml;seq=2;q=abc", True),
        ("", None, ",;,", False),
    ],
)
def test_formats(extension: str, content_type: str | None, accept: str | None, expected: bool) -> None:
    headers = {} if accept is None else {"accept": accept}
    assert wants_xml(ask(extension=extension, content_type=content_type, **headers)) is expected


@pytest.mark.parametrize(
    ("extension", "content_type", "accept", "expected"),
    [
        ("", None, None, True),
        ("", None, "*/*", True),
        ("", None, JSON, False),
        ("", JSON, None, False),
        (".json", None, None, False),
        ("", "application/x-www-form-urlencoded", None, True),
        ("", None, "application/json;q=0.5, text/xml", True),
    ],
)
def test_formats_where_xml_is_the_default(
    extension: str, content_type: str | None, accept: str | None, expected: bool
) -> None:
    headers = {} if accept is None else {"accept": accept}
    assert wants_xml(ask(extension=extension, content_type=content_type, **headers), "xml") is expected


@given(st.text(max_size=40))
def test_any_accept_is_read(accept: str) -> None:
    assert wants_xml(ask(accept=accept)) in (True, False)


def test_members_stand_in_the_vendors_order() -> None:
    members = success(200, [1, 2], count=2, start=4, next_index=7, total=9)
    names = ["count", "startIndex", "nextIndex", "total", "status", "statusCode", "response"]
    assert list(members) == names
    assert list(success(200, {}, count=0)) == ["status", "statusCode", "response"]
    assert list(success(200, [], count=0, total=0)) == ["total", "status", "statusCode", "response"]


def test_headers() -> None:
    first, second = (reply(ask(extension=".json"), "json", success(201, {})) for _ in range(2))
    assert first.status == 201
    assert first.content_type == "application/json; charset=UTF-8"
    assert dict(first.headers)["Cache-Control"] == "private, max-age=0"
    assert dict(first.headers)["ETag"] != dict(second.headers)["ETag"]
    assert reply(ask(extension=".xml"), "json", success(200, {})).content_type == "text/xml; charset=UTF-8"


def test_an_error_in_both_formats() -> None:
    members = failure(404, "Not found", -2147467259)
    assert reply(ask(), "json", members).body == (
        b'{"status":1,"statusCode":404,"error":{"message":"Not found","hresult":-2147467259,"data":{}}}'
    )
    assert reply(ask(extension=".xml"), "json", members).body == (
        b"<result><status>1</status><statusCode>404</statusCode><error><message>Not found</message>"
        b"<hresult>-2147467259</hresult><data /></error></result>"
    )


def test_a_list_as_xml() -> None:
    items = [{"title": "Call & ask", "id": 7}, {"title": "", "currency": None, "isClosed": True}]
    body = reply(ask(extension=".xml"), "json", success(200, items, count=2, total=2)).body
    assert body == (
        b"<result><count>2</count><total>2</total><status>0</status><statusCode>200</statusCode>"
        b"<response><title>Call &amp; ask</title><id>7</id></response>"
        b"<response><title></title><currency /><isClosed>true</isClosed></response></result>"
    )
    empty = reply(ask(extension=".xml"), "json", success(200, [], count=0, total=0)).body
    assert empty == b"<result><total>0</total><status>0</status><statusCode>200</statusCode></result>"


TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]))


@given(TITLES)
def test_both_formats_say_the_same(title: str) -> None:
    members = success(200, {"title": title})
    as_json = msgspec.json.decode(reply(ask(), "json", members).body)
    as_xml = ET.fromstring(reply(ask(extension=".xml"), "json", members).body)
    assert as_json["response"]["title"] == title
    assert (as_xml.findtext("response/title") or "") == title
