"""The first rows of a text that arrives in pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain.row_formats import heads

ROWS = [b"id,title\r\n", b'1,"a\nb"\r\n', b"\r\n", b"2,\xc3\xa9\n", b'3,"x,""y"""\n', b"4,\n", b"5,e\n", b"6,f\n"]
TEXT = b"".join(ROWS)


def looked(text: bytes, size: int) -> heads.Head:
    look = heads.Look()
    for at in range(0, len(text), size):
        look.add(text[at : at + size])
    return look.close()


@given(st.integers(1, len(TEXT)), st.integers(1, len(ROWS)))
def test_a_look_sees_the_same_however_the_text_is_cut(size: int, rows: int) -> None:
    text = b"".join(ROWS[:rows])
    assert looked(text, size) == heads.head(text.decode())


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_last_line_needs_no_end(end: bytes) -> None:
    assert looked(b"id,title\n1,a" + end, 5).rows == (("1", "a"),)


def test_a_look_holds_no_more_than_its_rows_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads.Look, "MOST_BYTES", 100)
    assert looked(b"id\n1\n" + b"\n" * 200 + b"2\n", 10).rows == (("1",),)
