"""A number that a client sent is kept as its text through every path where JSON is read, merged, stored and written."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.carrierx_batch.resource_types import DID
from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.domain import json_numbers
from dragoman.domain.json_numbers import Number
from dragoman.usecases.batches.types import resources
from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.conftest import open_world
from tests.support.world import World

NUMBERS = ["1.10", "1e2", "1234567890123456.78", "-0.0", "1E-7", "100.0", "0.1000", "12345678901234567.0"]
JSON = {"content-type": "application/json"}
DIDS = "/core/v2/phonenumber/dids"

written = st.from_regex(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@pytest.fixture(params=NUMBERS)
def number(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def office() -> Iterator[World]:
    yield from open_world()


def ask(world: World, method: str, target: str, body: str = "", **headers: str) -> str:
    reply = world.ask("anna", method, target, body, JSON | headers)
    assert reply.status < 300, reply.body
    return reply.body.decode()


def member(text: str, *path: str | int) -> str:
    """What stands in JSON under these names, as its text."""
    value: Any = json_numbers.decode(text)
    for name in path:
        value = value[name]
    return json_numbers.encode(value).decode()


@given(st.recursive(written, lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")))
@settings(max_examples=200, deadline=None)
def test_reading_and_writing_gives_the_same_text(text: str) -> None:
    if text.lstrip("-[").startswith("0,") or "-0" in text:
        return  # an integer that is minus zero has no sign afterwards
    assert json_numbers.encode(json_numbers.decode(text)).decode() == text


def test_a_batch_shows_its_data_as_it_was_sent(office: World, number: str) -> None:
    data = f'{{"attributes":{{"a":{number}}}}}'
    order = f'{{"method":"PATCH","type":"phonenumber","field":"phonenumber","entries":["12025550101"],"data":{data}}}'
    made = ask(office, "POST", "/core/v2/batch/tasks", order)
    assert member(made, "data", "attributes", "a") == number
    shown = ask(office, "GET", f"/core/v2/batch/tasks/{json.loads(made)['task_sid']}")
    assert member(shown, "data", "attributes", "a") == number


def test_a_batch_changes_and_makes_resources_as_it_was_sent(office: World, number: str) -> None:
    text = f'{{"phonenumber":"12025550777","attributes":{{"a":{number},"b":1.50}}}}'.encode()
    patch = f'{{"attributes":{{"a":{number}0}}}}'.encode() if "." in number and "E" not in number else text

    def run(uow: Any) -> Any:
        type_ = resources.resource_type(DID)
        type_.create(uow, [text])(uow, text)
        made = uow.resources.by_natural(DID.name, ["12025550777"])["12025550777"][0]
        type_.patch(uow, patch)(uow, made.number)
        changed = uow.resources.get(made.number)
        uow.resources.remove(changed)
        return made.body, changed.body

    made, changed = office.core(run)
    assert str(made["attributes"]["a"]) == number
    assert str(changed["attributes"]["b"]) == "1.50"


def test_attributes_of_carrierx_objects_keep_their_numbers(office: World, number: str) -> None:
    made = ask(
        office, "POST", DIDS, f'{{"phonenumber":"12025550101","price":{number},"attributes":{{"a":[{number}]}}}}'
    )
    sid = json.loads(made)["did_sid"]
    ask(office, "PATCH", f"{DIDS}/{sid}", '{"name":"x"}')
    for text, path in ((ask(office, "GET", f"{DIDS}/{sid}"), ()), (ask(office, "GET", DIDS), ("items", 0))):
        assert (member(text, *path, "price"), member(text, *path, "attributes", "a", 0)) == (number, number)
    office.ask("anna", "DELETE", f"{DIDS}/{sid}")


def test_a_boolean_is_another_value_than_a_number(office: World) -> None:
    made = json.loads(ask(office, "POST", DIDS, '{"phonenumber":"12025550303","attributes":{"a":1}}'))
    changed = ask(office, "PATCH", f"{DIDS}/{made['did_sid']}", '{"attributes":{"a":true}}')
    assert json.loads(changed)["attributes"] == {"a": True}


def test_an_ibm_message_of_json_is_read_as_xml_with_its_numbers(office: World, number: str) -> None:
    made = office.core(lambda uow: tasks.add(uow, title="x"))
    path = f"/rest/bpm/htm/v1/task/{task_id(made.uid)}"
    ask(office, "PUT", f"{path}?action=claim")
    ask(office, "PUT", f"{path}/output", f'{{"a":{number}}}')
    reply = office.ask("anna", "GET", f"{path}/output", "", {"accept": "application/xml"})
    assert f"<a>{number}</a>" in reply.body.decode()


def test_an_ibm_custom_property_given_as_a_number_is_its_text(office: World, number: str) -> None:
    made = office.core(lambda uow: tasks.add(uow, title="x"))
    path = f"/rest/bpm/htm/v1/task/{task_id(made.uid)}"
    ask(office, "PUT", f"{path}?action=update", f'{{"customProperties":{{"a":{number}}}}}')
    assert json.loads(ask(office, "GET", path))["customProperties"] == {"a": number}


def test_a_genesys_interaction_id_given_as_a_number_is_its_text(office: World, number: str) -> None:
    service = json.loads(ask(office, "POST", "/services/start", f'{{"contact_key":"k","interaction_id":{number}}}'))
    shown = json.loads(ask(office, "GET", f"/services/{service['service_id']}"))
    assert shown["started"]["interaction_id"] == number


def test_a_crm_text_given_as_a_number_is_its_text(office: World, number: str) -> None:
    body = f'{{"title":{number},"deadline":"2031-04-10","categoryId":1}}'
    assert json.loads(ask(office, "POST", "/api/2.0/crm/task", body))["response"]["title"] == number


def test_a_bid_keeps_its_digits(office: World) -> None:
    anna = office.people["anna"].user
    body = (
        f'{{"title":"x","responsibleid":"{anna}","stageid":1,"bidCurrencyAbbr":"EUR","bidValue":123456789012345.6789}}'
    )
    made = ask(office, "POST", "/api/2.0/crm/opportunity", body)
    shown = ask(office, "GET", f"/api/2.0/crm/opportunity/{json.loads(made)['response']['id']}")
    assert member(shown, "response", "bidValue") == "123456789012345.6789"


def test_native_extensions_and_merges_keep_their_numbers(office: World, number: str) -> None:
    made = json.loads(ask(office, "POST", "/v1/tasks", f'{{"title":"x","extensions":{{"E":{{"a":{number}}}}}}}'))
    ask(office, "PATCH", f"/v1/tasks/{made['number']}", '{"extensions":{"E":{"b":1.50}}}')
    shown = ask(office, "GET", f"/v1/tasks/{made['number']}")
    assert f'"E":{{"a":{number},"b":1.50}}' in shown


def test_a_number_compares_by_its_value() -> None:
    assert Number("1.10") == Number("1.1") == 1.1
    assert json_numbers.are_same({"a": [Number("1e2")]}, {"a": [100]})
    assert not json_numbers.are_same(True, 1)
    assert not json_numbers.are_same(Number("1234567890123456.78"), Number("1234567890123456.79"))


def test_a_number_out_of_range_is_refused(office: World) -> None:
    for target in ("/core/v2/batch/tasks", DIDS, "/services/start", "/api/2.0/crm/task", "/v1/tasks"):
        assert office.ask("anna", "POST", target, '{"a":1e999}', JSON).status == 400


def test_a_change_in_digits_beyond_a_float_is_a_change(office: World) -> None:
    before, after = "1234567890123456.78", "1234567890123456.79"
    made = json.loads(ask(office, "POST", DIDS, f'{{"phonenumber":"12025550901","price":{before}}}'))
    changed = ask(office, "PATCH", f"{DIDS}/{made['did_sid']}", f'{{"price":{after}}}')
    assert member(changed, "price") == after
    ask(office, "POST", "/v1/tasks", f'{{"title":"x","extensions":{{"E":{before}}}}}')
    number = json.loads(ask(office, "GET", "/v1/tasks"))["items"][-1]["number"]
    assert f'"E":{after}' in ask(office, "PATCH", f"/v1/tasks/{number}", f'{{"extensions":{{"E":{after}}}}}')


def test_the_default_of_an_attribute_keeps_its_digits(office: World) -> None:
    schema = """{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Weight", "type": "object",
        "properties": {"kilograms": {"type": "number", "default": 1.10}}}"""
    reply = office.ask("anna", "POST", "/v1/schemas/task", schema)
    assert reply.status == 201
    assert b'"default":1.10' in reply.body
