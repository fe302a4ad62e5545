"""Catalogues of the pages: all of their texts are in them, translated."""

from pathlib import Path

import pytest

from dragoman.web.words import LANGUAGES
from tools import messages


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated(language: str) -> None:
    assert messages.faults(language) == []


def test_what_is_missing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "frame.po").write_text(
        'msgid "Sign in"\nmsgstr ""\n\n#, fuzzy\nmsgid "Mine"\nmsgstr "Meine"\n\nmsgid "Nowhere"\nmsgstr "Nirgends"\n\n'
        'msgid "in %(amount)s"\nmsgstr "in %(wrong)s"\n'
    )
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    found = "\n".join(messages.faults("de"))
    for fault in ("not translated: 'Sign in'", "fuzzy: 'Mine'", "not used: 'Nowhere'", "not in the catalogue: 'Done'"):
        assert fault in found
    assert "other names between the brackets: 'in %(amount)s'" in found
