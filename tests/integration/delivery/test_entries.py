"""Entries of batches on an outside collection: what the preview didn't show is not done."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.delivery import entries
from dragoman.domain import bulk_failures
from dragoman.domain.bulk import Method, OnChange, Outcome, Preview
from dragoman.usecases.batches.execution.outside_work import Work, row_of, value_of
from tests.integration.delivery.tickets import BATCH, Crm
from tests.support.outside_server import act_then_drop, status

PATCH = Work(BATCH, 0, Method.PATCH, "crm_ticket", "id", "1", b'{"title": "new"}')
DELETE = replace(PATCH, method=Method.DELETE, data=b"{}")
BY_REFERENCE = replace(PATCH, field="reference", value="A")


def shown(crm: Crm, work: Work) -> Preview:
    return row_of(work, crm.run(lambda tickets: entries.look(tickets, work)))


def reviewed(crm: Crm, work: Work) -> Work:
    return replace(work, row=shown(crm, work))


def done(crm: Crm, work: Work) -> Outcome:
    return crm.run(lambda tickets: entries.perform(tickets, work))


def told(outcome: Outcome) -> tuple[str | None, list[str | None]]:
    """The code of the failure, and the members that it names."""
    if outcome.error is None:
        return None, []
    failure: Any = value_of(outcome.error)
    return outcome.code, [each.get("field") for each in failure["errors"]]


@pytest.mark.parametrize("work", [PATCH, DELETE, BY_REFERENCE])
@pytest.mark.parametrize("is_reviewed", [True, False])
def test_an_entry_is_done(crm: Crm, work: Work, is_reviewed: bool) -> None:
    outcome = done(crm, reviewed(crm, work) if is_reviewed else work)
    assert (outcome.error, outcome.object, outcome.unchanged) == (None, "1", False)
    assert crm.tickets.objects.get("1", {"title": "new"})["title"] == "new"


def test_the_version_that_was_shown_is_sent(crm: Crm) -> None:
    done(crm, reviewed(crm, PATCH))
    assert [request.method for request in crm.tickets.requests] == ["GET", "PATCH"]
    assert crm.tickets.sent("PATCH")[0].headers["If-Match"] == '"v1"'


def test_an_object_is_created(crm: Crm) -> None:
    work = replace(PATCH, method=Method.POST, data=b'{"reference": "C", "none": null}')
    outcome = done(crm, reviewed(crm, work))
    assert (outcome.error, outcome.object) == (None, "102")
    assert crm.tickets.objects["102"] == {"id": "102", "reference": "C"}


def test_an_entry_that_finds_nothing_to_do_sends_nothing(crm: Crm) -> None:
    work = replace(PATCH, data=b'{"title": "one"}')
    for each in (work, reviewed(crm, work)):
        outcome = done(crm, each)
        assert (outcome.error, outcome.unchanged) == (None, True)
    assert not crm.tickets.sent("PATCH")


@pytest.mark.parametrize("work", [PATCH, DELETE, BY_REFERENCE, replace(DELETE, field="reference", value="A")])
@pytest.mark.parametrize("on_change", [OnChange.FAIL, OnChange.MERGE])
def test_an_object_that_others_changed_is_left_alone(crm: Crm, work: Work, on_change: OnChange) -> None:
    work = reviewed(crm, replace(work, on_change=on_change))
    crm.tickets.put("1", reference="A", title="theirs")
    assert told(done(crm, work)) == ("changed_since_review", ["title"])
    assert crm.tickets.objects["1"]["title"] == "theirs"


def test_other_members_may_change_where_changes_are_merged(crm: Crm) -> None:
    work = reviewed(crm, replace(PATCH, on_change=OnChange.MERGE))
    crm.tickets.put("1", reference="A", title="one", owner="bert")
    assert done(crm, work).error is None
    assert crm.tickets.objects["1"] == {"id": "1", "reference": "A", "title": "new", "owner": "bert"}


@pytest.mark.parametrize("work", [PATCH, BY_REFERENCE])
def test_what_was_shown_as_missing_is_not_done(crm: Crm, work: Work) -> None:
    del crm.tickets.objects["1"]
    work = reviewed(crm, work)
    assert told(done(crm, work))[0] == "not_found"
    crm.tickets.put("1", reference="A")
    assert told(done(crm, work))[0] == "changed_since_review"
    assert not crm.tickets.sent("PATCH")


def test_what_was_shown_as_ambiguous_is_not_done(crm: Crm) -> None:
    crm.tickets.put("3", reference="A")
    work = reviewed(crm, BY_REFERENCE)
    assert told(done(crm, work)) == ("ambiguous", ["reference"])
    del crm.tickets.objects["3"]
    assert told(done(crm, work))[0] == "changed_since_review"


def test_another_object_under_the_same_key_is_left_alone(crm: Crm) -> None:
    work = reviewed(crm, BY_REFERENCE)
    crm.tickets.put("1", reference="Z")
    crm.tickets.put("3", reference="A")
    assert told(done(crm, work))[0] == "changed_since_review"
    crm.tickets.put("1", reference="A")
    assert told(done(crm, work))[0] == "changed_since_review"


def test_an_object_that_could_not_be_shown_is_left_alone(crm: Crm) -> None:
    crm.tickets.fail("GET", status(403))
    work = reviewed(crm, PATCH)
    assert told(done(crm, work))[0] == "changed_since_review"


def test_a_failure_of_the_server_is_one_of_the_entry(crm: Crm) -> None:
    crm.tickets.fail("PATCH", status(409, {"message": "closed"}))
    outcome = done(crm, reviewed(crm, PATCH))
    assert (outcome.code, outcome.object) == ("outside_refused", "1")
    assert value_of(outcome.error) == {
        "code": "outside_refused",
        "message": "HTTP 409 from crm_ticket",
        "errors": [{"message": '{"message": "closed"}'}],
    }


def test_a_request_that_an_earlier_run_sent_is_a_success(crm: Crm) -> None:
    crm.tickets.remembers = False
    patch, delete = (replace(reviewed(crm, work), was_tried=True) for work in (BY_REFERENCE, DELETE))
    crm.tickets.put("1", reference="A", title="new")
    assert done(crm, patch).error is None
    del crm.tickets.objects["1"]
    assert done(crm, delete).error is None
    assert done(crm, replace(DELETE, was_tried=True)).error is None
    assert told(done(crm, replace(DELETE, was_tried=False)))[0] == "not_found"


def test_a_lost_reply_is_no_change_by_others(crm: Crm) -> None:
    crm.tickets.remembers = False
    crm.tickets.fail("PATCH", act_then_drop)
    assert done(crm, reviewed(crm, PATCH)).error is None


def test_images_are_kept_where_they_are_asked_for(crm: Crm) -> None:
    assert done(crm, reviewed(crm, PATCH)).image is None
    crm.tickets.put("1", reference="A", title="one")
    outcome = done(crm, reviewed(crm, replace(PATCH, index=1, is_kept=True)))
    assert value_of(outcome.image) == {
        "before": {"id": "1", "reference": "A", "title": "one"},
        "after": {"id": "1", "reference": "A", "title": "new"},
    }
    outcome = done(crm, replace(DELETE, index=2, is_kept=True))
    image: Any = value_of(outcome.image)
    assert (image["before"]["title"], image["after"]) == ("new", None)


@pytest.mark.parametrize("method", [Method.PATCH, Method.POST])
def test_data_that_is_no_object_is_not_sent(crm: Crm, method: Method) -> None:
    outcome = done(crm, replace(PATCH, method=method, data=b"7"))
    assert outcome.error is not None
    assert bulk_failures.code_of(outcome.error) == "invalid"
    assert not crm.tickets.requests
