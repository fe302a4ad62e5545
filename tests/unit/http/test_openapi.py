"""A vendor's document says what is routed: every operation, how one may ask for it, and how it refuses."""

import json
from typing import Any

import pytest

from dragoman.dialects import discover
from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Dialect
from dragoman.http.endpoints.documents import NATIVE, documents
from dragoman.http.openapi.document import document
from dragoman.http.openapi.examples import examples
from dragoman.http.openapi.observed_schema import schema_of, schema_of_bodies

VENDORS = [dialect for dialect in discover() if dialect.name != NATIVE]
TOLD: dict[str, dict[str, Any]] = {dialect.name: document(dialect) for dialect in VENDORS}

each = pytest.mark.parametrize("dialect", VENDORS, ids=lambda dialect: dialect.name)


def entries(dialect: Dialect) -> dict[tuple[str, str], Any]:
    return {
        (method.upper(), path): entry
        for path, methods in TOLD[dialect.name]["paths"].items()
        for method, entry in methods.items()
    }


@each
def test_it_describes_every_operation_and_no_other(dialect: Dialect) -> None:
    assert entries(dialect).keys() == {(row.method, row.path) for row in dialect.operations}
    told = [
        action["operationId"]
        for entry in entries(dialect).values()
        for action in entry.get("x-operations", [{"operationId": entry["operationId"]}])
    ]
    assert sorted(told) == sorted(row.name for row in dialect.operations)


@each
def test_scopes_are_those_that_are_asked_for(dialect: Dialect) -> None:
    for row in dialect.operations:
        entry = entries(dialect)[row.method, row.path]
        if row.scopes == PUBLIC or row.credentials is not None:
            assert entry["security"] == []
        else:
            assert row.scopes <= {*entry.get("x-scopes", ()), *ANY_CREDENTIALS}
            assert "401" in entry["responses"]
            assert "403" in entry["responses"]


@each
def test_every_operation_is_shown_by_an_example(dialect: Dialect) -> None:
    shown = {id(example.operation) for example in examples(dialect) if example.is_answered}
    assert shown == {id(row) for row in dialect.operations}


@each
def test_its_parameters_are_those_of_its_path_and_each_is_described_once(dialect: Dialect) -> None:
    for (_, path), entry in entries(dialect).items():
        places = [(parameter["in"], parameter["name"]) for parameter in entry["parameters"]]
        assert len(set(places)) == len(places)
        assert {name for kind, name in places if kind == "path"} == {
            segment[1:-1] for segment in path.split("/") if segment.startswith("{")
        }


@each
def test_it_can_be_sent(dialect: Dialect) -> None:
    assert json.loads(json.dumps(TOLD[dialect.name]))["openapi"] == "3.1.0"
    assert f"/v1/openapi/{dialect.name}.json" in documents([dialect])


def test_actions_of_one_path_are_one_entry() -> None:
    entry = TOLD["ibm_htm"]["paths"]["/task/{tkiid}"]["put"]
    action = next(parameter for parameter in entry["parameters"] if parameter["name"] == "action")
    assert action["required"]
    assert {"claim", "cancel", "complete"} <= set(action["schema"]["enum"])


def test_a_path_that_takes_only_numbers_is_described_so() -> None:
    (parameter,) = TOLD["onlyoffice_crm"]["paths"]["/crm/task/{taskid}/close"]["put"]["parameters"][:1]
    assert parameter["schema"] == {"type": "integer", "minimum": 0}


def test_ours_is_not_made_again() -> None:
    assert not documents([dialect for dialect in discover() if dialect.name == NATIVE])


def test_samples_give_every_type_that_was_seen() -> None:
    assert schema_of([{"a": 1, "b": [None, "x"]}, {"a": "1"}]) == {
        "type": "object",
        "properties": {
            "a": {"type": ["integer", "string"]},
            "b": {"type": "array", "items": {"type": ["null", "string"]}},
        },
    }
    assert schema_of([True, 1.5])["type"] == ["boolean", "number"]


def test_samples_that_are_no_data_are_text() -> None:
    assert schema_of_bodies("application/xml", ["<a/>"])["schema"] == {"type": "string"}
    assert schema_of_bodies("application/x-www-form-urlencoded", ["a=1&b="])["schema"]["properties"].keys() == {
        "a",
        "b",
    }
