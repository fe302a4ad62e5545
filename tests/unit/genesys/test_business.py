"""Business attributes: which fields they may be mapped to, their values, and what is wrong with a configuration."""

import json
from typing import Any

import pytest

from dragoman.dialects.genesys.wire import events
from dragoman.dialects.genesys.wire.business import BusinessAttribute, Mapped, Unknown, Value, fault, field_of, settled
from dragoman.dialects.genesys.wire.events import Event
from dragoman.domain.errors import Invalid

TYPES = BusinessAttribute(
    "Types",
    1,
    values=(Value("Repair", 7, "Repair of a bike"), Value("8", 9)),
    cv_attributes=("Task.type", "Task.media_type"),
    map_names=True,
)
MAPPED = Mapped((TYPES,))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Service.service_type", ("Service", "service_type")),
        ("state.TYPE", ("State", "state_type")),
        (" Task.disposition ", ("Task", "disposition")),
        ("Task.media_type", ("Task", "media_type")),
    ],
)
def test_a_field_is_read(text: str, field: tuple[str, str]) -> None:
    assert field_of(text) == field


@pytest.mark.parametrize("text", ["", "Task", "Task.", "Task.state_type", "Profile.type", "Task.est_duration"])
def test_other_fields_can_not_be_mapped(text: str) -> None:
    with pytest.raises(Unknown):
        field_of(text)


def started(**body: Any) -> Event:
    """The start of a task."""
    return MAPPED.read("Task", events.parse_task_start, json.dumps(body).encode(), lambda names: None)


def ended(**body: Any) -> Event:
    """The end of a task."""
    return MAPPED.read("Task", events.parse_end, json.dumps(body).encode(), lambda names: None)


@pytest.mark.parametrize("value", [7, "7", "repair", "REPAIR"])
def test_a_value_is_kept_as_its_dbid(value: object) -> None:
    event = started(task_type=value, media_type=9)
    assert event.fields == {"task_type": 7, "media_type": 9}
    assert event.title == "Repair of a bike"


@pytest.mark.parametrize("value", [70, "", "Repair "])
def test_another_value_is_refused_with_the_valid_ones(value: object) -> None:
    with pytest.raises(Invalid, match=r"task_type must be one of Repair \(7\), 8 \(9\)"):
        started(task_type=value)


def test_a_value_of_the_wrong_type_has_one_fault() -> None:
    with pytest.raises(Invalid, match=r"^task_type must be text or an integer$"):
        started(task_type=8.5)


def test_all_faults_of_a_body_are_reported_in_its_order() -> None:
    with pytest.raises(Invalid) as refused:
        started(timestamp="soon", task_type="x", application_id="a", media_type="y")
    named = [problem.path for problem in refused.value.problems]
    assert named == ["/timestamp", "/task_type", "/application_id", "/media_type"]


def test_a_field_that_allows_no_value_says_so() -> None:
    mapped = Mapped((BusinessAttribute("Types", 1, cv_attributes=("State.type",)),))
    with pytest.raises(Invalid, match=r"^state_type can't be set: its business attribute has no values$"):
        mapped.read("State", events.parse_state_start, b'{"state_type": "x"}', lambda names: None)


def test_what_is_stored_may_be_sent_back_though_it_is_no_value() -> None:
    event = ended(media_type="fax", Wheel={"a": 1})
    assert settled(event, {"media_type": "fax"}).fields == {"media_type": "fax"}
    assert event.extensions == {"Wheel": '{"a": 1}'}
    with pytest.raises(Invalid, match=r"^media_type must be one of"):
        settled(event, {"media_type": "telex"})


def test_text_that_is_stored_does_not_become_the_dbid_that_it_spells() -> None:
    assert settled(ended(media_type="7"), {"media_type": "7"}).fields == {"media_type": "7"}
    assert settled(ended(media_type="7"), {}).fields == {"media_type": 7}


@pytest.mark.parametrize(("sent", "word"), [("repair", "repair"), ("fax", "fax"), (7, "Repair"), (70, 70)])
def test_a_field_in_words_is_the_text_that_was_sent_or_a_values_name(sent: object, word: object) -> None:
    assert ended(media_type=sent).word("media_type") == word


def test_names_are_shown_wherever_the_field_is() -> None:
    task = {"task_type": 7, "started": {"media_type": 9}, "completed": {"media_type": 5}, "Wheel": {"task_type": 7}}
    shown = MAPPED.shown("Service", {"service_type": 7, "active_tasks": [task]})
    assert shown == {
        "service_type": 7,
        "active_tasks": [
            {
                "task_type": "Repair",
                "started": {"media_type": "8"},
                "completed": {"media_type": 5},
                "Wheel": task["Wheel"],
            }
        ],
    }
    assert MAPPED.asked("Task", ["repair", "x"]) == {"repair", "7", "x"}


@pytest.mark.parametrize(
    "tables",
    [
        [{"name": "x"}],
        [{"name": "x", "dbid": 1, "cv_attributes": ["Task.colour"]}],
        [{"name": "x", "dbid": 1}, {"name": "X", "dbid": 2}],
        [{"name": "x", "dbid": 1, "cv_attributes": ["Task.type", "Task.task_type"]}],
        [{"name": "x", "dbid": 1, "values": [{"name": "y"}]}],
    ],
    ids=str,
)
def test_a_wrong_configuration_is_explained(tables: list[object]) -> None:
    assert fault(tables)


def test_a_right_configuration_has_no_fault() -> None:
    assert (
        fault([{"name": "x", "dbid": 1, "values": [{"name": "y", "dbid": 2}], "cv_attributes": ["Task.type"]}]) is None
    )
