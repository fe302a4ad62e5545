"""Cursors of the event log: one place in one log, and nothing else can be taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain import event_cursor
from dragoman.domain.errors import Invalid, NotFound

LOG, OTHER = "01a228db-d9af-702d-a0b4-0db88ab7540e", "01a228db-d9af-702d-a0b4-0db88ab7540f"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_is_read_as_it_was_written(sequence: int) -> None:
    text = event_cursor.encode(LOG, sequence)
    assert event_cursor.decode(text) == event_cursor.Place(LOG, sequence)
    assert set(text) <= set(ALPHABET)
    assert len(text) <= 200


@given(st.integers(0, 38), st.sampled_from(ALPHABET))
def test_no_changed_letter_goes_unnoticed(place: int, letter: str) -> None:
    text = event_cursor.encode(LOG, 42)
    forged = text[:place] + letter + text[place + 1 :]
    if forged != text:
        with pytest.raises(Invalid, match="not a cursor"):
            event_cursor.decode(forged)


@pytest.mark.parametrize("text", ["", "earlier", "A" * 39, "A" * 201, "é" * 39, event_cursor.encode(LOG, 42)[:-1]])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        event_cursor.decode(text)
    assert (refused.value.code, refused.value.problems[0].path) == ("bad_cursor", "?since")


@pytest.mark.parametrize(
    ("log", "sequence", "code"),
    [(OTHER, 20, "cursor_foreign"), (LOG, 31, "cursor_foreign"), (OTHER, 1, "cursor_foreign"), (LOG, 9, "cursor_gone")],
)
def test_a_cursor_that_leads_nowhere_names_where_the_log_begins_and_ends(log: str, sequence: int, code: str) -> None:
    with pytest.raises(NotFound) as refused:
        event_cursor.checked(event_cursor.Place(log, sequence), LOG, 10, 30)
    assert refused.value.code == code
    assert refused.value.parameters["status"] == 410
    assert refused.value.parameters["counts"] == {
        "earliest": event_cursor.encode(LOG, 10),
        "latest": event_cursor.encode(LOG, 30),
    }


@pytest.mark.parametrize("sequence", [10, 20, 30])
def test_both_ends_of_the_log_are_places_in_it(sequence: int) -> None:
    assert event_cursor.checked(event_cursor.Place(LOG, sequence), LOG, 10, 30) == sequence
