"""Requests of anna to one of several nodes."""

import json
import threading
from typing import Any

from tests.conftest import PASSWORD
from tests.support.server import Server, basic

JSON = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
TRIES = 1_200
PAUSE_SECONDS = 0.1


def tell(server: Server, method: str, target: str, content: Any = None) -> Any:
    """The answer as JSON, of a request that succeeds. `content` is sent as JSON; text is sent as it is."""
    body = content if content is None or isinstance(content, str) else json.dumps(content)
    answer = server.call(method, target, body, JSON)
    assert answer.status < 300, f"{method} {target}: {answer.status} {answer.text}"
    return answer.json()


def until(server: Server, path: str, holds: Any) -> Any:
    """What is read there when `holds` is true of it."""
    pause = threading.Event()
    for _ in range(TRIES):
        seen = tell(server, "GET", path)
        if holds(seen):
            return seen
        pause.wait(PAUSE_SECONDS)
    raise AssertionError(f"not yet: {seen}")
