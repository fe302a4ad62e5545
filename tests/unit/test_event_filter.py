"""Filters of events: which types and subjects they take."""

import re

import pytest

from dragoman.domain import event_filter
from dragoman.domain.event import TYPES
from dragoman.domain.event_filter import Filter, Subject

ID = "01a228db-d9af-702d-a0b4-0db88ab7540e"


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        (("*",), {"task.created", "task.hidden", "user.rights_changed"}),
        (("task.*",), {"task.created", "task.hidden"}),
        (("task.created", "user.*"), {"task.created", "user.rights_changed"}),
        (("tas.*", "user.rights"), set()),
    ],
)
def test_a_filter_is_exact_a_prefix_or_all(types: tuple[str, ...], wanted: set[str]) -> None:
    among = ("task.created", "task.hidden", "user.rights_changed")
    assert {type_ for type_ in among if Filter(types).wants_type(type_)} == wanted


def test_all_that_a_filter_takes_is_among_what_is_read_for_it() -> None:
    for types in (("task.created",), ("case.*", "task.hidden"), ("task.*",)):
        stored = event_filter.stored_types(types)
        assert stored is not None
        hidden = {f"{entity}.hidden" for entity in event_filter.hidden_entities(types)}
        assert {*stored} | hidden == {type_ for type_ in TYPES if event_filter.wants(types, type_)}
    assert event_filter.stored_types(("x.y", "*")) is None


@pytest.mark.parametrize("word", ["*", "task.*", "task.created", "user.rights_changed", "later.type"])
def test_types_of_later_versions_can_be_asked_for(word: str) -> None:
    assert re.fullmatch(event_filter.TYPE_PATTERN, word)


@pytest.mark.parametrize("word", ["", "task", "task.", ".*", "t*", "task.cre*", "Task.created", "task.a.b", "**", " *"])
def test_what_is_no_type_is_none(word: str) -> None:
    assert not re.fullmatch(event_filter.TYPE_PATTERN, word)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("tasks/12", Subject(entity="task", number=12)),
        (f"cases/{ID.upper()}", Subject(text=f"cases/{ID}")),
        ("batches/7", Subject(entity="batch", number=7)),
        ("tenants/12", Subject(text="tenants/12")),
        ("mail/7", Subject(entity="mail", number=7)),
        (f"absences/{ID}", Subject(text=f"absences/{ID}")),
        ("calendars/12", Subject(text="calendars/12")),
        ("ladders/late", Subject(text="ladders/late")),
        ("tasks/012", Subject(text="tasks/012")),
        ("task/12", None),
        ("tasks", None),
        ("tasks/", None),
        ("tasks/1/2", None),
        ("", None),
    ],
)
def test_a_subject_is_an_entity_by_number_or_as_events_spell_it(text: str, subject: Subject | None) -> None:
    assert event_filter.subject_of(text) == subject


def test_a_subject_is_wanted_by_either_name() -> None:
    for text in ("tasks/12", f"tasks/{ID}"):
        wanted = Filter(subject=event_filter.subject_of(text))
        assert wanted.wants_subject(f"tasks/{ID}", "task", 12)
        assert not wanted.wants_subject("tasks/x", "task", 13)
        assert not wanted.wants_subject("cases/x", "case", 12)
