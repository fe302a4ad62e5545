"""Query strings and forms: strict escapes, UTF-8, limits, and multipart bodies that are broken on purpose."""

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.kit import forms
from dragoman.domain.errors import Invalid, TooLarge

PART = '--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n'
TYPE = 'multipart/form-data; boundary="B"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a=1&b=2&a=3", {"a": ["1", "3"], "b": ["2"]}),
        ("q=a+b%20c%2Bd", {"q": ["a b c+d"]}),
        ("a&b=&=c&&", {"a": [""], "b": [""], "": ["c"]}),
        ("a=b=c;d", {"a": ["b=c;d"]}),
        ("fields%5B%5D=id", {"fields[]": ["id"]}),
        ("q=%C3%BC%e2%82%ac", {"q": ["ü€"]}),
        ("q=\xc3\xbc", {"q": ["ü"]}),  # raw bytes, handed on as Latin-1
        ("q=€", {"q": ["€"]}),
        ("q=%u".replace("%u", "%25u"), {"q": ["%u"]}),
    ],
)
def test_query_parameters(text: str, expected: dict[str, list[str]]) -> None:
    assert forms.parse_query(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a=%", "percent"),
        ("a=%4", "percent"),
        ("a=%zz", "percent"),
        ("%zz=a", "percent"),
        ("a=%u0041", "percent"),
        ("a=%ff%fe", "encoding"),
        ("a=%c0%af", "encoding"),
        ("a=%ed%a0%80", "encoding"),
        ("a=\xff", "encoding"),
        ("a=\ud800", "encoding"),
        ("a=b%00", "nul"),
        ("a%00=b", "nul"),
        ("a=b\0", "nul"),
    ],
)
def test_a_query_that_is_no_text_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        forms.parse_query(text)
    assert (caught.value.code, caught.value.problems[0].code) == ("invalid_query", code)


def test_the_fields_of_a_form() -> None:
    body = b"title=Book+the+hall&deadline=2031-05-02&contactId[]=21&contactId[]=22&n=a%0D%0Ab&raw=\xc3\xbc"
    assert forms.parse_urlencoded(body) == [
        ("title", "Book the hall"),
        ("deadline", "2031-05-02"),
        ("contactId[]", "21"),
        ("contactId[]", "22"),
        ("n", "a\r\nb"),
        ("raw", "ü"),
    ]
    assert forms.parse_urlencoded(b"") == []


@pytest.mark.parametrize("body", [b"title=\xff\xfe\x00\x01", b"a=%zz", b"a=\0", b"a=b%00"])
def test_a_form_that_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        forms.parse_urlencoded(body)
    assert caught.value.code == "invalid_form"


def test_a_thousand_fields_are_read_and_one_more_is_not() -> None:
    assert len(forms.parse_urlencoded(b"&".join([b"a=1"] * 1_000))) == 1_000
    for body in (b"&".join([b"a=1"] * 1_001), b"&" * 900_000):
        with pytest.raises(Invalid, match="more than 1000 fields"):
            forms.parse_urlencoded(body)


def multipart(*parts: str | bytes) -> bytes:
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts) + b"--B--\r\n"


def test_a_field_is_text_and_a_file_is_bytes() -> None:
    upload = b'--B\r\nContent-Disposition: form-data; name="file"; filename="../../a"\r\n\r\n\xff\0\r\n'
    assert forms.parse_multipart(multipart(PART, upload, PART), TYPE) == [
        ("title", "x"),
        ("file", b"\xff\0"),
        ("title", "x"),
    ]


def test_names_are_utf8_and_content_may_look_like_a_boundary() -> None:
    body = multipart('--B\r\ncontent-disposition: form-data; name="größe[]"\r\n\r\na\r\n--C\r\n\r\n')
    assert forms.parse_multipart(body, "multipart/form-data; boundary=B") == [("größe[]", "a\r\n--C\r\n")]


def test_an_empty_form_has_no_parts() -> None:
    assert forms.parse_multipart(b"--B--\r\n", TYPE) == []


FOLDED = '--B\r\nContent-Disposition: form-data;\r\n name="title"\r\nX-More: a\r\n\t b\r\n c\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b"This is a message in parts.\r\n" + multipart(PART),
        b"\r\n" + multipart(PART),
        b"--Bother\r\n--B but not alone\r\n" + multipart(PART),
        multipart(PART) + b"An epilogue.\r\n--B\r\n",
        multipart(PART).replace(b"--B\r\n", b"--B \t \r\n").replace(b"--B--\r\n", b"--B-- \t"),
        multipart(FOLDED),
        multipart(PART).removesuffix(b"\r\n"),
        multipart(PART.replace("Content-Disposition: ", "content-disposition :\t")),
    ],
    ids=["preamble", "empty preamble", "almost", "epilogue", "blanks", "folded", "no end of line", "spaces"],
)
def test_what_rfc_2046_allows_is_read(body: bytes) -> None:
    assert forms.parse_multipart(body, TYPE) == [("title", "x")]


