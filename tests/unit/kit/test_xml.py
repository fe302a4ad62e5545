"""XML in and out: what is refused, how elements become parameters, how values become elements."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.kit import xml
from dragoman.domain.errors import Invalid

GOOD = "<task><title>x</title></task>"


def titled(fragment: str) -> bytes:
    return f"<task><title>{fragment}</title></task>".encode()


def refusal(body: bytes, **limits: int) -> Invalid:
    with pytest.raises(Invalid) as caught:
        xml.parse(body, **limits)
    assert caught.value.code == "invalid_xml"
    return caught.value


def test_an_element_carries_text_children_and_attributes() -> None:
    root = xml.parse(b'<a x="1">one<b/>two<b y="2">&lt;&#65;<![CDATA[<c/>]]></b></a>')
    assert (root.name, root.text, root.attributes) == ("a", "onetwo", {"x": "1"})
    assert [(child.name, child.text, child.attributes) for child in root.children] == [
        ("b", "", {}),
        ("b", "<A<c/>", {"y": "2"}),
    ]


def test_names_are_local() -> None:
    root = xml.parse(b'<n:a xmlns:n="urn:n" n:x="1"><b xmlns="urn:b"/></n:a>')
    assert (root.name, root.attributes, root.children[0].name) == ("a", {"x": "1"}, "b")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body is empty"),
        (b" \n", "body is empty"),
        (b'{"title":"x"}', "body is not XML: line 1 column 1"),
        (GOOD[:-3].encode(), "body is not XML: line 1 column 23"),
        (b"<a>\n<b></a>\n</b>", "body is not XML: line 2 column 6"),
        (f"{GOOD}{GOOD}".encode(), "body is not XML: line 1 column 30"),
        (f"{GOOD}x".encode(), "body is not XML: line 1 column 30"),
        (f"x{GOOD}".encode(), "body is not XML: line 1 column 2"),
        (f" <?xml version='1.0'?>{GOOD}".encode(), "body is not XML: line 1 column 2"),
        (b"<1a/>", "body is not XML: line 1 column 2"),
        (titled("a & b"), "body is not XML: line 1 column 17"),
        (titled("a < b"), "body is not XML: line 1 column 17"),
        (titled("]]>"), "body is not XML: line 1 column 16"),
        (titled("&nope;"), "body is not XML: line 1 column 14"),
        (titled("&#0;"), "body is not XML: line 1 column 14"),
        (titled("&#1;"), "body is not XML: line 1 column 14"),
        (titled("&#xD800;"), "body is not XML: line 1 column 14"),
        (titled("&#xFFFFFFFFF;"), "body is not XML: line 1 column 14"),
        (titled("é\0"), "body is not XML: line 1 column 15"),
        (b"<a x='1' x='2'/>", "body is not XML: line 1 column 10"),
        (b"<a x=1/>", "body is not XML: line 1 column 6"),
        (b"<n:a/>", "body is not XML: line 1 column 1"),
        (f"<!-- a -- b -->{GOOD}".encode(), "body is not XML: line 1 column 10"),
        (b"<a>\xff\xfe</a>", "body is not UTF-8: line 1 column 4"),
        (b"<a>\xed\xa0\x80</a>", "body is not UTF-8: line 1 column 4"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place(body: bytes, message: str) -> None:
    assert refusal(body).message == message


@pytest.mark.parametrize("encoding", ["nonsense", "ISO-8859-1", "utf-7", "utf-16", "UTF-32", "cp1252"])
def test_a_declared_encoding_other_than_the_bodys_is_refused(encoding: str) -> None:
    error = refusal(f"<?xml version='1.0' encoding='{encoding}'?>{GOOD}".encode())
    assert error.problems[0].code == "encoding"


def test_utf8_and_utf16_are_read_by_their_marks_and_declarations() -> None:
    declared = "<?xml version='1.0' encoding='{}'?>" + GOOD
    for body in (
        declared.format("UTF-8").encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        declared.format("utf-16").encode("utf-16"),
        b"\xfe\xff" + declared.format("UTF-16").encode("utf-16-be"),
    ):
        assert xml.parameters(xml.parse(body)) == [("title", "x")]
    assert refusal(declared.format("utf-8").encode("utf-16")).problems[0].code == "encoding"


def test_a_lone_surrogate_in_utf16_is_refused() -> None:
    body = b"\xff\xfe" + "<a>\ud800</a>".encode("utf-16-le", "surrogatepass")
    assert refusal(body).message == "body is not UTF-16: line 1 column 1"


def lol(levels: int) -> str:
    inner = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels + 1))
    return f'<!ENTITY l0 "lol">{inner}'


@pytest.mark.parametrize(
    ("external", "inside", "fragment"),
    [
        ("", "[]", "x"),
        ("", '[<!ENTITY x "y">]', "&x;"),
        ("", f"[{lol(9)}]", "&l9;"),
        ("", f"[{lol(6)}]", "&l6;"),
        ("", f'[<!ENTITY x "{"A" * 50_000}">]', "&x;" * 4_000),
        ("", '[<!ENTITY x "&y;"><!ENTITY y "&x;">]', "&x;"),
        ("", '[<!ENTITY x SYSTEM "file:///etc/passwd">]', "&x;"),
        ("", '[<!ENTITY x PUBLIC "-//A//B" "http://127.0.0.1:9/x">]', "&x;"),
        ("", '[<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]', "x"),
        ("", '[<!ENTITY x SYSTEM "file:///dev/zero">]', "&x;"),
        ("", f'[<!ATTLIST task a CDATA "{"A" * 50_000}">]', "x"),
        ("", '[<!NOTATION n SYSTEM "http://127.0.0.1:9/x">]', "x"),
        ('SYSTEM "http://127.0.0.1:9/x"', "", "x"),
        ('SYSTEM "http://127.0.0.1:9/x"', "[]", "&x;"),
        ('PUBLIC "-//A//B" "http://127.0.0.1:9/x"', "", "&x;"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_in_it_is_looked_at(
    external: str, inside: str, fragment: str, encoding: str
) -> None:
    body = f"<!DOCTYPE task {external}{inside}>{titled(fragment).decode()}".encode(encoding)
    began = time.thread_time()
    error = refusal(body)
    assert time.thread_time() - began < 0.05
    assert error.message.startswith("a document type is not taken: line 1 column ")


def test_depth_64_is_read_and_65_is_not() -> None:
    xml.parse(b"<a>" * 64 + b"</a>" * 64)
    assert refusal(b"<a>" * 65 + b"</a>" * 65).problems[0].code == "too_deep"
    assert refusal(b"<a>" * 100_000).problems[0].code == "too_deep"


def test_elements_and_attributes_are_limited_together() -> None:
    body = b'<a x="1" y="2" xmlns:p="u"><b/></a>'  # 2 elements, 2 attributes, 1 namespace
    xml.parse(body, max_nodes=5)
    assert refusal(body, max_nodes=4).message.startswith("more than 4 elements and attributes")
    assert refusal(b"<t>" + b"<a/>" * 100_000 + b"</t>").problems[0].code == "too_many"


@pytest.mark.parametrize(
    "fragment",
    [
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a http://127.0.0.1:9/x"/>',
        "<!--" + "x" * 900_000 + "-->",
        "<?p " + "x" * 900_000 + "?>",
        "&#65;" * 100_000,
        "<" + "n" * 400_000 + "/>",
        "<a " + " ".join(f'xmlns:n{number}="u{number}"' for number in range(20_000)) + "/>",
    ],
)
def test_what_is_odd_and_lawful_is_read_without_fetching_or_delay(fragment: str) -> None:
    began = time.thread_time()
    xml.parse(titled(fragment))
    assert time.thread_time() - began < 0.5


def test_parameters_of_a_crm_body() -> None:
    body = (
        b"<task><title>Ship &amp; bill</title><deadline>2031-06-01T12:00:00+02:00</deadline>"
        b"<categoryId>1</categoryId><description/></task>"
    )
    assert xml.parameters(xml.parse(body)) == [
        ("title", "Ship & bill"),
        ("deadline", "2031-06-01T12:00:00+02:00"),
        ("categoryId", "1"),
        ("description", ""),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<t/>", []),
        (b"<t>text</t>", []),
        (b"<t><id>1</id><x/><id>2</id></t>", [("id", "1"), ("id", "2"), ("x", "")]),
        (b"<t><a><b>1</b><c><d>2</d></c></a></t>", [("a[b]", "1"), ("a[c][d]", "2")]),
        (b"<t><a><b>1</b></a><a><b>2</b></a></t>", [("a[0][b]", "1"), ("a[1][b]", "2")]),
    ],
)
def test_parameters(body: bytes, expected: list[tuple[str, str]]) -> None:
    assert xml.parameters(xml.parse(body)) == expected


def test_an_element_as_json_would_have_it() -> None:
    body = (
        b'<input xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><item><sku>A</sku></item>'
        b"<item><sku>B</sku><n/></item><note xsi:nil='true'/><name>x</name></input>"
    )
    assert xml.to_value(xml.parse(body)) == {
        "item": [{"sku": "A"}, {"sku": "B", "n": ""}],
        "note": None,
        "name": "x",
    }
    assert xml.to_value(xml.parse(b"<input/>")) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"response": [{"id": 7}, {"id": 11}]}, "<response><id>7</id></response><response><id>11</id></response>"),
        ({"response": [{"id": 7}]}, "<response><id>7</id></response>"),
        ({"total": 0, "response": []}, "<total>0</total>"),
        ({"currency": None}, "<currency />"),
        ({"response": {}}, "<response />"),
        ({"description": ""}, "<description></description>"),
        ({"a": True, "b": False, "c": -1, "d": 1.5}, "<a>true</a><b>false</b><c>-1</c><d>1.5</d>"),
        ({"m": "Ship & <bill> ]]>"}, "<m>Ship &amp; &lt;bill&gt; ]]&gt;</m>"),
        ({"m": "a\tb\nc\rd"}, "<m>a\tb\nc&#xD;d</m>"),
        ({"m": "a\0\x1b\ud800\uffff\ufffeb"}, "<m>a\ufffd\ufffd\ufffd\ufffd\ufffdb</m>"),
        ({"grid": [[1, 2], []]}, "<grid><grid>1</grid><grid>2</grid></grid><grid></grid>"),
        (
            {"part no": 1, "2nd": 2, "a:b": 3, "": 4},
            "<part_x0020_no>1</part_x0020_no><_x0032_nd>2</_x0032_nd><a_x003A_b>3</a_x003A_b><_>4</_>",
        ),
        ({"_x0041_": 1, "Straße": 2}, "<_x005F_x0041_>1</_x005F_x0041_><Straße>2</Straße>"),
    ],
)
def test_values_are_printed_as_the_crm_does(value: Any, expected: str) -> None:
    assert xml.render("result", value).decode() == f"<result>{expected}</result>"


def test_an_error_of_the_crm() -> None:
    value = {"status": 1, "statusCode": 404, "error": {"message": "Not found", "hresult": -2147467259, "data": {}}}
    assert xml.render("result", value) == (
        b"<result><status>1</status><statusCode>404</statusCode><error><message>Not found</message>"
        b"<hresult>-2147467259</hresult><data /></error></result>"
    )


def test_a_root_may_be_empty_null_or_an_array() -> None:
    assert xml.render("r", {}) == b"<r />"
    assert xml.render("r", None) == b"<r />"
    assert xml.render("r", "x") == b"<r>x</r>"
    assert xml.render("r", [1, None]) == b"<r><r>1</r><r /></r>"


def test_null_can_be_marked() -> None:
    printed = xml.render("input", {"a": None, "b": {}}, nil=True)
    assert printed == (
        b'<input xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><a xsi:nil="true" /><b /></input>'
    )
    assert xml.to_value(xml.parse(printed)) == {"a": None, "b": ""}
    assert xml.to_value(xml.parse(xml.render("input", None, nil=True))) is None


def test_what_has_no_xml_is_a_bug() -> None:
    with pytest.raises(TypeError):
        xml.render("r", {"a": object()})


texts = st.text(st.characters(codec="utf-8").filter(lambda c: c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff")))


@given(st.dictionaries(st.text(min_size=1), st.text(st.characters()) | st.lists(st.text(st.characters()))))
def test_whatever_is_printed_is_well_formed(value: dict[str, Any]) -> None:
    xml.parse(xml.render("result", value))


@given(st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True), texts, min_size=1))
def test_text_comes_back(value: dict[str, str]) -> None:
    assert xml.to_value(xml.parse(xml.render("result", value))) == value
