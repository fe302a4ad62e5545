"""The examples of the guide do what the page says, in order, each page against a fresh server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.placeholders import compare_json, compare_text
from tests.house.source import ROOT
from tests.server import Answer, Server, environment

BLOCK = re.compile(r"^```(?P<language>console|http)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
REFERENCE = re.compile(r"\{(\w+)\}")
PAGES = sorted(page for page in (ROOT / "docs" / "guide").glob("*.md") if BLOCK.search(page.read_text()))


@dataclass
class Reader:
    """Somebody who does what the page says. `{id}` means the last `id` that an answer had, `{etag}` its ETag."""

    server: Server
    folder: Path
    answer: Answer | None = None
    last_id: Any = None

    def follow(self, language: str, text: str) -> None:
        """Run commands, send a request, or compare an answer with the one before."""
        if language == "console":
            for command, expected in commands(text):
                self.run(command, expected)
        elif text[0].isdigit():
            self.compare(text)
        else:
            self.send(text)

    def run(self, command: str, expected: str) -> None:
        """One command of a console; what it prints is what the page shows, `…` aside."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        variables = {**environment(self.server.database_url), "PATH": path}
        done = subprocess.run(["bash", "-c", command], env=variables, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        if expected:
            compare_text(shown(expected), done.stdout, self.known)

    def send(self, text: str) -> None:
        """A request as HTTP writes it."""
        head, _, body = text.partition("\n\n")
        first, *lines = REFERENCE.sub(lambda found: str(self.known(found[1])), head).splitlines()
        method, _, target = first.partition(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        self.answer = self.server.call(method, target, body.strip() or None, headers)
        if self.answer.body and "id" in (members := self.answer.json()):
            self.last_id = members["id"]

    def compare(self, text: str) -> None:
        """The answer as the page shows it, or a part of it."""
        assert self.answer is not None
        head, _, body = text.partition("\n\n")
        assert self.answer.status == int(head.split()[0]), self.answer.text
        if body.strip():
            compare_json(shown(body), self.answer.body, self.known, more=True)

    def known(self, name: str) -> Any:
        """What `{name}` means by now."""
        assert self.answer is not None
        return self.answer.headers["etag"] if name == "etag" else self.last_id


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each `$ command` with the output shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def shown(text: str) -> str:
    """The page's `…` stands for anything."""
    return text.replace("…", "{any}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    with Server(f"sqlite:///{tmp_path / 'dragoman.db'}") as server:
        reader = Reader(server, tmp_path)
        for block in BLOCK.finditer(page.read_text()):
            reader.follow(block["language"], block["text"])


def test_commands_are_told_from_what_they_print() -> None:
    assert list(commands("$ a\n$ b\nx\ny\n")) == [("a", ""), ("b", "x\ny\n")]
