"""A process that is stopped while it is its turn to write to a SQLite file: the others refuse changes, and go on."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.conftest import PASSWORD, add_user
from tests.integration.store.test_turns import another_process
from tests.support.server import Server, basic

IMPATIENT = "[timeouts]\ndatabase_seconds = 1\n"
HEADERS = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
CHANGES = {
    "native": ("POST", "/v1/tasks", '{"title":"Refused"}'),
    "genesys": ("POST", "/genesys/1/cs/services/1/end", "{}"),
    "ibm": ("PUT", "/rest/bpm/htm/v1/task/_TKI:a2b8e5d2.7d2e4d2e.9d2e7d2e.4d2e9d2e?action=claim", ""),
    "crm": ("PUT", "/api/2.0/crm/task/1/close", ""),
    "batch": ("PATCH", "/core/v2/batch/tasks/a2b8e5d2-7d2e-4d2e-9d2e-7d2e4d2e9d2e", '{"status":"canceled"}'),
}
"""A change in each dialect. Whether there is such a task is asked in the lane."""


@pytest.mark.parametrize("backend", ["sqlite"])
def test_changes_are_refused_while_another_process_is_stopped_in_its_turn(backend: str, tmp_path: Path) -> None:
    database = tmp_path / "dragoman.db"
    add_user(f"sqlite:///{database}", "anna", admin=True)
    with Server(f"sqlite:///{database}", config=IMPATIENT) as server:
        with another_process(database) as holder:
            holder.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, holder.pid, os.WSTOPPED)
            for dialect, (method, path, body) in CHANGES.items():
                refused = server.call(method, path, body, HEADERS)
                assert (dialect, refused.status) == (dialect, 503), refused.text
                assert int(refused.headers["retry-after"]) >= 1
                assert "too busy" in refused.text
                assert server.call("GET", "/v1/tasks", None, HEADERS).json()["items"] == []
        made = server.call("POST", "/v1/tasks", json.dumps({"title": "Made"}), HEADERS)
        assert made.status == 201, made.text
        listed = server.call("GET", "/v1/tasks", None, HEADERS).json()["items"]
        assert [task["title"] for task in listed] == ["Made"]
