"""Bounds of searches and filters, whose cost grows with each term."""

from collections.abc import Iterable

from dragoman.domain.errors import Invalid, Problem

MOST_WORDS = 20
"""Maximum words of a search. Each costs a lookup in the index of words."""

MOST_TERMS = 100
"""Maximum comparisons of a filter, and attributes of an order."""

MOST_VALUES = 1_000
"""Maximum values in one term."""


def search_words(words: Iterable[str], parameter: str) -> tuple[str, ...]:
    """The words of a search, sorted, without prefixes of other words: those match anyway.

    Raises Invalid (`too_many_words`) beyond MOST_WORDS; `parameter` is where the client sent them.
    """
    found: list[str] = []
    for word in sorted(set(words), reverse=True):  # "mail" comes before "ma", which it implies
        if not (found and found[-1].startswith(word)):
            found.append(word)
    if len(found) > MOST_WORDS:
        message = f"A search takes at most {MOST_WORDS} words."
        problem = Problem(f"?{parameter}", "too_many", f"holds more than {MOST_WORDS} words")
        raise Invalid("too_many_words", message, (problem,), limit=MOST_WORDS)
    return tuple(reversed(found))
