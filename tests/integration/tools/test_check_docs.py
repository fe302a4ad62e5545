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


def test_a_dead_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    (tmp_path / "there.md").touch()
    page = tmp_path / "page.md"
    page.write_text("[a](there.md#part) [b](gone.md) [c](https://example.com/x)")
    assert list(check_docs.dead_links(page)) == ["page.md: dead link to gone.md"]


def test_a_made_page_that_is_stale_missing_or_for_nothing_is_found_and_mended(tmp_path: Path) -> None:
    made = {f"docs/reference/dialects/{name}.md": f"# {name}\n" for name in ("good", "stale", "missing")}
    folder = tmp_path / "docs" / "reference" / "dialects"
    folder.mkdir(parents=True)
    for name, text in {"good": "# good\n", "stale": "old", "gone": "# gone\n"}.items():
        (folder / f"{name}.md").write_text(text)

    found = list(check_docs.made_pages(made, write=False, root=tmp_path))
    assert [fault.partition(".md")[0].rpartition("/")[2] for fault in found] == ["gone", "missing", "stale"]

    assert not list(check_docs.made_pages(made, write=True, root=tmp_path))
    assert {page.stem: page.read_text() for page in folder.iterdir()} == {
        "good": "# good\n",
        "stale": "# stale\n",
        "missing": "# missing\n",
    }
