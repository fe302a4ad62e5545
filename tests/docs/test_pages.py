"""The examples of the guide do what the page says, in order, each page against a fresh server."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.contract.placeholders import compare_json, compare_text
from tests.house.source import ROOT
from tests.server import Answer, Server, environment

BLOCK = re.compile(r"^```(?P<language>console|http)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"[^\n]*<<'END'\n.*?^END\n|[^\n]*\n?", re.MULTILINE | re.DOTALL)
REFERENCE = re.compile(r"\{(\w+)\}")
PATIENCE_SECONDS = 20.0
PAGES = sorted(page for page in (ROOT / "docs" / "guide").glob("*.md") if BLOCK.search(page.read_text()))


@dataclass
class Reader:
    """Somebody who does what the page says, and looks again (GET) for what takes the server a moment.

    `{id}` means the last `id` that an answer had, and so does any other name of a member; `{etag}` the last ETag,
    `{token}` the last token that was made.
    """

    server: Server
    folder: Path
    memory: dict[str, Any] = field(default_factory=dict)
    request: tuple[str, str, str | None, dict[str, str]] | None = None
    answer: Answer | None = None

    def follow(self, language: str, text: str) -> None:
        """Run commands, send a request, or compare an answer with the one before."""
        if language == "console":
            for command, expected in commands(text):
                self.run(command, expected)
        elif text[0].isdigit():
            self.expect(text)
        else:
            self.send(text)

    def run(self, command: str, expected: str) -> None:
        """One command of a console; what it prints is what the page shows, `…` aside."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        variables = {**environment(self.server.database_url), "PATH": path}
        done = subprocess.run(["bash", "-c", command], env=variables, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        if done.stdout.startswith("dgm_"):
            self.memory["token"] = done.stdout.strip()
        if expected:
            compare_text(shown(expected), done.stdout, self.known)

    def send(self, text: str) -> None:
        """A request as HTTP writes it."""
        head, _, body = text.partition("\n\n")
        first, *lines = self.filled(head).splitlines()
        method, _, target = first.partition(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        self.request = method, target, self.filled(body).strip() or None, headers
        self.ask()

    def ask(self) -> None:
        """Send the request, and remember what the answer tells."""
        assert self.request is not None
        self.answer = self.server.call(*self.request)
        self.memory |= {name: value for name, value in self.answer.headers.items() if name == "etag"}
        if "json" in self.answer.headers.get("content-type", "") and isinstance(members := self.answer.json(), dict):
            self.memory |= members

    def expect(self, text: str) -> None:
        """The answer as the page shows it, at once, or after a while if it is asked by GET."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.compare(text)
            except AssertionError:
                if self.request is None or self.request[0] != "GET" or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)
            self.ask()

    def compare(self, text: str) -> None:
        """The answer as the page shows it, or a part of it."""
        assert self.answer is not None
        head, _, body = text.partition("\n\n")
        assert self.answer.status == int(head.split()[0]), self.answer.text
        if body.strip():
            compare_json(shown(body), self.answer.body, self.known, more=True)

    def filled(self, text: str) -> str:
        """The text with what is remembered in the place of `{names}`; a JSON object stays what it is."""
        return REFERENCE.sub(lambda found: str(self.known(found[1])), text)

    def known(self, name: str) -> Any:
        """What `{name}` means by now."""
        return self.memory[name]


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each `$ command`, with what it is given up to END if it says so, and the output shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        found = COMMAND.match(part)
        assert found is not None
        yield found[0].rstrip("\n"), part[found.end() :]


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


def test_a_command_is_given_lines_up_to_the_end() -> None:
    assert list(commands("$ a <<'END'\nx\nEND\ny\n$ b\n")) == [("a <<'END'\nx\nEND", "y\n"), ("b", "")]