def test_content_may_be_empty_or_end_in_line_ends() -> None:
    for content in ("", "\r\n", "\r\n\r\n", "a--B--", "a\r\n--B-\r\n"):
        assert forms.parse_multipart(multipart(PART.replace("x", content)), TYPE) == [("title", content)]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (multipart(PART), "multipart/form-data"),
        (multipart(PART), 'multipart/form-data; boundary=""'),
        (multipart(PART), "multipart/form-data; boundary=" + "b" * 5_000),
        (multipart(PART), "multipart/form-data; boundary=C"),
        (multipart(PART), "text/plain; boundary=B"),
        (multipart(PART), "multipart/form-data; boundary=\u20ac"),
        (PART.encode(), TYPE),
        (b"", TYPE),
        (b"--B\r\n\r\nx\r\n--B--\r\n", TYPE),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n", TYPE),
        (multipart(PART).replace(b"\r\n", b"\n"), TYPE),
        (b"--B\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\nx\r\n--B--\r\n", TYPE),
        (b"--B\r\nX-A: " + b"b" * 900_000 + b"\r\n\r\nx\r\n--B--\r\n", TYPE),
        (b"--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--\r\n--B--\r\n", TYPE),
        (multipart(PART.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n")), TYPE),
        (multipart(PART.replace("title", "a\0")), TYPE),
        (multipart(PART.replace("x", "\0")), TYPE),
        (multipart(PART.encode().replace(b"x", b"\xff")), TYPE),
        (b"\r" * 900_000, TYPE),
        (b"\r\n--" * 200_000, TYPE),
    ],
)
def test_a_broken_multipart_body_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(Invalid) as caught:
        forms.parse_multipart(body, content_type)
    assert caught.value.code == "invalid_form"


@pytest.mark.parametrize("encoding", ["8bit", "binary", "7Bit"])
def test_a_transfer_encoding_that_changes_nothing_is_taken(encoding: str) -> None:
    part = PART.replace("\r\n\r\n", f"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n")
    assert forms.parse_multipart(multipart(part), TYPE) == [("title", "x")]


def test_a_hundred_parts_are_read_and_one_more_is_not() -> None:
    assert len(forms.parse_multipart(multipart(PART * 100), TYPE)) == 100
    for times in (101, 20_000):
        with pytest.raises(Invalid, match="more than 100 parts"):
            forms.parse_multipart(multipart(PART * times), TYPE)


@pytest.mark.parametrize("piece", ["\r", "\r\n--", "\r\n--B-", "\r\n--B\r", "\r\n-"])
def test_a_body_full_of_almost_boundaries_takes_time_in_step_with_its_length(piece: str) -> None:
    content = piece * (900_000 // len(piece))
    began = time.thread_time()
    assert forms.parse_multipart(multipart(PART.replace("x", content)), TYPE) == [("title", content)]
    assert time.thread_time() - began < 2


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.text("aé€+& %=;"))))
def test_fields_come_back(pairs: list[tuple[str, str]]) -> None:
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    assert forms.parse_urlencoded(body.encode()) == pairs


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (forms.parse_urlencoded, lambda raw: forms.parse_multipart(raw, TYPE)):
        try:
            read(body)
        except Invalid:
            continue


FORM = multipart(
    PART,
    '--B\r\nContent-Disposition: form-data; name="more"; filename="m.txt"\r\n\r\nheld\r\n',
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n\r\n--\r\n--B-\xff\0\r\n\r\n',
    PART.replace("title", "behind"),
)
CONTENT = b"\r\n--\r\n--B-\xff\0\r\n"


async def arrived(body: bytes, *cuts: int, most: int = 1_000) -> tuple[list[tuple[str, str | forms.Sent]], list[bytes]]:
    """The fields and the file of a form that arrives in pieces. The file ends only when all of the form is read."""

    async def pieces() -> AsyncIterator[bytes]:
        at = 0
        for cut in (*sorted(cuts), len(body)):
            yield body[at:cut]
            at = cut

    stream = forms.FormStream(pieces(), TYPE, "file", most)
    file = await stream.open()
    content = [] if file is None else [piece async for piece in file.pieces]
    return stream.fields, content


@given(st.sets(st.integers(0, len(FORM)), max_size=40))
def test_a_form_may_be_cut_anywhere_while_it_arrives(cuts: set[int]) -> None:
    fields, content = asyncio.run(arrived(FORM, *cuts))
    assert fields == [("title", "x"), ("more", forms.Sent("m.txt", b"held")), ("behind", "x")]
    assert b"".join(content) == CONTENT


def test_the_fields_ahead_of_a_file_are_known_before_it_has_arrived() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield FORM[: FORM.index(CONTENT) + 10]
        raise AssertionError("more was read")

    async def opened() -> None:
        stream = forms.FormStream(pieces(), TYPE, "file", 1_000)
        file = await stream.open()
        assert file is not None
        assert (file.file_name, [name for name, _ in stream.fields]) == ("a.csv", ["title", "more"])

    asyncio.run(opened())


@pytest.mark.parametrize("end", [FORM.index(CONTENT) + 5, len(FORM) - 40, len(FORM) - 8])
def test_a_file_has_no_end_in_a_form_that_is_broken_off(end: int) -> None:
    with pytest.raises(Invalid, match="ends before its last boundary"):
        asyncio.run(arrived(FORM[:end]))


def test_a_field_without_a_file_has_none() -> None:
    empty = b'--B\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n'
    assert asyncio.run(arrived(multipart(PART, empty, PART))) == ([("title", "x"), ("title", "x")], [])


def test_what_is_held_of_a_form_has_a_bound_and_its_file_has_none() -> None:
    large = FORM.replace(CONTENT, CONTENT * 1_000)
    assert b"".join(asyncio.run(arrived(large, most=6))[1]) == CONTENT * 1_000
    with pytest.raises(TooLarge):
        asyncio.run(arrived(large, most=5))
