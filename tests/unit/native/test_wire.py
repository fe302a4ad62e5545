"""Views: every fact of a task is shown or left out on purpose, moments as times, values of clients byte by byte."""

import itertools
import re
from typing import get_type_hints

import msgspec
import pytest

from dragoman.dialects.kit import times
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire.scalars import LOCAL_PATTERN, TIME_PATTERN
from dragoman.dialects.native.wire.tasks import Task as TaskView
from dragoman.domain.case import Case, Stage
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.extension import Extension
from dragoman.domain.task import Task
from dragoman.usecases.events.history import HistoryRow

LEFT_OUT = {
    "tenant",  # the credential decides it
    "uid",  # shown as id
    "outcome_code",  # shown as outcome
    "outcome_text",
    "entity_kind",  # what a CRM client named beside the case that holds the task; shown by that dialect
    "entity",
    "first_activated_at",  # for the core's own reckoning
    "state_changed_at",
    "escalate_at",
    "work_items",  # rights; their own paths come with human tasks
    "extension_count",
    "work_item_count",
    "removed_at",
    "row_version",
    "head_hash",
}
NAMES_OF_MOMENTS = {
    name
    for entity in (Task, Case, Stage, Contact)
    for name, hint in get_type_hints(entity).items()
    if Moment in (hint, *getattr(hint, "__args__", ()))
}


def test_every_field_of_a_task_is_shown_or_left_out_on_purpose() -> None:
    assert set(Task.__struct_fields__) - LEFT_OUT == set(TaskView.__struct_fields__) - {"id", "outcome"}


@pytest.mark.parametrize("entity", [Task, Case, Stage, Contact])
def test_names_that_end_in_at_are_those_of_moments(entity: type[msgspec.Struct]) -> None:
    """History tells moments from numbers by this."""
    hints = get_type_hints(entity)
    named = {name for name in hints if name.endswith("_at")}
    assert named == {name for name in hints if name in NAMES_OF_MOMENTS}


def test_extensions_are_shown_byte_by_byte() -> None:
    task = Task(tenant=1, number=1, uid="u", extensions={"box": Extension("Box", '{ "w":1.50 , "w2" : 1e2}')})
    assert b'"extensions":{"Box":{ "w":1.50 , "w2" : 1e2}}' in msgspec.json.encode(wire.task(task))


def test_history_shows_moments_as_times_and_all_else_as_it_was() -> None:
    changes = (
        '{"due_at":[null,19356564301234567],"priority":[0,19356564301234567],"extensions.at":[null,{"a_at":1.50}]}'
    )
    row = HistoryRow(1, "task", 1, 2, Moment(0), "anna", "native", "patch_task", changes, "h")
    shown = msgspec.json.encode(wire.entry(row).changes)
    assert shown == (
        b'{"due_at":{"old":null,"new":"2031-05-04T10:20:30.1234567Z"},"priority":{"old":0,"new":19356564301234567},'
        b'"extensions.at":{"old":null,"new":{"a_at":1.50}}}'
    )


def test_history_names_the_batch_that_made_a_change_and_nothing_elsewhere() -> None:
    row = HistoryRow(1, "task", 1, 2, Moment(0), "anna", "native", "batch.run", "{}", "h", 12)
    assert msgspec.json.decode(msgspec.json.encode(wire.entry(row)))["cause"] == 12
    alone = msgspec.structs.replace(row, cause=None)
    assert "cause" not in msgspec.json.decode(msgspec.json.encode(wire.entry(alone)))


@pytest.mark.parametrize("year", [1, 4, 100, 400, 1900, 2000, 2023, 2024, 9999])
def test_the_pattern_of_times_knows_the_calendar(year: int) -> None:
    pattern = re.compile(TIME_PATTERN)
    for month, day in itertools.product(range(14), range(33)):
        text = f"{year:04d}-{month:02d}-{day:02d}T10:00:00Z"
        assert (pattern.search(text) is not None) == can_be_read(text), text


def can_be_read(text: str) -> bool:
    try:
        times.parse_iso(text)
    except ValueError:
        return False
    return True


def test_a_local_time_is_a_time_without_an_offset() -> None:
    assert LOCAL_PATTERN.removesuffix("$") in TIME_PATTERN
