"""Business attributes: which fields they may be mapped to, and what is wrong with a configuration."""

import pytest

from dragoman.dialects.genesys.wire.business import BusinessAttribute, Mapped, Unknown, Value, fault, field_of
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


@pytest.mark.parametrize("value", [7, "7", "repair", "REPAIR"])
def test_a_value_is_kept_as_its_dbid(value: object) -> None:
    taken = MAPPED.taken("Task", Event({"task_type": value, "media_type": 9}))
    assert taken.fields == {"task_type": 7, "media_type": 9}
    assert taken.title == "Repair of a bike"
    assert MAPPED.taken("State", Event({"state_type": "x"})).fields == {"state_type": "x"}


@pytest.mark.parametrize("value", [8.5, 70, "", "Repair "])
def test_another_value_is_refused_with_the_valid_ones(value: object) -> None:
    with pytest.raises(Invalid, match=r"task_type must be one of Repair \(7\), 8 \(9\)"):
        MAPPED.taken("Task", Event({"task_type": value}))


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
