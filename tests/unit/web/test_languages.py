"""Words of the pages: which language a reader gets, and what its texts say."""

import pytest

from dragoman.web.words import chosen, words


@pytest.mark.parametrize(
    ("own", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "lv, de-AT;q=0.8, en;q=0.9", "en"),
        (None, "lv, de-AT;q=0.8", "de"),
        (None, "de;q=0, en", "en"),
        (None, "de;q=x", "en"),
        ("de-CH", "en", "de"),
        ("lv", "de", "de"),
    ],
)
def test_the_language_of_a_reader(own: str | None, accepted: str, language: str) -> None:
    assert chosen(own, accepted) == language


def test_texts_are_filled_in() -> None:
    assert words("de").gettext("Task %(number)s", number=3) == "Aufgabe 3"
    assert words("en").gettext("Task %(number)s", number=3) == "Task 3"
    assert words("en").gettext("") == ""
