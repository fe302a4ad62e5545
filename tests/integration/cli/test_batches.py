"""`dragoman batch` against a running server: what it prints and exits with, and that files are whole or not there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.command import Done, dragoman
from tests.support.server import Server

PATCH = {"method": "PATCH", "type": "task", "field": "id", "data": {"priority": 4}}


class Reviewed:
    """A server with two tasks, and commands in anna's name."""

    def __init__(self, server: Server) -> None:
        self.server = server
        known = dragoman(server.database_url, "user", "add", "anna", "--admin", "--password-stdin", typed=PASSWORD)
        assert known.code == 0, known
        made = dragoman(server.database_url, "token", "create", "--user", "anna", "--scope", "*")
        self.token = made.out.strip()
        for title in ("harbour", "station"):
            answer = server.call("POST", "/v1/tasks", json.dumps({"title": title}), self.headers)
            assert answer.status == 201, answer

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def batch(self, *arguments: str, typed: str = "") -> Done:
        """Run `dragoman batch …`."""
        variables = {"DRAGOMAN_SERVER": self.server.base_url, "DRAGOMAN_TOKEN": self.token}
        return dragoman("", "batch", *arguments, typed=typed, variables=variables)

    def submitted(self, entries: list[int], *options: str) -> str:
        """The id of a batch over these tasks, which is under review."""
        body = json.dumps(PATCH | {"entries": entries})
        wait = () if "--no-review" in options else ("--wait",)
        done = self.batch("submit", "-", "--format", "json", *wait, *options, typed=body)
        assert (done.code, done.error) == (0, ""), done
        return done.out.strip()

    def document(self, batch: str) -> Any:
        return self.server.call("GET", f"/v1/batches/{batch}?wait=30", None, self.headers).json()


PASSWORD = "a long enough password\n"


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewed]:
    file = tmp_path_factory.mktemp("batches") / "dragoman.db"
    with Server(f"sqlite:///{file}") as server:
        yield Reviewed(server)


def test_approved_as_it_was_shown_it_runs(reviewed: Reviewed) -> None:
    batch = reviewed.submitted([1, 2])
    approved = reviewed.batch("approve", batch, "--reason", "as agreed")
    assert approved.code == 0, approved
    assert "2 entries: 2 will_change" in approved.out
    watched = reviewed.batch("watch", batch)
    assert (watched.code, watched.out.splitlines()[-1]) == (0, "completed, 2 of 2"), watched
    document = reviewed.document(batch)
    assert [(each["login"], each["reason"]) for each in document["decisions"]] == [("anna", "as agreed")]
    undone = reviewed.batch("undo", batch, "--json")
    assert json.loads(undone.out)["origin"] == {"kind": "undo", "batch": batch}


def test_a_batch_that_ends_with_failures_is_exit_3(reviewed: Reviewed) -> None:
    batch = reviewed.submitted([1, 99], "--no-review")
    assert reviewed.batch("watch", batch).code == 3
    shown = reviewed.batch("results", batch)
    assert shown.out == "1 × not_found id: no task matches  (99)\n"
    retried = reviewed.batch("retry", batch)
    assert (retried.code, len(retried.out.strip())) == (0, 36), retried


def test_a_version_that_is_over_is_refused(reviewed: Reviewed) -> None:
    batch = reviewed.submitted([1])
    refused = reviewed.batch("approve", batch, "--seen", '"1-0"')
    assert refused.code == 1
    assert refused.error.rstrip().endswith("(stale)"), refused
    assert reviewed.document(batch)["status"] == "pending_review"
    assert reviewed.batch("refuse", batch, "--reason", "no").code == 0
    assert reviewed.document(batch)["ended_because"]["code"] == "refused"


def test_the_preview_shows_each_member_and_the_version(reviewed: Reviewed) -> None:
    batch = reviewed.submitted([2, 77])
    shown = reviewed.batch("preview", batch).out.splitlines()
    assert shown[:2] == ['version "2-0"', "2 entries: 1 will_change, 1 missing"] or "no_op" in shown[1]
    assert "77  missing  Cannot find item by id (not_found)" in shown
    table = reviewed.batch("preview", batch, "--csv").out.splitlines()
    assert table[0].startswith("#index,#effect,#object,#changed,#code,#message,id")


