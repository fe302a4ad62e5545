"""A client of streams of events that sees the bytes as they come."""

import json
from http.client import HTTPConnection, HTTPResponse
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.support.server import Server

PATIENCE_SECONDS = 30.0


class Block(NamedTuple):
    """One event of a stream."""

    name: str
    id: str | None
    data: Any
    text: bytes


class EventClient:
    """One connection to `/v1/events/stream`, or to another stream."""

    def __init__(
        self,
        server: Server,
        headers: dict[str, str],
        query: str = "",
        last: str | None = None,
        *,
        path: str = "/v1/events/stream",
    ) -> None:
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        sent = headers if last is None else {**headers, "Last-Event-ID": last}
        self.connection.request("GET", f"{path}{query}", headers=sent)
        self.response: HTTPResponse = self.connection.getresponse()
        self.beats = 0

    def block(self) -> Block:
        """The next block; heartbeats before it are counted."""
        lines: list[bytes] = []
        while True:
            line = self.response.readline()
            if not line:
                raise EOFError(lines)
            if line == b": beat\n" and not lines:
                self.beats += 1
                continue
            if line == b"\n" and not any(part.startswith(b"data:") for part in lines):
                lines.clear()  # a cursor alone, or nothing
                continue
            if line == b"\n":
                break
            lines.append(line)
        fields = dict(line.decode().rstrip("\n").split(": ", 1) for line in lines)
        return Block(fields["event"], fields.get("id"), json.loads(fields["data"]), b"".join(lines))

    def position(self) -> str:
        """The cursor with which the stream begins."""
        lines = []
        while (line := self.response.readline()) != b"\n":
            lines.append(line)
        return next(line for line in lines if line.startswith(b"id: "))[4:-1].decode()

    def beat(self) -> None:
        """Wait for a heartbeat, which must be the next thing that comes."""
        assert self.response.readline() == b": beat\n"

    def rest(self) -> bytes:
        """All that still comes."""
        return self.response.read()

    def close(self) -> None:
        """Leave."""
        self.response.close()
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
