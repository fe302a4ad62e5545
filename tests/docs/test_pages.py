"""The examples of the guide do what the page says, in order, each page against a fresh server."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.docs.reader import Reader, commands, on_one_line
from tests.support.databases import Databases
from tests.support.server import Server

BLOCK = re.compile(r"^```(?P<language>console|http|python)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(page for page in (ROOT / "docs" / "guide").glob("*.md") if BLOCK.search(page.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_does_what_it_says(page: Path, tmp_path: Path, databases: Databases) -> None:
    with ExitStack() as lent:
        server = lent.enter_context(Server(lent.enter_context(databases.lent("sqlite"))))
        reader = Reader(server, tmp_path, lambda: lent.enter_context(databases.lent("postgresql")))
        for block in BLOCK.finditer(page.read_text()):
            reader.follow(block["language"], block["text"])


def test_commands_are_told_from_what_they_print() -> None:
    assert list(commands("$ a\n$ b\nx\ny\n")) == [("a", ""), ("b", "x\ny\n")]


def test_a_command_is_given_lines_up_to_the_end() -> None:
    assert list(commands("$ a <<'END'\nx\nEND\ny\n$ b\n")) == [("a <<'END'\nx\nEND", "y\n"), ("b", "")]


def test_a_command_goes_on_behind_a_backslash() -> None:
    assert list(commands("$ a \\\n  b \\\n  c\ny\n$ d\n")) == [("a \\\n  b \\\n  c", "y\n"), ("d", "")]


def test_a_document_of_many_lines_is_one() -> None:
    assert on_one_line("<a>\n  <b>x</b>\n</a>\n") == "<a><b>x</b></a>"
