"""The OpenAPI document says what is routed and what is checked, and nothing in it points nowhere."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Reply
from dragoman.dialects.native import DIALECT
from dragoman.dialects.native.handlers import openapi
from dragoman.dialects.native.operations import DOCUMENTS, ROWS
from dragoman.domain.extension import Owner
from tests.unit.native.asking import OPERATIONS, ask

SHOWN = OPERATIONS["read_openapi"].render(None, ask())
assert isinstance(SHOWN, Reply)
DOCUMENT: dict[str, Any] = json.loads(SHOWN.body)


def all_of(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(document, dict):
        yield document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from all_of(inner)


def test_it_describes_every_operation_but_the_documents_themselves() -> None:
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    routed = {(operation.method, f"/v1{operation.path}") for operation in DIALECT.operations}
    assert routed - told == {("GET", f"/v1{row.path}") for row in DOCUMENTS}
    assert told <= routed


def test_ids_of_operations_are_their_names_in_history() -> None:
    ids = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert sorted(ids) == sorted(row.name for row in ROWS)
    assert len(set(ids)) == len(ids)


def test_everything_that_is_pointed_to_is_there() -> None:
    pointers = {found["$ref"] for found in all_of(DOCUMENT) if isinstance(found.get("$ref"), str)}
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert pointers <= known


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one(name: str) -> None:
    rules = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(rules)


def test_every_pattern_can_be_read_and_means_the_whole_text() -> None:
    for found in all_of(DOCUMENT):
        if isinstance(found.get("pattern"), str):
            re.compile(found["pattern"])
            assert found["pattern"].startswith("^")
            assert found["pattern"].endswith("$")


def test_no_text_that_is_taken_may_hold_nul() -> None:
    bodies = [row.contract.body for row in ROWS if hasattr(row.contract.body, "__struct_fields__")]
    assert bodies
    for body in bodies:
        for found in all_of(DOCUMENT["components"]["schemas"][body.__name__].get("properties", {})):
            assert found.get("type") != "string" or "pattern" in found, (body, found)


def test_every_operation_has_an_answer_and_says_how_it_refuses() -> None:
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            assert any(status.startswith("2") for status in operation["responses"])
            assert "default" in operation["responses"]
            assert operation["summary"].endswith(".")


def test_every_scope_is_told() -> None:
    for row in ROWS:
        told = DOCUMENT["paths"][f"/v1{row.path}"][row.method.lower()]["security"]
        assert {scope for way in told for scope in way["bearer"]} == row.scopes - ANY_CREDENTIALS - PUBLIC
        assert bool(told) is (row.scopes != PUBLIC)


def test_a_cursor_is_nobodys_to_make_up() -> None:
    names = {found["name"] for found in all_of(DOCUMENT) if found.get("in") == "query"}
    assert "cursor" not in names
    assert {"limit", "sort", "q", "dry_run", "move_to", "with_tasks"} <= names


def test_kinds_of_schemas_are_the_cores() -> None:
    assert openapi.PATH_PARAMETERS["kind"]["schema"]["enum"] == [str(owner) for owner in Owner]


@pytest.mark.parametrize("name", ["read_docs", "read_docs_script", "read_docs_style"])
def test_the_page_ships_with_us_and_fetches_nothing_elsewhere(name: str) -> None:
    reply = OPERATIONS[name].render(None, ask())
    assert isinstance(reply, Reply)
    assert reply.status == 200
    assert b"https://" not in reply.body
    assert b"http://" not in reply.body
    policy = dict(reply.headers)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("part", ["results", "preview", "entries"])
def test_rows_of_a_batch_are_described_as_json_ndjson_and_csv(part: str) -> None:
    good = DOCUMENT["paths"][f"/v1/batches/{{id}}/{part}"]["get"]["responses"]["200"]
    assert set(good["content"]) == {"application/json", "application/x-ndjson", "text/csv"}


def test_no_two_types_share_a_name() -> None:
    # A shared name would be told with its module, which changes when a file moves.
    assert not [name for name in DOCUMENT["components"]["schemas"] if "." in name]


def reached(schema: Any, known: set[str]) -> Iterator[dict[str, Any]]:
    """Every object in the schema and in those that it points to."""
    for found in all_of(schema):
        yield found
        name = str(found.get("$ref", "")).rsplit("/", 1)[-1]
        if name and name not in known:
            known.add(name)
            yield from reached(DOCUMENT["components"]["schemas"][name], known)


def test_no_member_of_a_patch_has_a_default() -> None:
    # Generated clients send the default of a member that was not set, and would change what nobody meant to change.
    patches = [methods["patch"]["requestBody"] for methods in DOCUMENT["paths"].values() if "patch" in methods]
    assert patches
    for body in patches:
        assert not [found for found in reached(body, set()) if "default" in found]
