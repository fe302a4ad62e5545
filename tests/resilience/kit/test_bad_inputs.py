"""Hostile input is refused cleanly, changes nothing, and leaves the server alive: on every path that takes a body."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PASSWORD
from tests.resilience.kit.conftest import ANNA, HERE, RunKit, Standing, filled
from tests.support.server import Server
from tests.support.sizes import LONG, sized

Stand = Callable[[str], Standing]

# (dialect, call, body): beside those of the adapters, with the names that these know.
PATHS = [
    ("native", "PATCH /v1/tasks/$TASK", '{"description": $VALUE}'),
    ("native", "POST /v1/tasks/$TASK/finish?dry_run=true", '{"text": $VALUE}'),
    ("native", "PUT /v1/tasks/$TASK/extensions/Note", '{"text": $VALUE}'),
    ("native", "POST /v1/cases", '{"kind": "case", "title": $VALUE}'),
    ("native", "POST /v1/contacts", '{"kind": "person", "first_name": $VALUE}'),
    ("native", "PATCH /v1/categories/1", '{"title": $VALUE}'),
    ("native", "PATCH /v1/users/me", '{"display_name": $VALUE}'),
    ("genesys", "POST /services/start", '{"contact_key": $VALUE}'),
    ("genesys", "POST /services/$SERVICE/states/start", '{"state_type": $VALUE}'),
    ("genesys", "POST /services/$SERVICE/tasks/start", '{"task_type": "Kit", "Note": $VALUE}'),
    ("genesys", "POST /services/$SERVICE/tasks/$TASK/end", '{"disposition_desc": $VALUE}'),
    ("genesys", "POST /profiles", '{"FirstName": $VALUE}'),
    ("genesys", "POST /profiles", '{"Pin": "1", "Notes": {"text": $VALUE}}'),
    ("genesys", "PUT /profiles/$CUSTOMER", '{"LastName": [$VALUE, "Moe"]}'),
    ("genesys", "POST /profiles/$CUSTOMER/extensions", '{"Notes": [{"text": $VALUE}]}'),
    ("genesys", "PUT /profiles/$CUSTOMER/extensions/Bike/by/unique", '{"frame": "F-1", "note": $VALUE}'),
    ("onlyoffice_crm", "PUT /api/2.0/crm/task/$TASK", '{"title": $VALUE, "deadline": "2031-04-10", "categoryid": 1}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/contact/person", '{"firstName": $VALUE, "lastName": "Moe"}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/contact/company", '{"companyName": $VALUE}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/case", '{"title": $VALUE}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/case/tasktemplatecontainer", '{"title": $VALUE}'),
    ("onlyoffice_crm", "POST /api/2.0/crm/case/tag", '{"tagName": $VALUE}'),
    (
        "onlyoffice_crm",
        "POST /api/2.0/crm/opportunity",
        '{"title": $VALUE, "responsibleid": "4a515a15d4d64b8e828ee0586f18f3a3","stageid": 1,"bidCurrencyAbbr": "EUR"}',
    ),
    ("onlyoffice_crm", "POST /api/2.0/batch", '{"batch": [{"relativeUrl": $VALUE}]}'),
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
    "POST /services/$SERVICE/states/start": ("json/empty=201", "json/blank=201"),
    "POST /services/$SERVICE/tasks/start": ("json/empty=201", "json/blank=201"),
    "POST /services/$SERVICE/tasks/$TASK/end": ("json/empty=204", "json/blank=204"),
    # Our own verbs take no body as an empty one; an extension's value is any JSON.
    "POST /v1/tasks/$TASK/finish?dry_run=true": ("json/empty=200",),
    "PUT /v1/tasks/$TASK/extensions/Note": tuple(
        f"json/{name}-for-object=200" for name in ("array", "string", "number", "null", "true")
    ),
    # A task may be made without a message (ibm-htm.md 10).
    "POST /rest/bpm/htm/v1/task?taskTemplateID=$TEMPLATE": ("json/empty=201",),
    # A body that isn't read has no password in it, and for that the vendor answers 500 (onlyoffice-crm.md 2).
    "POST /api/2.0/authentication": tuple(
        f"json/{name}=500" for name in ("empty", "blank", "type-text", "type-none", "type-garbage", "type-octets")
    ),
}


LARGE = {
    "PUT /rest/bpm/htm/v1/task/$TASK/output",
    "PUT /rest/bpm/htm/v1/task/$TASK/fault?faultName=Late",
    "PUT /rest/bpm/htm/v1/task/$DRAFT/input",
    "POST /rest/bpm/htm/v1/task?taskTemplateID=$TEMPLATE",
    "POST /core/v2/batch/tasks",
    "PATCH /core/v2/batch/tasks/$TASK",
    "PUT /core/v2/batch/tasks/$TASK",
}
"""What takes 64 MiB: messages (ibm-htm.md 10), batches (carrierx-batch.md 12). The adapters' own paths try it."""

