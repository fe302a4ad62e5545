"""Bounds of searches."""

import pytest

from dragoman.domain.errors import Invalid
from dragoman.domain.search import MOST_WORDS, search_words


def test_a_word_that_begins_another_asks_nothing_more() -> None:
    assert search_words(["mail", "ma", "print", "printer", "mail"], "q") == ("mail", "printer")


def test_as_many_words_as_allowed_are_taken() -> None:
    words = [f"word{number:02}" for number in range(MOST_WORDS)]
    assert search_words(words, "q") == tuple(words)


def test_one_word_more_is_refused_with_the_place() -> None:
    with pytest.raises(Invalid) as refusal:
        search_words([f"word{number:02}" for number in range(MOST_WORDS + 1)], "q")
    assert refusal.value.code == "too_many_words"
    assert [problem.path for problem in refusal.value.problems] == ["?q"]
