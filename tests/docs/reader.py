"""Somebody who does what a page of the guide says."""

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.dialects.placeholders import compare_json, compare_text
from tests.support import commands as command
from tests.support.server import Answer, Server, environment

COMMAND = re.compile(r"[^\n]*<<'END'\n.*?^END\n|(?:[^\n]*\\\n)*[^\n]*\n?", re.MULTILINE | re.DOTALL)
OWN_COMMAND = re.compile(r"(?:echo '(?P<typed>[^']*)' \| )?dragoman (?P<arguments>[^|&<>$;]*)")
REFERENCE = re.compile(r"\{([a-z_]\w*(?:\.\w+)*)\}")
PATIENCE_SECONDS = 20.0
SERVER = "http://127.0.0.1:8080"
POSTGRESQL = "postgresql://dragoman@db.example.com/dragoman"
"""What stands in pages for the server that was started, and for a PostgreSQL that is there."""


@dataclass
class Reader:
    """Does what the page says, and looks again (GET) for what takes the server a moment.

    `{id}` means the last `id` that an answer had, and so does any other name of a member, `{response.id}` one within;
    `{etag}` the last ETag, `{token}`, and `dgm_…` in a program or a command of another, the last token that was made.
    `postgresql` gives the address of an empty database, and is asked when the page names one.
    """

    server: Server
    folder: Path
    postgresql: Callable[[], str]
    memory: dict[str, Any] = field(default_factory=dict)
    request: tuple[str, str, str | None, dict[str, str]] | None = None
    answer: Answer | None = None

    def follow(self, language: str, text: str) -> None:
        """Run commands or a program, send a request, or compare an answer with the one before."""
        if language == "console":
            for line, expected in commands(self.placed(text)):
                self.run(line, expected)
        elif language == "python":
            self.start([sys.executable, "-c", self.with_token(self.placed(text))])
        elif text[0].isdigit():
            self.expect(text)
        else:
            self.send(text)

    def placed(self, text: str) -> str:
        """The text with the addresses of servers that are really there."""
        if POSTGRESQL in text:
            text = text.replace(POSTGRESQL, self.memory.setdefault("postgresql", self.postgresql()))
        return text.replace(SERVER, self.server.base_url)

    def with_token(self, text: str) -> str:
        """The text with the last token in the place of `dgm_…`."""
        return text.replace("dgm_…", self.memory.get("token", ""))

    def run(self, line: str, expected: str) -> None:
        """One command of a console; what it prints is what the page shows, `…` aside."""
        own = OWN_COMMAND.fullmatch(line)
        if own is None:
            printed = self.start(["bash", "-c", self.with_token(line)])
        else:
            printed = self.call(own["arguments"], own["typed"])
        if printed.startswith("dgm_"):
            self.memory["token"] = printed.strip()
        if expected:
            compare_text(shown(expected), printed if printed.endswith("\n") else f"{printed}\n", self.known)

    def call(self, arguments: str, typed: str | None) -> str:
        """What a command of ours printed: run in this process, since to load it takes longer than most do."""
        variables = {"DRAGOMAN_DATABASE": self.server.database_url, **self.of_client()}
        with contextlib.chdir(self.folder):
            done = command.call(*shlex.split(arguments), variables=variables, typed=f"{typed or ''}\n".encode())
        assert done.code == 0, f"dragoman {arguments}: {done.error.decode()}"
        return done.out.decode()

    def of_client(self) -> dict[str, str]:
        """The variables in which commands find server and token."""
        token = {"DRAGOMAN_TOKEN": self.memory["token"]} if "token" in self.memory else {}
        return {"DRAGOMAN_SERVER": self.server.base_url, **token}

    def start(self, program: list[str]) -> str:
        """What a program printed, which must have ended well."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        variables = {**environment(self.server.database_url), **self.of_client(), "PATH": path}
        done = subprocess.run(program, env=variables, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{program[-1]}: {done.stderr}"
        return done.stdout

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
        """The answer as the page shows it, or a part of it: status, headers, body."""
        assert self.answer is not None
        head, _, body = text.partition("\n\n")
        first, *lines = head.splitlines()
        assert self.answer.status == int(first.split()[0]), self.answer.text
        for name, value in (line.split(": ", 1) for line in lines):
            compare_text(shown(value), self.answer.headers.get(name.lower(), ""), self.known)
        if body.strip() and "json" in self.answer.headers.get("content-type", ""):
            compare_json(shown(body), self.answer.body, self.known, more=True)
        elif body.strip():
            compare_text(shown(on_one_line(body)), self.answer.text, self.known)

    def filled(self, text: str) -> str:
        """The text with what is remembered in the place of `{names}`; a JSON object stays what it is."""
        return REFERENCE.sub(lambda found: str(self.known(found[1])), text)

    def known(self, name: str) -> Any:
        """What `{name}`, `{name.of.a.member}` or `{name.0}` of a list means by now."""
        value: Any = self.memory
        for part in name.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each `$ command`, with what it is given up to END if it says so and lines behind a backslash, and the output
    shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        found = COMMAND.match(part)
        assert found is not None
        yield found[0].rstrip("\n"), part[found.end() :]


def shown(text: str) -> str:
    """The page's `…` stands for anything."""
    return text.replace("…", "{any}")


def on_one_line(text: str) -> str:
    """A document that the page breaks into lines, as it is sent."""
    return "".join(line.strip() for line in text.splitlines())
