"""Roles: how they are spelt, who holds them, what moves."""

import pytest

from dragoman.dialects.ibm_htm.handlers import work_items
from dragoman.dialects.ibm_htm.wire import roles
from dragoman.dialects.ibm_htm.wire.roles import Reason
from dragoman.domain.errors import Invalid
from dragoman.domain.task import Task
from dragoman.domain.template import Template
from dragoman.domain.work_item import Role, WorkItem


@pytest.mark.parametrize("text", ["REASON_POTENTIAL_OWNER", "POTENTIAL_OWNER", "potentialOwner", "potential_owner"])
def test_a_role_is_spelt_in_four_ways(text: str) -> None:
    assert roles.parse(text) is Reason.POTENTIAL_OWNER


@pytest.mark.parametrize("text", ["", "REASON_", "OWNERS", "REASON_REASON_OWNER", "owner ", "7"])
def test_another_word_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        roles.parse(text)
    assert refused.value.code == "bad_role"


def test_a_result_says_of_what_kind_it_is() -> None:
    assert roles.result_set(None, []) == {"resultType": "RESULT_TYPE_EVERYBODY"}
    assert roles.result_set([], []) == {"resultType": "RESULT_TYPE_NOBODY"}
    assert roles.result_set([], ["g"]) == {"resultType": "RESULT_TYPE_GROUPIDS", "groupIDs": ["g"]}
    assert roles.result_set(["b", "a"], ["g"]) == {
        "resultType": "RESULT_TYPE_USERIDS_AND_GROUPIDS",
        "userIDs": ["a", "b"],
        "groupIDs": ["g"],
    }


def a_task(*items: WorkItem) -> Task:
    return Task(tenant=1, number=1, uid="u", creator="anna", assignee="bert", work_items=items)


def test_the_holders_of_each_role() -> None:
    task, template = a_task(WorkItem(Role.READER, "carla")), Template(tenant=1, uid="t", name="T", version=1)
    assert work_items.holders(task, Reason.OWNER, None, is_private=False) == ["bert"]
    assert work_items.holders(task, Reason.ORIGINATOR, None, is_private=False) == ["anna"]
    assert work_items.holders(task, Reason.STARTER, None, is_private=False) == []
    assert work_items.holders(task, Reason.READER, None, is_private=False) == ["carla"]
    assert work_items.holders(task, Reason.POTENTIAL_OWNER, None, is_private=False) == []
    assert work_items.holders(task, Reason.POTENTIAL_INSTANCE_CREATOR, template, is_private=False) == ["*"]


def test_the_first_item_of_a_task_that_names_nobody_takes_nothing_away() -> None:
    after = work_items.added(a_task(), Role.EDITOR, "carla", is_private=False)
    assert set(after.work_items) == {
        WorkItem(Role.ADMINISTRATOR, "anna"),
        WorkItem(Role.EDITOR, "carla"),
        WorkItem(Role.POTENTIAL_OWNER, "*"),
        WorkItem(Role.READER, "*"),
    }


def test_a_private_contact_s_task_is_not_opened_by_it() -> None:
    after = work_items.added(a_task(), Role.EDITOR, "carla", is_private=True)
    assert {item.role for item in after.work_items} == {Role.ADMINISTRATOR, Role.EDITOR}


def test_everybody_holds_no_role_while_something_private_is_linked() -> None:
    task = a_task(WorkItem(Role.READER, "*"), WorkItem(Role.READER, "carla"))
    assert work_items.holders(task, Reason.READER, None, is_private=True) == ["carla"]
    kept = work_items.added(task, Role.EDITOR, "dora", is_private=True)
    assert work_items.holders(kept, Reason.READER, None, is_private=False) == ["*", "carla"]


def test_what_is_there_already_changes_nothing() -> None:
    task = a_task(WorkItem(Role.READER, "carla"))
    assert work_items.added(task, Role.READER, "carla", is_private=False) is task
    assert work_items.moved(task, Role.READER, "carla", "carla", is_private=False) is task


def test_an_item_moves() -> None:
    task = a_task(WorkItem(Role.READER, "carla"), WorkItem(Role.EDITOR, "carla"))
    after = work_items.moved(task, Role.READER, "carla", "dora", is_private=False)
    assert after.work_items == (WorkItem(Role.EDITOR, "carla"), WorkItem(Role.READER, "dora"))
