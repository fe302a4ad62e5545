"""Words of a task: the quick way for ASCII finds what the pattern finds."""

from hypothesis import given
from hypothesis import strategies as st

from dragoman.store.engine import words

FAR = "\u0101"  # a letter that no text of ASCII has


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_split_like_all_other_text(text: str) -> None:
    assert words.split(text) == words.split(f"{text} {FAR}") - {FAR}


def test_words_are_cut_at_their_longest() -> None:
    assert words.split("x" * 100) == {"x" * words.LONGEST}
    assert words.split(FAR * 100) == {FAR * words.LONGEST}