# How long a silent client is borne: what the server's settings say. With each submission they say less, to be quick.
PATIENCE = {} if LONG else {"DRAGOMAN_TIMEOUTS_HEADER_SECONDS": "2", "DRAGOMAN_TIMEOUTS_BODY_SECONDS": "4"}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_native_api_refuses_hostile_input_and_slow_clients(run_kit: RunKit) -> None:
    given = [part for name, value in PATIENCE.items() for part in ("--env", f"{name}={value}")]
    run_kit("bad_paths.py", "native", *given)


# A message of the Human Task Manager, and a batch, may have 64 MiB (DESIGN 4).
ALLOWING = {
    "ibm_htm": ["--allow", "xml/body-24mb=200"],
    "carrierx_batch": ["--allow", "json/body-24mb=200"],
}
VENDORS = ("genesys", "onlyoffice_crm", "ibm_htm", "carrierx_batch")


# Hostile bodies are tried in every dialect below; hostile HTTP is refused before there is a dialect.
@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("dialect", sized(VENDORS[:1], VENDORS))
def test_a_vendors_api_refuses_hostile_input(dialect: str, run_kit: RunKit) -> None:
    run_kit("bad_paths.py", dialect, "--no-slow", *ALLOWING.get(dialect, []))


# What is hostile to HTTP never reaches a database; and all that is no adapter's own path is tried on the engine
# which can hold less (no NUL in a text).
on_the_stricter_engine = pytest.mark.parametrize("backend", ["postgresql"])


@on_the_stricter_engine
@pytest.mark.parametrize("dialect", ["native", *VENDORS])
def test_a_hostile_body_is_refused_whatever_the_database(dialect: str, ask_kit: RunKit) -> None:
    ask_kit("bad_paths.py", dialect, "--no-slow", "--only", "^(json|xml|form)/", *ALLOWING.get(dialect, []))


@on_the_stricter_engine
@pytest.mark.parametrize("dialect", ["native", *VENDORS])
def test_each_path_refuses_hostile_json(dialect: str, ask_kit: RunKit, tmp_path: Path, standing: Stand) -> None:
    known = standing("postgresql").known[dialect]
    runs = [
        ["--json", filled(call, known), "--json-template", filled(body, known), *exceptions(call)]
        for name, call, body in PATHS
        if name == dialect
    ]
    paths = tmp_path / "paths.json"
    paths.write_text(json.dumps(runs))
    ask_kit("bad_paths.py", dialect, "--only", "^json/", "--no-slow", *SMALL, "--paths", str(paths))


SMALL = sized(["--small"], [])
"""Large bodies and wrong types are refused before a path is looked at: with each submission on the adapters' own, and
each path has every second of the other cases."""


def exceptions(call: str) -> list[str]:
    """What this path may take."""
    allowed = [option for case in ALLOWED.get(call, ()) for option in ("--allow", case)]
    return [*allowed, "--skip", "body-24mb"] if call in LARGE else allowed


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
    ask_kit("bad_paths.py", "ibm_htm", *only, *target, *XML_PATHS[call])


SCHEMA = '{"name": "Kit", "type": "single-valued", "attributes": [{"name": "a", "type": "string", "default": $VALUE}]}'


@on_the_stricter_engine
def test_a_schema_can_be_declared_once_whatever_is_sent(backend: str, standing: Stand, tmp_path: Path) -> None:
    # The kit's own run wants its harmless request to succeed twice, which a name that is taken can't.
    server = standing(backend).server
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
