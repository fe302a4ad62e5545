"""What the commands of the kit that don't kill are told, and whom they need."""

import json
from pathlib import Path

from tests.conftest import PASSWORD, add_user
from tests.support.server import basic

CLIENTS = 8
COUNTING = (
    *("--mode", "etag", "--create-body", '{"title": "counter", "description": "0"}'),
    *("--number", "json:/description", "--update-body", '{"description": "$number"}'),
)
FIELDS = (
    *("--mode", "fields", "--create-body", '{"title": "shared"}'),
    *("--fields", "title,description,type", "--update-body", '{"$field": "$value"}'),
)
CLAIMS = {
    "native": "POST /v1/tasks/$id/claim",
    "ibm_htm": "PUT /rest/bpm/htm/v1/task/$id?action=claim",
}
"""How a task is claimed in the dialects that know a word for it."""


def claiming(database_url: str, dialect: str, folder: Path) -> list[str]:
    """What `claim.py` is told, with a user made for each client."""
    people = [f"client{number}" for number in range(CLIENTS)]
    for login in people:
        add_user(database_url, login)
    credentials = folder / "credentials.json"
    credentials.write_text(json.dumps([basic(login, PASSWORD)["Authorization"] for login in people]))
    call = ["--mode", "claim", "--update", CLAIMS[dialect], "--update-body", ""]
    return [*call, "--clients", str(CLIENTS), "--credentials", str(credentials)]
