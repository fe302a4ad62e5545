"""Each change that users notice has a sentence in `changes/`. Without this rule a release was described from memory,
and the change that broke a client was missing.

towncrier refuses a misnamed file (`make static`); that each line of a fragment is a sentence is checked here.
"""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

NOT_FRAGMENTS = {"README.md", "template.md.jinja"}
LONGEST = 400


def is_fragment(text: str) -> bool:
    """Whether each line is one sentence, `- ` before it aside."""
    return bool(text.strip()) and all(is_sentence(line.removeprefix("- ")) for line in text.strip().splitlines())


def is_sentence(line: str) -> bool:
    return line.endswith(".") and re.search(r"[.!?] [A-Z]", line) is None and len(line) <= LONGEST


def fragments(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.iterdir()) if file.name not in NOT_FRAGMENTS]


def test_a_fragment_has_one_sentence_a_line() -> None:
    wrong = [file.name for file in fragments(ROOT / "changes") if not is_fragment(file.read_text())]
    assert not wrong, f"one sentence a line, with its full stop, up to {LONGEST} characters: {wrong}"


def test_the_changelog_has_the_place_where_a_release_is_added() -> None:
    assert (ROOT / "CHANGELOG.md").read_text().count("\n<!-- releases -->\n") == 1


@pytest.mark.parametrize(
    "text",
    [
        "Owners may release tasks\n",
        "Owners may release tasks. Others may not.\n",
        "Owners\nmay release tasks.\n",
        "",
        "Owners may " + "re" * 200 + "lease tasks.\n",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    assert not is_fragment(text)
