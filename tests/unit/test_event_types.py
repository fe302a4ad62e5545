"""The type of each event: the first line of the table that fits."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.event import PLURALS, TYPES, WITH_HISTORY, subject_of, type_of
from dragoman.domain.people import Group, Tenant, User
from dragoman.domain.resource import Resource
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_list import WorkList
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import differences

AT = Moment(1)
TASK = Task(tenant=1, number=1, uid="t", title="x")
CLAIMED = replace(TASK, state=State.CLAIMED, assignee="anna")
DONE = replace(CLAIMED, state=State.COMPLETED, completed_at=AT)
CASE = Case(1, 1, "c", CaseKind.SERVICE)
STAGE = Stage(1, 1, "s", case=1)
CONTACT = Contact(1, 1, "k", ContactKind.PERSON)
USER = User(1, 1, "u", "bert")
GROUP = Group(1, "g", "crew")
RESOURCE = Resource(1, 1, "r", "t", "n", body={})
TENANT = Tenant(1, "main")
WORK_LIST = WorkList(1, 1, "w", "Incoming")


def typed(entity: str, before: Any, after: Any, operation: str = "core", **more: Any) -> str:
    """The type of the change from one state to the other, with the changes that its row has."""
    changes = {"deleted": [False, True]}
    if before is not None and after is not None:
        changes = differences(before, after, MAPPINGS[entity].differing(before, after))
    return type_of(entity, before, after, changes, operation, **more)


def of_task(before: Task | None, after: Task | None, operation: str = "core", **more: Any) -> str:
    return typed("task", before, after, operation, **more)


TASKS: tuple[tuple[str, Task | None, Task | None, str], ...] = (
    ("task.created", None, TASK, "create_task"),
    ("task.created", None, replace(TASK, assignee="anna", escalated=True), "create_task"),  # whatever it is like
    ("task.deleted", TASK, None, "delete_task"),
    ("task.deleted", DONE, None, "timer.delete"),
    ("task.completed", CLAIMED, DONE, "finish_task"),
    ("task.completed", TASK, replace(DONE, assignee="bert"), "finish_task"),  # wins over task.assigned
    ("task.failed", CLAIMED, replace(CLAIMED, state=State.FAILED), "fail_task"),
    ("task.terminated", CLAIMED, replace(CLAIMED, state=State.TERMINATED), "terminate_task"),
    ("task.expired", TASK, replace(TASK, state=State.EXPIRED), "timer.expire"),
    ("task.terminated", DONE, replace(DONE, state=State.TERMINATED), "core"),  # the state became that
    ("task.reopened", DONE, replace(CLAIMED, completed_at=None), "reopen_task"),
    ("task.reopened", DONE, TASK, "reopen_task"),  # wins over task.released
    ("task.escalated", TASK, replace(TASK, priority=9), "timer.escalate"),
    ("task.escalated", CLAIMED, replace(CLAIMED, assignee=None, state=State.READY), "timer.escalate"),
    ("task.escalated", TASK, replace(TASK, escalated=True), "patch_task"),
    ("task.assigned", TASK, CLAIMED, "claim_task"),
    ("task.assigned", CLAIMED, replace(CLAIMED, assignee="bert"), "assign_task"),
    ("task.assigned", TASK, replace(TASK, assignee="anna", suspended=True), "core"),  # wins over task.suspended
    ("task.released", CLAIMED, replace(TASK, assignee=None), "release_task"),
    ("task.suspended", TASK, replace(TASK, suspended=True), "suspend_task"),
    ("task.resumed", replace(TASK, suspended=True), TASK, "timer.wake"),
    ("task.changed", TASK, replace(TASK, title="y"), "patch_task"),
    ("task.changed", replace(TASK, escalated=True), TASK, "patch_task"),  # it isn't escalated any more
    ("task.changed", replace(TASK, state=State.INACTIVE), TASK, "start_task"),
    ("task.changed", DONE, replace(DONE, outcome_text="z"), "amend_outcome"),
    ("task.changed", replace(TASK, kind=Kind.BATCH), replace(TASK, kind=Kind.BATCH, title="y"), "core"),
)


@pytest.mark.parametrize(("wanted", "before", "after", "operation"), TASKS)
def test_types_of_tasks(wanted: str, before: Task | None, after: Task | None, operation: str) -> None:
    assert of_task(before, after, operation) == wanted


def test_a_deleted_task_that_came_back_is_restored() -> None:
    assert of_task(None, replace(DONE, revision=4), is_restored=True) == "task.restored"


OTHERS: tuple[tuple[str, str, Any, Any], ...] = (
    ("case.created", "case", None, CASE),
    ("case.changed", "case", CASE, replace(CASE, title="y")),
    ("case.completed", "case", CASE, replace(CASE, completed_at=AT)),
    ("case.changed", "case", replace(CASE, completed_at=AT), replace(CASE, completed_at=Moment(2))),
    ("case.changed", "case", replace(CASE, completed_at=AT), CASE),  # open again
    ("case.deleted", "case", CASE, None),
    ("stage.created", "stage", None, STAGE),
    ("stage.changed", "stage", STAGE, replace(STAGE, title="y")),
    ("stage.completed", "stage", STAGE, replace(STAGE, completed_at=AT)),
    ("stage.deleted", "stage", STAGE, None),
    ("contact.created", "contact", None, CONTACT),
    ("contact.changed", "contact", CONTACT, replace(CONTACT, is_private=True)),
    ("contact.deleted", "contact", CONTACT, None),
    ("resource.created", "resource", None, RESOURCE),
    ("resource.changed", "resource", RESOURCE, replace(RESOURCE, body={"a": 1})),
    ("resource.deleted", "resource", RESOURCE, None),
    ("user.created", "user", None, replace(USER, roles=("reviewer",))),
    ("user.changed", "user", USER, replace(USER, email="b@example.com")),
    ("user.changed", "user", USER, replace(USER, password_hash="new")),
    ("user.changed", "user", USER, replace(USER, unlocked_at=AT)),
    ("user.rights_changed", "user", USER, replace(USER, roles=("reviewer",))),
    ("user.rights_changed", "user", USER, replace(USER, is_admin=True, roles=("administrator",), email="b@x.org")),
    ("user.rights_changed", "user", USER, replace(USER, groups=("g",))),
    ("user.rights_changed", "user", USER, replace(USER, scopes=("task.read",))),
    ("user.rights_changed", "user", USER, replace(USER, dialects=("native",))),
    ("user.rights_changed", "user", USER, replace(USER, disabled_at=AT)),
    ("user.rights_changed", "user", replace(USER, disabled_at=AT), USER),
    ("user.deleted", "user", replace(USER, roles=("reviewer",)), replace(USER, deleted_at=AT, disabled_at=AT)),
    ("group.created", "group", None, GROUP),
    ("group.changed", "group", GROUP, replace(GROUP, name="staff")),
    ("group.changed", "group", GROUP, replace(GROUP, roles=("reviewer",))),
    ("group.deleted", "group", GROUP, None),
    ("work_list.created", "work_list", None, WORK_LIST),
    ("work_list.changed", "work_list", WORK_LIST, replace(WORK_LIST, description="x")),
    ("work_list.deleted", "work_list", WORK_LIST, None),
    ("tenant.changed", "tenant", TENANT, replace(TENANT, zone="Europe/Riga")),
)


@pytest.mark.parametrize(("wanted", "entity", "before", "after"), OTHERS)
def test_types_of_other_entities(wanted: str, entity: str, before: Any, after: Any) -> None:
    assert typed(entity, before, after) == wanted


@pytest.mark.parametrize("fact", ["token", "identity", "unlocked_at"])
def test_rows_of_tokens_and_sign_ins_are_changes_of_the_user(fact: str) -> None:
    assert type_of("user", USER, USER, {fact: [None, "x"]}, f"{fact}.made") == "user.changed"


def test_every_type_with_a_row_is_given_to_some_change() -> None:
    shown = {row[0] for row in (*TASKS, *OTHERS)} | {"task.restored"}
    assert shown == set(WITH_HISTORY)
    assert shown <= TYPES


def test_every_entity_with_a_history_has_a_subject() -> None:
    def named(entity: str) -> str:
        return subject_of(entity, "x")

    subjects = {name: named(name) for name, mapping in MAPPINGS.items() if mapping.has_history}
    assert subjects == {name: f"{name}s/x" for name in subjects}
    assert (subject_of("batch", "x"), set(subjects) <= set(PLURALS)) == ("batches/x", True)
