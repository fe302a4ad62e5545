"""Users are told of each change in one sentence. Without this rule a release was described from memory, and the change
that broke somebody's client was not in it."""

from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tools import changelog


def test_fragments_are_well_formed() -> None:
    assert not changelog.faults(ROOT / "changes")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("release tasks.added.md", "Owners may release tasks.\n"),
        ("release-tasks.new.md", "Owners may release tasks.\n"),
        ("release-tasks.added.txt", "Owners may release tasks.\n"),
        ("release-tasks.added.md", "Owners may release tasks\n"),
        ("release-tasks.added.md", "Owners may release tasks. Others may not.\n"),
        ("release-tasks.added.md", "Owners\nmay release tasks.\n"),
        ("release-tasks.added.md", ""),
        ("release-tasks.added.md", "Owners may " + "re" * 200 + "lease tasks.\n"),
    ],
)
def test_a_fragment_that_is_not_is_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert changelog.faults(tmp_path)


def test_a_release_gathers_the_fragments_and_removes_them(tmp_path: Path) -> None:
    (tmp_path / "changes").mkdir()
    (tmp_path / "changes" / "b.fixed.md").write_text("A due time kept its zone.\n")
    (tmp_path / "changes" / "a.added.md").write_text("Owners may release tasks.\n")
    page = tmp_path / "CHANGELOG.md"
    page.write_text("# Changes\n\n<!-- releases -->\n\n## 0.1.0 (2031-01-01)\n")

    changelog.release(tmp_path, "0.2.0", "2031-02-01")

    assert not list((tmp_path / "changes").iterdir())
    assert page.read_text() == (
        "# Changes\n\n<!-- releases -->\n\n## 0.2.0 (2031-02-01)\n\n### Added\n\n- Owners may release tasks.\n\n"
        "### Fixed\n\n- A due time kept its zone.\n\n## 0.1.0 (2031-01-01)\n"
    )
