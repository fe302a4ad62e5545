"""When the tasks of a template set are due, and what labels are the same."""

import pytest

from dragoman.domain.clock import Moment
from dragoman.domain.due import Due, moment_of
from dragoman.domain.errors import Conflict, Invalid
from dragoman.domain.labels import MOST_LABELS, check_label, distinct, with_label, without_label
from dragoman.domain.template_set import LATEST, Blueprint

HOUR = 36_000_000_000
RIGA = "Europe/Riga"


def blueprint(offset: int, *, at_time_of_day: bool = False) -> Blueprint:
    return Blueprint(1, 1, 1, "Call", offset=offset, at_time_of_day=at_time_of_day)


@pytest.mark.parametrize("offset", [0, 24 * HOUR, -HOUR, 7])
def test_an_offset_counts_from_the_moment_of_applying(offset: int) -> None:
    at = moment_of("2031-04-10T09:00:00", RIGA)
    assert blueprint(offset).due(at, RIGA) == Due(Moment(at + offset))


def test_a_time_of_day_is_of_that_day_in_the_zone_of_the_tenant() -> None:
    at = moment_of("2031-04-10T23:30:00", "UTC")  # the next day in Riga
    due = blueprint(18 * HOUR, at_time_of_day=True).due(at, RIGA)
    assert due == Due(moment_of("2031-04-11T18:00:00", RIGA), "2031-04-11T18:00:00", RIGA)


def test_a_time_of_day_is_the_wall_clocks_also_when_the_clock_changes() -> None:
    at = moment_of("2031-03-30T01:00:00", RIGA)  # at three it is four
    due = blueprint(18 * HOUR, at_time_of_day=True).due(at, RIGA)
    assert due.local == "2031-03-30T18:00:00"
    assert due.at == at + 16 * HOUR


def test_a_fraction_of_a_second_is_no_wall_time() -> None:
    at = moment_of("2031-04-10T09:00:00", "UTC")
    midnight = moment_of("2031-04-10T00:00:00", "UTC")
    assert blueprint(HOUR + 7, at_time_of_day=True).due(at, "UTC") == Due(Moment(midnight + HOUR + 7))


@pytest.mark.parametrize("at_time_of_day", [False, True])
@pytest.mark.parametrize("offset", [2**63 - 1, -(2**63)])
def test_a_due_time_beyond_the_years_is_refused(offset: int, *, at_time_of_day: bool) -> None:
    with pytest.raises(Conflict, match="years 1 to 9999"):
        blueprint(offset, at_time_of_day=at_time_of_day).due(Moment(LATEST - HOUR), "UTC")


def test_labels_that_differ_in_case_are_one() -> None:
    assert distinct(["VIP", "vip", " ", "Fair", "VIP"]) == ("VIP", "Fair")
    assert with_label(("VIP",), "Vip") == ("VIP",)
    assert without_label(("VIP", "Fair"), "vip") == ("Fair",)


def test_a_label_has_text_and_there_are_not_too_many() -> None:
    with pytest.raises(Invalid):
        check_label(" ")
    with pytest.raises(Invalid):
        check_label("x" * 256)
    with pytest.raises(Conflict):
        with_label(tuple(map(str, range(MOST_LABELS))), "one more")
