"""Schemathesis asks every dialect whatever its OpenAPI document lets it think of, on both engines.

Ours is held to all that schemathesis checks: no 5xx, no answer that the document doesn't know, nothing sound refused,
nothing unsound taken. What the vendors' documents say of bodies is read off samples, so these are held to what can be
known: no 5xx, no status and no media type but those told, and nothing for callers without credentials.

How many requests are made up for each operation: DRAGOMAN_TEST_EXAMPLES, or many with DRAGOMAN_TEST_LONG.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from dragoman.dialects import discover
from dragoman.dialects.kit import Dialect
from dragoman.http.endpoints.documents import NATIVE
from dragoman.http.openapi.document import document
from tests.dialects.stock import Ids, known, stock
from tests.support.databases import Databases
from tests.support.server import Server
from tests.support.tenant import Tenant

PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
DIALECTS = {dialect.name: dialect for dialect in discover()}
LONG = 200
SHORT = {"sqlite": 2, "postgresql": 1}
PHASES = {"sqlite": "examples,fuzzing,stateful", "postgresql": "fuzzing"}
MODES = {"sqlite": "all", "postgresql": "positive"}
"""What doesn't depend on the engine is asked on one of them: what the document forbids reaches no database."""
THOROUGH = "examples,coverage,fuzzing,stateful"
"""With DRAGOMAN_TEST_LONG: every bound of every member takes a quarter of an hour."""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,ignored_auth"
SETTINGS = "[limits]\nlogin_failures = 1_000_000\n"
"""Schemathesis tries passwords of its own to see whether credentials are asked for at all."""

CONFIG = """
[checks]
not_a_server_error.expected-statuses = ["2XX", "3XX", "4XX", 501]  # what a dialect doesn't offer it says so
negative_data_rejection.expected-statuses = [
  400, 401, 403, 404, 405, 406, 409, 414, 415, 422, 428, 429, "5XX",  # 414: a parameter can be too long for any path
]

[[operations]]
include-operation-id = "authentication.login"
checks.not_a_server_error.expected-statuses = ["2XX", "4XX", 500]  # the vendor's answer to a wrong password

[[operations]]  # what their members may be depends on each other, on the time, and on the types that are configured
include-operation-id = [
  "create_batch", "patch_batch", "retry_batch", "undo_batch", "read_batch_preview", "put_batch_policies",
  "put_own_password", "put_password", "create_password_link", "redeem_password_link",
  "create_user", "patch_user", "create_group", "patch_group", "create_token", "claim_unclaimed_name",
  "list_aliases", "list_user_aliases", "put_user_alias", "delete_user_alias", "list_unclaimed_names",
  "delete_unclaimed_name", "end_sessions", "put_user_identity", "delete_user_identity", "list_users", "list_tokens",
  "create_webhook", "patch_webhook", "rotate_webhook_secret",
]
checks.positive_data_acceptance.enabled = false

[[operations]]  # only the server makes cursors; and an empty answer is held back for as long as is asked
include-operation-id = "list_events"
checks.positive_data_acceptance.enabled = false
parameters = { "query.wait" = 0 }
"""
LEFT_OUT = (
    "patch_tenant",  # its limits would refuse all others
    "stream_events",  # it has no end: see tests/integration/http/test_event_streams.py
)


Listening = Callable[[str], Server]
"""Engine -> a server with a port, which schemathesis needs."""


@pytest.fixture(scope="module")
def listening(databases: Databases) -> Iterator[Listening]:
    with ExitStack() as stack:
        yield cache(lambda backend: stack.enter_context(Server(databases.new(backend), config=SETTINGS)))


def examples(backend: str) -> int:
    """How many requests are made up for each operation."""
    given = os.environ.get("DRAGOMAN_TEST_EXAMPLES")
    return int(given) if given else LONG if os.environ.get("DRAGOMAN_TEST_LONG") else SHORT[backend]


def run(tenant: Tenant, folder: Path, backend: str, *arguments: str) -> None:
    """Let schemathesis loose on the tenant. AssertionError with its report when it finds something."""
    (folder / "schemathesis.toml").write_text(CONFIG)
    who = f"Authorization: Bearer {tenant.token('*')}"
    is_long = bool(os.environ.get("DRAGOMAN_TEST_LONG"))
    phases, mode = (THOROUGH, "all") if is_long else (PHASES[backend], MODES[backend])
    extent = ("--max-examples", str(examples(backend)), "--phases", phases, "--mode", mode)
    settled = (*extent, "--seed", "1", "--no-color", "--continue-on-failure", "-H", who)
    done = subprocess.run([PROGRAM, "run", *arguments, *settled], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]


def stocked(dialect: Dialect, tenant: Tenant) -> dict[str, Any]:
    """The dialect's document with ids in it that the tenant has, so that half of all requests get beyond 404."""
    ids: Ids = stock(tenant, dialect.name)
    told = document(dialect, partial(known, tenant, ids))
    operations = [operation for methods in told["paths"].values() for operation in methods.values()]
    for parameter in (parameter for operation in operations for parameter in operation["parameters"]):
        if parameter["in"] == "path" and parameter["name"] in ids:
            parameter["schema"] = {"anyOf": [{"enum": ids[parameter["name"]]}, parameter["schema"]]}
    return told


def keep_in_production(told: dict[str, Any]) -> None:
    """Let nobody switch Genesys' server to maintenance: it would answer 503 to all that follows."""
    modes = {"schema": {"enum": [{"mode": "Production"}, {"mode": "production"}, {}]}}
    told["paths"]["/server/mode"]["post"]["requestBody"] = {"content": {"application/json": modes}}


def test_our_own_document_holds(backend: str, listening: Listening, tmp_path: Path) -> None:
    tenant = Tenant(listening(backend))
    url = f"{tenant.server.base_url}/v1/openapi.json"
    run(tenant, tmp_path, backend, url, *(word for name in LEFT_OUT for word in ("--exclude-operation-id", name)))


@pytest.mark.parametrize("name", [name for name in DIALECTS if name != NATIVE])
def test_the_document_of_a_vendors_dialect_holds(name: str, backend: str, listening: Listening, tmp_path: Path) -> None:
    tenant, dialect = Tenant(listening(backend)), DIALECTS[name]
    told = stocked(dialect, tenant)
    if name == "genesys":
        keep_in_production(told)
    (tmp_path / "openapi.json").write_text(json.dumps(told))
    base = tenant.server.base_url + dialect.prefixes[0]
    run(tenant, tmp_path, backend, "openapi.json", "--url", base, "--checks", CHECKS)
