"""Hostile input is refused cleanly, changes nothing, and leaves the server alive: on every path that takes a body."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PASSWORD
from tests.kit.conftest import ANNA, HERE, RunKit
from tests.server import Server

# (dialect, call, body): beside those of the adapters, with the names that these know. A fresh database has the
# service 2 and the task 1 by then.
PATHS = [
    ("native", "PATCH /v1/tasks/1", '{"description": $VALUE}'),
    ("native", "POST /v1/tasks/1/finish?dry_run=true", '{"text": $VALUE}'),
    ("native", "PUT /v1/tasks/1/extensions/Note", '{"text": $VALUE}'),
    ("native", "POST /v1/cases", '{"kind": "case", "title": $VALUE}'),
    ("native", "POST /v1/contacts", '{"kind": "person", "first_name": $VALUE}'),
    ("native", "PATCH /v1/categories/1", '{"title": $VALUE}'),
    ("native", "PATCH /v1/users/me", '{"display_name": $VALUE}'),
    ("genesys", "POST /services/start", '{"contact_key": $VALUE}'),
    ("genesys", "POST /services/2/states/start", '{"state_type": $VALUE}'),
    ("genesys", "POST /services/2/tasks/start", '{"task_type": "Kit", "Note": $VALUE}'),
    ("genesys", "POST /services/2/tasks/1/end", '{"disposition_desc": $VALUE}'),
    ("onlyoffice_crm", "PUT /api/2.0/crm/task/1", '{"title": $VALUE, "deadline": "2031-04-10", "categoryid": 1}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/contact/person", '{"firstName": $VALUE, "lastName": "Moe"}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/contact/company", '{"companyName": $VALUE}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/case", '{"title": $VALUE}'),
    ("ibm_htm", "PUT /rest/bpm/htm/v1/task/$TASK?action=update", '{"customProperties": {"a": $VALUE}}'),
    ("ibm_htm", "PUT /rest/bpm/htm/v1/task/$TASK/output", '{"text": $VALUE}'),
    ("ibm_htm", "PUT /rest/bpm/htm/v1/task/$TASK/fault?faultName=Late", '{"text": $VALUE}'),
    ("ibm_htm", "PUT /rest/bpm/htm/v1/task/$DRAFT/input", '{"text": $VALUE}'),
    ("ibm_htm", "POST /rest/bpm/htm/v1/task?taskTemplateID=$TEMPLATE", '{"text": $VALUE}'),
    ("ibm_htm", "PUT /rest/bpm/htm/v1/task?action=cancel", '{"taskIDs": [$VALUE]}'),
    ("ibm_htm", "PUT /rest/bpm/htm/v1/task?action=suspend&duration=P1D", '{"taskIDs": [$VALUE]}'),
    ("ibm_htm", "PUT /rest/bpm/htm/v1/task/role/reader?action=transfer&toUser=anna", '{"taskIDs": [$VALUE]}'),
    (
        "carrierx_batch",
        "POST /core/v2/batch/tasks",
        '{"method": "POST", "type": "prefix", "review": false, "data": [{"prefix": "1202", "name": $VALUE}]}',
    ),
    ("carrierx_batch", "PATCH /core/v2/batch/tasks/$TASK", '{"error_details": $VALUE}'),
    ("carrierx_batch", "PUT /core/v2/batch/tasks/$TASK", '{"error_details": $VALUE, $REST}'),
    ("carrierx_batch", "POST /core/v2/storage/files", '{"name": "kit", "attributes": {"a": $VALUE}}'),
    ("carrierx_batch", "PATCH /core/v2/phonenumber/dids/$NUMBER", '{"name": $VALUE}'),
    ("carrierx_batch", "PUT /core/v2/phonenumber/dids/$NUMBER", '{"phonenumber": "12025550101", "name": $VALUE}'),
    (
        "onlyoffice_crm",
        "POST /api/2.0/authentication",
        f'{{"userName": "anna", "password": "{PASSWORD}", "provider": "", "code": $VALUE}}',
    ),
]

ALLOWED = {
    # Nothing is mandatory in these bodies, so an empty one will do (genesys.md 3.2).
    "POST /services/2/states/start": ("json/empty=201", "json/blank=201"),
    "POST /services/2/tasks/start": ("json/empty=201", "json/blank=201"),
    "POST /services/2/tasks/1/end": ("json/empty=204", "json/blank=204"),
    # Our own verbs take no body as an empty one; an extension's value is any JSON.
    "POST /v1/tasks/1/finish?dry_run=true": ("json/empty=200",),
    "PUT /v1/tasks/1/extensions/Note": tuple(
        f"json/{name}-for-object=200" for name in ("array", "string", "number", "null", "true")
    ),
    # Messages may be as large as bulk requests; a task may be made without one (ibm-htm.md 10).
    "PUT /rest/bpm/htm/v1/task/$TASK/output": ("json/body-24mb=200",),
    "PUT /rest/bpm/htm/v1/task/$TASK/fault?faultName=Late": ("json/body-24mb=200",),
    "PUT /rest/bpm/htm/v1/task/$DRAFT/input": ("json/body-24mb=200",),
    "POST /rest/bpm/htm/v1/task?taskTemplateID=$TEMPLATE": ("json/body-24mb=201", "json/empty=201"),
    # A batch, and a task that is sent back whole, may have 64 MiB (carrierx-batch.md 12).
    "POST /core/v2/batch/tasks": ("json/body-24mb=200",),
    "PATCH /core/v2/batch/tasks/$TASK": ("json/body-24mb=200",),
    "PUT /core/v2/batch/tasks/$TASK": ("json/body-24mb=200",),
    # A body that isn't read has no password in it, and for that the vendor answers 500 (onlyoffice-crm.md 2).
    "POST /api/2.0/authentication": tuple(
        f"json/{name}=500" for name in ("empty", "blank", "type-text", "type-none", "type-garbage", "type-octets")
    ),
}


def test_the_native_api_refuses_hostile_input_and_slow_clients(backend: str, run_kit: RunKit) -> None:
    # How long a silent client is borne has nothing to do with the database: once is enough.
    run_kit("bad_inputs.py", "native", *([] if backend == "sqlite" else ["--no-slow"]))


# A message of the Human Task Manager, and a batch, may have 64 MiB (DESIGN 4).
LARGE = {"ibm_htm": ["--allow", "xml/body-24mb=200"], "carrierx_batch": ["--allow", "json/body-24mb=200"]}


@pytest.mark.parametrize("dialect", ["genesys", "onlyoffice_crm", "ibm_htm", "carrierx_batch"])
def test_a_vendors_api_refuses_hostile_input(dialect: str, run_kit: RunKit) -> None:
    run_kit("bad_inputs.py", dialect, "--no-slow", *LARGE.get(dialect, []))


# Both engines get the adapters' own paths above; all others that which can hold less (no NUL in a text).
on_the_stricter_engine = pytest.mark.parametrize("backend", ["postgresql"])


@on_the_stricter_engine
@pytest.mark.parametrize(("dialect", "call", "body"), PATHS, ids=[f"{name}-{call}" for name, call, _ in PATHS])
def test_each_path_refuses_hostile_json(dialect: str, call: str, body: str, ask_kit: RunKit) -> None:
    allowed = [option for case in ALLOWED.get(call, ()) for option in ("--allow", case)]
    only = ["--only", "^json/", "--no-slow", "--json", call, "--json-template", body]
    ask_kit("bad_inputs.py", dialect, *only, *allowed)


XML_PATHS = {
    "PUT /rest/bpm/htm/v1/task/$TASK/fault?faultName=Late": (),
    "PUT /rest/bpm/htm/v1/task/$DRAFT/input": (),
    "POST /rest/bpm/htm/v1/task?taskTemplateID=$TEMPLATE": ("--allow", "xml/empty=201"),  # ibm-htm.md 10
}
"""What takes XML beside the adapters' own. That a message may be large is tried there."""


