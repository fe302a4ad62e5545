"""The pages' check itself can fail."""

from pathlib import Path

import pytest

from tools import check_docs

PAGE = "# Settings\n\n<!-- begin settings -->\nold\n<!-- end settings -->\n\nMore.\n"


def test_a_stale_table_is_made_anew_and_the_rest_left_alone() -> None:
    new = check_docs.renewed(PAGE, {"settings": "| new |\n"})
    assert new == "# Settings\n\n<!-- begin settings -->\n| new |\n<!-- end settings -->\n\nMore.\n"
    assert check_docs.renewed(new, {"settings": "| new |\n"}) == new


def test_a_table_nobody_makes_is_an_error() -> None:
    with pytest.raises(ValueError, match="no table is called settings"):
        check_docs.renewed(PAGE, {})


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    (tmp_path / "there.md").touch()
    page = tmp_path / "page.md"
    page.write_text("[a](there.md#part) [b](gone.md) [c](https://example.com/x)")
    assert list(check_docs.dead_links(page)) == ["page.md: the link to gone.md leads nowhere"]