def test_a_file_of_results_is_complete_or_not_there(reviewed: Reviewed, tmp_path: Path) -> None:
    batch = reviewed.submitted([1, 98], "--no-review")
    reviewed.batch("watch", batch)
    file = tmp_path / "failed.csv"
    assert reviewed.batch("results", batch, "--outcome", "failure", "-o", str(file)).code == 0
    assert len(file.read_text().splitlines()) == 2
    missing = tmp_path / "missing.csv"
    refused = reviewed.batch("results", "4711", "-o", str(missing))
    assert (refused.code, "(batch_not_found)" in refused.error) == (1, True)
    assert [each.name for each in tmp_path.iterdir()] == ["failed.csv"]


def test_lines_of_results_can_be_submitted_again(reviewed: Reviewed, tmp_path: Path) -> None:
    batch = reviewed.submitted([1, 97], "--no-review")
    reviewed.batch("watch", batch)
    file = tmp_path / "again.ndjson"
    assert reviewed.batch("results", batch, "--outcome", "failure", "-o", str(file)).code == 0
    again = reviewed.batch("submit", str(file), "--type", "task", "--method", "PATCH", "--field", "id", "--wait")
    assert again.code == 0, again
    assert reviewed.document(again.out.strip())["summary"]["missing"] == 1


def test_control_and_options(reviewed: Reviewed) -> None:
    batch = reviewed.submitted([1, 2], "--not-before", "2027-01-01T00:00:00Z", "--max-failures", "10%")
    assert reviewed.batch("approve", batch, "--yes").out.splitlines()[-1].endswith("  approved")
    assert reviewed.batch("set", batch, "--rate", "5", "--priority", "7").code == 0
    assert reviewed.batch("pause", batch).out.endswith("  paused\n")
    assert reviewed.batch("watch", batch).code == 0
    assert reviewed.batch("resume", batch).out.endswith("  queued\n")
    assert reviewed.batch("stop", batch, "--reason", "wrong year").out.endswith("  stopped\n")
    document = reviewed.document(batch)
    assert (document["rate_per_second"], document["priority"], document["max_failures"]) == (5, 7, "10%")
    assert reviewed.batch("watch", batch).code == 3
    assert reviewed.batch("delete", batch).out == f"{batch}\n"
    assert reviewed.batch("watch", batch).code == 1


def test_a_dry_run_and_a_repeated_one(reviewed: Reviewed) -> None:
    body = json.dumps(PATCH | {"entries": [1, 2]})
    submit = ("submit", "-", "--format", "json")
    tried = reviewed.batch(*submit, "--dry-run", "--json", typed=body)
    assert tried.code == 0, tried
    document = json.loads(tried.out)
    assert (document["id"], document["counts"]["total"]) == (None, 2)
    done = reviewed.batch(*submit, "--idempotency-key", "k1", "--wait", typed=body)
    again = reviewed.batch(*submit, "--idempotency-key", "k1", typed=body)
    assert (done.code, done.out) == (0, again.out)
    listed = reviewed.batch("list", "--status", "pending_review").out
    assert "PATCH 2 × task by id" in listed


def test_a_selection_is_frozen_at_its_preview(reviewed: Reviewed) -> None:
    select = ("--type", "task", "--method", "PATCH", "--data", '{"priority": 1}', "--select", '{"kind": "work"}')
    done = reviewed.batch("submit", *select, "--wait")
    assert done.code == 0, done
    document = reviewed.document(done.out.strip())
    assert (document["title"], document["field"], document["select"]) == (
        "PATCH 2 × task by id",
        "id",
        {"kind": "work"},
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("submit", "entries.txt"), 2),
        (("submit", "-", "--format", "csv", "--select", "{}"), 2),
        (("submit", "--select", "{"), 2),
        (("set", "1"), 2),
        (("submit", "/no/such/file.csv"), 1),
        (("approve", "0"), 1),
    ],
)
def test_what_is_called_wrongly_or_refused_says_so_in_a_line(
    reviewed: Reviewed, arguments: tuple[str, ...], code: int
) -> None:
    done = reviewed.batch(*arguments)
    assert (done.code, done.error.count("\n")) == (code, 1), done


def test_a_server_that_is_not_there() -> None:
    done = dragoman("", "batch", "list", "--server", "http://127.0.0.1:9")
    assert done.code == 1
    assert done.error.startswith("dragoman: http://127.0.0.1:9 can't be reached")
