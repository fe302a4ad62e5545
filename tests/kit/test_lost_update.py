"""Many clients on one task lose nothing of each other's work."""

import json
from pathlib import Path

import pytest

from tests.conftest import PASSWORD, add_user
from tests.kit.conftest import RunKit
from tests.server import basic

CLIENTS = 8


def test_no_increment_is_lost_and_no_stale_version_taken(run_kit: RunKit) -> None:
    options = ["--create-body", '{"title": "counter", "description": "0"}', "--number", "json:/description"]
    run_kit("lost_update.py", "native", "--mode", "etag", *options, "--update-body", '{"description": "$number"}')


def test_writers_of_different_fields_do_not_undo_each_other(run_kit: RunKit) -> None:
    options = ["--create-body", '{"title": "shared"}', "--fields", "title,description,type"]
    run_kit("lost_update.py", "native", "--mode", "fields", *options, "--update-body", '{"$field": "$value"}')


CLAIMS = {
    "native": ("POST /v1/tasks/$id/claim", ""),
    "ibm_htm": ("PUT /rest/bpm/htm/v1/task/$id?action=claim", ""),
}
"""How a task is claimed in the dialects that know a word for it."""


@pytest.mark.parametrize("dialect", CLAIMS)
def test_one_of_many_claims_wins(dialect: str, run_kit: RunKit, database_url: str, tmp_path: Path) -> None:
    people = [f"client{number}" for number in range(CLIENTS)]
    for login in people:
        add_user(database_url, login)
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps([basic(login, PASSWORD)["Authorization"] for login in people]))
    call, body = CLAIMS[dialect]
    claim = ["--mode", "claim", "--update", call, "--update-body", body]
    run_kit("claim.py", dialect, *claim, "--clients", str(CLIENTS), "--credentials", str(credentials))