@on_the_stricter_engine
@pytest.mark.parametrize("call", XML_PATHS)
def test_each_path_refuses_hostile_xml(call: str, ask_kit: RunKit) -> None:
    only = ["--only", "^xml/", "--skip", "body-24mb", "--no-slow"]
    target = ["--xml", call, "--xml-template", "<message><text>$VALUE</text></message>"]
    ask_kit("bad_inputs.py", "ibm_htm", *only, *target, *XML_PATHS[call])


SCHEMA = '{"name": "Kit", "type": "single-valued", "attributes": [{"name": "a", "type": "string", "default": $VALUE}]}'


def test_a_schema_can_be_declared_once_whatever_is_sent(server: Server, tmp_path: Path) -> None:
    # The kit's own run wants its harmless request to succeed twice, which a name that is taken can't.
    command = [sys.executable, str(HERE / "bad_inputs.py"), "--only", "^json/", "--json", "POST /", "--dump", "corpus"]
    subprocess.run([*command, "--json-template", SCHEMA], cwd=tmp_path, check=True, capture_output=True)
    cases = json.loads((tmp_path / "corpus" / "index.json").read_text())

    statuses = {case["name"]: post(server, tmp_path / "corpus" / case["file"], case["headers"]) for case in cases}

    assert not {name: status for name, status in statuses.items() if status >= 500}
    assert not [case["name"] for case in cases if case["class"] == "refuse" and statuses[case["name"]] < 400]
    assert server.call("GET", "/metadata/tasks/extensions", headers=ANNA).status == 200


def post(server: Server, body: Path, headers: dict[str, str]) -> int:
    """The status of the answer; a connection that is shut on a body too large counts as 413."""
    try:
        return server.call("POST", "/metadata/tasks/extensions", body.read_bytes(), ANNA | headers).status
    except (BrokenPipeError, ConnectionResetError):
        return 413
