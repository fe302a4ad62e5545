"""Cursors: what goes in comes out, and nothing else is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.kit import paging
from dragoman.domain.errors import Invalid

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
rows = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | texts, max_size=5).map(tuple)


@given(rows, texts)
def test_a_cursor_is_read_back(values: tuple[paging.CursorValue, ...], sort: str) -> None:
    assert paging.decode_cursor(paging.encode_cursor(values, sort=sort), sort=sort) == values


def test_a_cursor_needs_no_escaping_in_a_url() -> None:
    cursor = paging.encode_cursor((19_335_690_001_234_567, "Größe?>", None), sort="due")
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_a_cursor_of_another_sort_is_refused() -> None:
    cursor = paging.encode_cursor((1, 2), sort="due")
    with pytest.raises(Invalid) as caught:
        paging.decode_cursor(cursor, sort="title")
    assert caught.value.code == "invalid_cursor"


def test_every_changed_or_missing_letter_is_noticed() -> None:
    cursor = paging.encode_cursor((12, "title"), sort="title")
    for at, letter in enumerate(cursor):
        for changed in (cursor[:at], cursor[:at] + cursor[at + 1 :], cursor[:at] + ("A" if letter != "A" else "B")):
            with pytest.raises(Invalid):
                paging.decode_cursor(changed, sort="title")


@pytest.mark.parametrize("text", ["", "a", "aaaaa", "!!!!", "AAAA", "ünlesbar", "a=b=", "A" * 8_193, "AAAA\n"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        paging.decode_cursor(text)


@pytest.mark.parametrize("values", [[True], [1.5], [[1]], {"a": 1}, 1])
def test_a_made_up_cursor_holds_no_other_types(values: object) -> None:
    cursor = paging.encode_cursor(values)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        paging.decode_cursor(cursor)
