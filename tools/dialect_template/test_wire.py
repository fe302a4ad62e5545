"""Acme's wire: what is awkward to see through a whole server."""

import pytest

from dragoman.dialects.acme import wire
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.task import Task

TASK = Task(tenant=1, number=7, uid="0193", title="Call", due_at=Moment(15), extras={"acme": {"color": "red"}})


@pytest.mark.parametrize("value", ["0x7", "-7", "7.0", " 7", "", "٧", "9" * 20, "9223372036854775808"])
def test_an_id_that_cannot_be_read_is_not_found(value: str) -> None:
    with pytest.raises(NotFound):
        wire.parse_id(value)


def test_all_faults_of_a_body_are_reported_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        wire.parse_fields({"title": "", "due": "tomorrow", "colour": "red"})
    assert {problem.path for problem in caught.value.problems} == {"/title", "/due", "/colour"}


def test_what_is_shown_is_what_would_be_sent_back() -> None:
    assert wire.shown_fields(TASK) == wire.Fields("Call", Moment(0), "red")
