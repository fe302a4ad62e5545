"""What is awkward about this vendor's wire: paths, moments, events, the grammar of extensions, estimates, schemas."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.genesys.wire import events, moments, queries, resources, schemas
from dragoman.dialects.genesys.wire.paths import ServiceId, normalise, parse_number, parse_service, render_service
from dragoman.dialects.kit import Request, json
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Invalid
from dragoman.domain.extension import Attribute, Extension, ExtensionSchema, Owner
from dragoman.domain.task import State, Task

NOON = moments.parse("2015-03-01T12:00:00.000Z")


def task(**fields: Any) -> Task:
    return Task(tenant=1, number=7, uid="u", created_at=NOON, **fields)


def asked(query: str) -> Request:
    return Request("GET", "/", query_string=query, received_at=NOON)


# Paths and ids


@pytest.mark.parametrize(
    ("below", "path", "query"),
    [
        ("/services/1/tasks", "/services/1/tasks", None),
        ("/services/1/tasks/", "/services/1/tasks", None),
        ("/genesys/1/cs/services/1", "/services/1", None),
        (
            "/services/1/states/active&active_tasks=true&extensions=*",
            "/services/1/states/active",
            "active_tasks=true&extensions=*",
        ),
        ("/services/1/tasks/2/extensions/R&D", "/services/1/tasks/2/extensions/R&D", None),
        ("/services/1/tasks/2/extensions/a&&b", "/services/1/tasks/2/extensions/a&&b", None),
        ("/", "/", None),
        ("", "", None),
    ],
)
def test_misprints_of_the_pages_are_mended(below: str, path: str, query: str | None) -> None:
    route = normalise(below)
    assert (route.path, route.query) == (path, query)


@pytest.mark.parametrize("text", ["0", "01", "-1", "1.0", " 1", "١", "1e3", "", "x", "9223372036854775808", "9" * 400])
def test_what_was_never_issued_is_no_number(text: str) -> None:
    assert parse_number(text) is None


@given(st.integers(1, 2**63 - 1), st.uuids(), st.sampled_from(["integer", "guid"]))
def test_an_id_comes_back_as_it_went(number: int, uid: Any, style: str) -> None:
    case = Case(1, number, str(uid), CaseKind.SERVICE)
    ref = parse_service(str(render_service(case, style)), style)
    assert ref.number == number
    assert ref.uid in (None, str(uid))


def test_a_number_is_no_id_where_texts_are_issued() -> None:
    assert parse_service("12", "guid") == ServiceId("12", None, "")


# Moments


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2015-03-01T10:00:00.000Z", "2015-03-01T10:00:00.000Z"),
        ("2015-03-01T10:00:00Z", "2015-03-01T10:00:00.000Z"),
        ("2015-03-01T10:00:00.120+01:00", "2015-03-01T09:00:00.120Z"),
        ("2015-03-01T10:00:00-0230", "2015-03-01T12:30:00.000Z"),
    ],
)
def test_a_moment_is_written_in_one_form(text: str, shown: str) -> None:
    assert moments.render(moments.parse(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2016-Dec-04T10:00:00.000Z",
        "2015-03-01",
        "2015-03-01T10:00:00",
        "2015-03-01 10:00:00Z",
        "2015-03-01T10:00Z",
        "2015-03-01T10:00:00.1Z",
        "2015-03-01T10:00:00.1234567Z",
        "2015-02-30T10:00:00Z",
        "1425204000000",
        "now",
        "",
        "-0100",
    ],
)
def test_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moments.parse(text)


def test_the_plus_of_an_offset_may_arrive_as_a_blank() -> None:
    assert moments.parse_in_query("2015-03-01T10:00:00 01:00") == moments.parse("2015-03-01T09:00:00Z")


@given(st.integers(0, 10**18))
def test_a_shown_moment_is_read_as_what_is_shown(ticks: int) -> None:
    moment = Moment(ticks)
    assert moments.parse(moments.render(moment)) == moments.cut(moment)


# Events


def test_types_keep_the_type_that_was_sent() -> None:
    event = events.parse_task_start(b'{"task_type":3,"media_type":"2","resource_type":9223372036854775807}')
    assert event.fields == {"task_type": 3, "media_type": "2", "resource_type": 2**63 - 1}


def test_other_keys_are_extensions_in_the_clients_own_text() -> None:
    event = events.parse_task_start(b'{ "a b" : [ 1.50 , {"x":1e2} ] , "task_type":"t", "Note":null}')
    assert event.extensions == {"a b": '[ 1.50 , {"x":1e2} ]', "Note": "null"}


def test_an_event_without_a_moment_happens_now_to_the_millisecond() -> None:
    event = events.parse_end(b'{"resource_id":31}')
    assert event.at(Moment(NOON + 12_345)) == Moment(NOON + 10_000)
    assert event.only(events.END, NOON) == {"timestamp": "2015-03-01T12:00:00.000Z", "resource_id": 31}


@pytest.mark.parametrize("body", [b"", b" \n", b"{}"])
def test_an_empty_body_is_an_event_without_fields(body: bytes) -> None:
    assert events.parse_end(body) == events.Event()


@pytest.mark.parametrize("name", ["started", "service_type", "disposition", "Task_Id", "TaskCard", "x" * 256])
def test_a_name_of_the_servers_own_is_no_extension_of_a_start(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        events.parse_task_start(json.encode({name: 1}))
    assert caught.value.code == "invalid_name"


def test_a_transition_tells_both_sides_what_stands_beside() -> None:
    passed = events.parse_transition(
        b'{"from":{"state_id":1,"disposition":2},"to":{"state_type":"N","est_duration":5},"resource_id":31,"Form":1}'
    )
    assert passed.state == 1
    assert passed.end == events.Event({"resource_id": 31, "disposition": 2})
    assert passed.start.fields == {"resource_id": 31, "state_type": "N", "est_duration": 5, "previous_state_id": 1}
    assert passed.start.extensions == {"Form": "1"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "missing_field"),
        (b'{"from":{"state_id":1}}', "missing_field"),
        (b'{"from":{},"to":{}}', "missing_field"),
        (b'{"from":[],"to":{}}', "invalid_value"),
        (b'{"from":{"state_id":"1"},"to":{}}', "invalid_value"),
        (b'{"from":{"state_id":null},"to":{}}', "invalid_value"),
        (b'{"from":{"state_id":1},"to":null}', "invalid_value"),
        (b'{"from":{"state_id":1},"to":{},"started":1}', "invalid_name"),
    ],
)
def test_a_transition_needs_both_sides(body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        events.parse_transition(body)
    assert caught.value.code == code


# Which extensions


HELD = {"story": Extension("Story", "1"), "state.x": Extension("State.x", "2"), "task": Extension("Task", "3")}


@pytest.mark.parametrize(
    ("query", "service", "state", "task"),
    [
        ("", [], [], []),
        ("extensions=", [], [], []),
        ("extensions=STORY", ["Story"], ["Story"], ["Story"]),
        ("extensions=State.Story", [], ["Story"], []),
        ("extensions=Task.story,Nothing", [], [], ["Story"]),
        ("extensions=*", ["Story", "State.x", "Task"], ["Story", "State.x", "Task"], ["Story", "State.x", "Task"]),
        ("extensions=State.*", [], ["Story", "State.x", "Task"], []),
        ("extensions=State", [], ["Story", "State.x", "Task"], []),
        ("extensions=Task", ["Task"], ["Task"], ["Story", "State.x", "Task"]),
        ("extensions=State.x", ["State.x"], ["State.x"], ["State.x"]),
        ("extensions=Task.Story%2Cstate.story", [], ["Story"], ["Story"]),
        ("extensions=Task.Story&extensions=State.Story", [], ["Story"], ["Story"]),
    ],
)
def test_the_grammar_of_extensions(query: str, service: list[str], state: list[str], task: list[str]) -> None:
    wanted = queries.parse_wanted(asked(query))
    for kind, names in (("service", service), ("state", state), ("task", task)):
        assert [extension.name for extension in wanted.chosen(kind, HELD)] == names


@pytest.mark.parametrize(
    ("query", "card"),
    [
        ("extensions=*", False),
        ("extensions=Task.*", False),
        ("extensions=taskcard", True),
        ("extensions=Task.TaskCard", True),
    ],
)
def test_the_card_is_shown_only_when_it_is_named(query: str, card: bool) -> None:
    assert queries.parse_wanted(asked(query)).card is card


def test_an_id_that_can_not_be_one_matches_nothing() -> None:
    assert [queries.parse_state(asked(f"state_id={text}")) for text in ("7", "x", "")] == [7, 0, 0]
    assert queries.parse_state(asked("")) is None


# Tasks of others


@pytest.mark.parametrize(("seconds", "shown"), [(900, 900), (900.9, 900), (0, 0), (-0.5, None), (-60, None)])
def test_an_estimate_is_what_lies_between_start_and_due_time(seconds: float, shown: int | None) -> None:
    assert resources.est_duration(task(due_at=later(NOON, seconds=seconds))) == shown
    assert resources.est_duration(task()) is None


@pytest.mark.parametrize(
    ("state", "code", "shown"),
    [
        (State.COMPLETED, None, {}),
        (State.COMPLETED, "sold", {"disposition": "sold"}),
        (State.FAILED, "E7", {"disposition": "failed"}),
        (State.TERMINATED, None, {"disposition": "cancelled"}),
        (State.EXPIRED, None, {"disposition": "cancelled"}),
    ],
)
def test_an_end_elsewhere_reads_as_completed(state: State, code: str | None, shown: dict[str, str]) -> None:
    ended = task(state=state, completed_at=NOON, outcome_code=code)
    assert resources.completed(ended) == {"timestamp": "2015-03-01T12:00:00.000Z", **shown}


def test_what_was_told_here_counts_as_long_as_the_core_says_the_same() -> None:
    told = {"timestamp": "2015-03-01T12:00:00.000Z", "resource_id": 31, "disposition": 7}
    extras = {"genesys": {"completed": told}}
    assert resources.completed(task(state=State.COMPLETED, completed_at=NOON, outcome_code="7", extras=extras)) == told
    assert resources.completed(task(state=State.READY, extras=extras)) is None
    again = task(state=State.COMPLETED, completed_at=later(NOON, seconds=1), outcome_code="x", extras=extras)
    assert resources.completed(again) == {"timestamp": "2015-03-01T12:00:01.000Z", "disposition": "x"}


def test_a_task_shows_its_own_type_then_its_categorys_title_then_its_own() -> None:
    beside = resources.Beside(categories={1: "Phone call"})
    own = {"genesys": {"task_type": 3}}
    assert resources.task_type(task(title="t", category=1, extras=own), beside) == 3
    assert resources.task_type(task(title="t", category=1), beside) == "Phone call"
    assert resources.task_type(task(title="t", category=9), beside) == "t"
    assert resources.task_type(task(), beside) is None


def test_an_assignee_of_others_shows_as_the_resource_that_is_his_alias() -> None:
    beside = resources.Beside(resources={"u1": 31})
    shown = resources.task(task(assignee="u1"), 1, queries.Wanted(), beside)
    assert shown["started"] == {"timestamp": "2015-03-01T12:00:00.000Z", "resource_id": 31}


def test_oldest_come_first_then_the_lower_id() -> None:
    def at(number: int, text: str) -> Task:
        return Task(tenant=1, number=number, uid="u", extras={"genesys": {"started": {"timestamp": text}}})

    late, early, same = (
        at(1, "2015-03-02T10:00:00.000Z"),
        at(3, "2015-03-01T10:00:00.000Z"),
        at(2, "2015-03-02T10:00:00.000Z"),
    )
    assert resources.in_order([same, late, early]) == [early, late, same]


# Schemas


def test_a_schema_that_came_another_way_is_shown_in_this_vendors_words() -> None:
    schema = ExtensionSchema(
        1, Owner.TASK, "parts", "Parts", 1, True,
        (Attribute("sku", "string", 12, mandatory=True), Attribute("pieces", "integer", default="1")), ("sku",),
    )  # fmt: skip
    assert json.parse(json.encode(schemas.render(schema))) == {
        "name": "Parts",
        "type": "multi-valued",
        "unique": ["sku"],
        "attributes": [
            {"name": "sku", "type": "string", "length": 12, "mandatory": True},
            {"name": "pieces", "type": "integer", "mandatory": False, "default": 1},
        ],
    }


@pytest.mark.parametrize("unique", ['["a","b"]', '"a,b"', '" a , b "', '["a,b"]', '["a","b",""]'])
def test_unique_names_are_taken_in_either_form(unique: str) -> None:
    attributes = '[{"name":"a","type":"string"},{"name":"b","type":"string"}]'
    posted = schemas.parse(f'{{"name":"A","type":"multi-valued","unique":{unique},"attributes":{attributes}}}'.encode())
    assert posted.declaration.unique == ("a", "b")


def test_a_schema_is_kept_as_it_was_posted() -> None:
    body = (
        b' {"name":"A", "type":"single-valued","attributes":[{"name":"a","type":"string","length":"010","x":1.50}]}\n'
    )
    posted = schemas.parse(body)
    assert posted.source == body.decode().strip()
    assert posted.declaration.attributes == (Attribute("a", "string", 10),)
