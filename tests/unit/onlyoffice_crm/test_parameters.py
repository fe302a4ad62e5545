"""Parameters: where they come from, in which order, and what each type takes."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.kit import json
from dragoman.dialects.onlyoffice_crm.wire.parameters import (
    BAD_BOOLEAN,
    BAD_GUID,
    BAD_INTEGER,
    NOBODY,
    Parameters,
    gather,
    to_boolean,
    to_guid,
    to_integer,
    to_member,
)
from dragoman.domain.errors import Invalid
from tests.unit.onlyoffice_crm.asking import ask

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
GUID = "a7c1f3d2-0d5e-4a55-9c1b-2f6f0f1f8e01"


def test_path_wins_over_query_and_query_over_body() -> None:
    request = ask(
        "PUT", taskid="5", query="title=query&taskid=6", body='{"title":"body","taskid":7,"x":1}',
        content_type=JSON,
    )  # fmt: skip
    found = gather(request)
    assert (found.text("taskid"), found.text("title"), found.text("x")) == ("5", "query", "1")


def test_names_know_no_case() -> None:
    found = gather(ask(body='{"ResponsibleID":"' + GUID + '"}', content_type=JSON, query="CATEGORYid=3"))
    assert found.guid("responsibleId") == GUID
    assert found.integer("categoryId") == 3


def test_the_first_of_several_values_counts() -> None:
    assert gather(ask(query="title=a&Title=b")).text("title") == "a"


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        ('{"a":12}', "a", ["12"]),
        ('{"a":"12"}', "a", ["12"]),
        ('{"a":true}', "a", ["true"]),
        ('{"a":null}', "a", [""]),
        ('{"a":[1,"2"]}', "a", ["1", "2"]),
        ('{"a":[]}', "a", []),
        ('{"a":{"b":1}}', "a", []),
        ('{"a":{"B":1}}', "a[b]", ["1"]),
        ("", "a", []),
        (" \n", "a", []),
    ],
)
def test_json_bodies(body: str, name: str, expected: list[str]) -> None:
    assert gather(ask("GET", body=body, content_type="application/json; charset=utf-8")).values(name) == expected


@pytest.mark.parametrize("body", ["[]", "1", '{"a":1', "{'a':1}", '{"a":1,"a":2}', '{"a":NaN}', '{"a":"\\u0000"}'])
def test_json_that_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(Invalid):
        gather(ask(body=body, content_type=JSON))


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml", "text/xml; charset=utf-8"])
def test_xml_bodies(content_type: str) -> None:
    body = "<any><title>Ship &amp; bill</title><contactId>1</contactId><contactId>2</contactId><description/></any>"
    found = gather(ask("GET", body=body, content_type=content_type))
    assert found.text("title") == "Ship & bill"
    assert found.values("contactid") == ["1", "2"]
    assert found.text("description") == ""


@pytest.mark.parametrize("body", ["", " "])
def test_an_empty_xml_body_has_no_parameters(body: str) -> None:
    assert gather(ask(body=body, content_type="text/xml")).text("title") is None


@pytest.mark.parametrize("body", ["<a>", "<!DOCTYPE a><a/>", "a"])
def test_malformed_xml_is_refused(body: str) -> None:
    with pytest.raises(Invalid):
        gather(ask(body=body, content_type="text/xml"))


@pytest.mark.parametrize(
    "body", ["contactId[]=1&contactId[]=2", "contactId[0]=1&contactId[1]=2", "contactId=1&contactId=2"]
)
def test_arrays_of_forms(body: str) -> None:
    assert gather(ask(body=body, content_type=FORM)).integers("contactId") == [1, 2]
    assert gather(ask("GET", query=body)).integers("contactid") == [1, 2]


def test_forms_are_not_read_for_get() -> None:
    assert gather(ask("GET", body="title=x", content_type=FORM)).text("title") is None


def test_multipart_fields_without_files() -> None:
    head = "--B\r\nContent-Disposition: form-data; name="
    body = f'{head}"Title"\r\n\r\nx\r\n{head}"photo"; filename="p.png"\r\n\r\ny\r\n--B--\r\n'
    found = gather(ask(body=body, content_type="multipart/form-data; boundary=B"))
    assert found.text("title") == "x"
    assert found.text("photo") is None


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/jsonp"])
def test_other_bodies_are_ignored(content_type: str | None) -> None:
    assert gather(ask(body='{"title":"x"}', content_type=content_type)).text("title") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("+7", 7), (" -8 ", -8), ("007", 7), ("2147483647", 2147483647), ("-2147483648", -2147483648),
        ("0x1F", 31), ("0Xff", 255), ("0xFFFFFFFF", -1), ("0x80000000", -2147483648), ("0x0000000001", 1),
        ("0" * 5000 + "1", 1),
    ],
)  # fmt: skip
def test_integers(text: str, value: int) -> None:
    assert to_integer(text, "x") == value


@pytest.mark.parametrize("text", ["abc", "1.5", "1e3", " ", "", "0x", "0xg", "--1", "1 2", "٣", "1,000", "-0x1"])
def test_what_is_no_integer(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_integer(text, "alertValue")
    assert refused.value.message == BAD_INTEGER
    assert refused.value.parameters["hresult"] == -2146233033
    assert refused.value.parameters["data"] == {"parameter": "alertValue", "reason": "not an integer"}


@pytest.mark.parametrize("text", ["2147483648", "-2147483649", "0x100000000", "9" * 5000, "0x" + "f" * 5000])
def test_integers_beyond_32_bits(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_integer(text, "x")
    assert refused.value.message == "Value was either too large or too small for an Int32."
    assert refused.value.parameters["hresult"] == -2146233066


@given(st.integers(-(2**40), 2**40))
def test_every_integer_is_itself_or_out_of_range(number: int) -> None:
    if -(2**31) <= number < 2**31:
        assert to_integer(str(number), "x") == number
    else:
        with pytest.raises(Invalid):
            to_integer(str(number), "x")


@pytest.mark.parametrize(("text", "value"), [("true", True), (" TRUE\t", True), ("False", False)])
def test_booleans(text: str, value: bool) -> None:
    assert to_boolean(text, "x") is value


@pytest.mark.parametrize("text", ["1", "0", "yes", "on", "t", " "])
def test_what_is_no_boolean(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_boolean(text, "x")
    assert refused.value.message == BAD_BOOLEAN


@given(st.uuids(), st.booleans(), st.booleans(), st.booleans())
def test_guids_in_all_their_spellings(value: uuid.UUID, dashes: bool, braces: bool, upper: bool) -> None:
    text = str(value) if dashes else value.hex
    text = f"{{{text}}}" if braces else text
    assert to_guid(text.upper() if upper else text, "x") == str(value)


@pytest.mark.parametrize(
    "text", ["", "1", GUID[:-1], GUID + "0", "{" + GUID, GUID + "}", GUID.replace("-", "_"), "x" * 32]
)
def test_what_is_no_guid(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_guid(text, "x")
    assert refused.value.message == BAD_GUID


def test_missing_and_empty_values_have_their_defaults() -> None:
    for found in (Parameters(), Parameters({"x": [""]})):
        assert found.integer("x") == 0
        assert found.boolean("x") is False
        assert found.optional_boolean("x") is None
        assert found.guid("x") is None
        assert found.date("x") is None
        assert found.choice("x", {"none": 0, "read": 2}) == 0
    assert Parameters().text("x") is None
    assert Parameters({"x": [""]}).text("x") == ""


def test_the_zero_guid_is_nobody() -> None:
    assert Parameters({"x": ["{00000000000000000000000000000000}"]}).guid("x") is None


@pytest.mark.parametrize("text", ["Read", "READ", "2", " read "])
def test_enumerations_by_name_or_number(text: str) -> None:
    assert to_member(text, "x", {"none": 0, "readwrite": 1, "read": 2}) == 2


@pytest.mark.parametrize("text", ["3", "write", "-1", "²", "9" * 5000])
def test_what_is_no_member(text: str) -> None:
    with pytest.raises(Invalid):
        to_member(text, "x", {"none": 0, "readwrite": 1, "read": 2})


SCALARS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.integers(-(2**63), 2**63 - 1)


@given(st.dictionaries(st.text("abcXYZ", min_size=1), SCALARS | st.booleans() | st.none()))
def test_any_flat_object_is_its_members_as_text(members: dict[str, object]) -> None:
    found = gather(ask(body=json.encode(members), content_type=JSON))
    first: dict[str, object] = {}
    for name, value in members.items():
        first.setdefault(name.lower(), value)
    for name, value in first.items():
        expected = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        assert found.text(name) == expected


def test_empty_items_of_an_array_are_their_types_zero() -> None:
    found = Parameters({"x": ["1", ""], "y": ["", GUID, NOBODY]})
    assert found.integers("x") == [1, 0]
    assert found.guids("y") == [GUID]
