"""Who may do what: each kind of user against each kind of task."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.access import (
    OF_CREATORS_OF_BATCHES,
    OF_DECIDERS,
    Linked,
    Permission,
    Principal,
    among_others,
    is_candidate,
    may,
    may_edit_case,
    may_edit_contact,
    may_see_case,
    may_see_contact,
    permissions,
    require,
    require_admin,
)
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.errors import Forbidden
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_item import Role, WorkItem

SEE, WORK, EDIT = Permission.SEE, Permission.WORK, Permission.EDIT
ALL = set(Permission)
INVOLVED = ALL - {Permission.ADMINISTER}
NAMED = (WorkItem(Role.READER, "rita"), WorkItem(Role.EDITOR, "ed"), WorkItem(Role.POTENTIAL_OWNER, "group:crew"))


def person(login: str, *groups: str, is_admin: bool = False) -> Principal:
    return Principal(tenant=1, user=login, login=login, groups=frozenset(groups), is_admin=is_admin)


def task(work_items: tuple[WorkItem, ...] = ()) -> Task:
    return Task(tenant=1, number=1, uid="u", assignee="anna", creator="carl", work_items=work_items)


def contact(*, is_private: bool) -> Contact:
    return Contact(1, 1, "c", ContactKind.PERSON, is_private=is_private, shared_with=("sue",), creator="kim")


MATRIX = [
    # who, the task's work items, a private contact?, what they may
    ("root", (), True, ALL),
    ("anna", (), False, INVOLVED),
    ("carl", (), False, INVOLVED),
    ("nina", (), False, {SEE, WORK}),  # nobody is named: everybody may see and take it
    ("nina", (), True, set()),  # a private contact hides it
    ("sue", (), True, {SEE}),
    ("kim", (), True, {SEE}),
    ("anna", (), True, INVOLVED),  # an assignee keeps it
    ("nina", NAMED, False, set()),  # somebody is named: nobody else may
    ("rita", NAMED, False, {SEE}),
    ("ed", NAMED, False, {SEE, EDIT}),
    ("carl", NAMED, False, INVOLVED),
    ("member", NAMED, False, {SEE, WORK}),
    ("adam", (WorkItem(Role.ADMINISTRATOR, "adam"),), False, ALL),
    ("nina", (WorkItem(Role.READER, "*"),), False, {SEE}),
    ("nina", (WorkItem(Role.READER, "*"), WorkItem(Role.POTENTIAL_OWNER, "*")), True, set()),  # privacy came later
    ("rita", (WorkItem(Role.READER, "rita"), WorkItem(Role.POTENTIAL_OWNER, "*")), True, {SEE}),
    ("sid", (WorkItem(Role.POTENTIAL_STARTER, "sid"),), False, {SEE}),  # it is started already
    ("crew", NAMED, False, set()),  # a user's id is no group's
]


@pytest.mark.parametrize(("login", "items", "is_private", "granted"), MATRIX)
def test_what_each_may(login: str, items: tuple[WorkItem, ...], is_private: bool, granted: set[Permission]) -> None:
    groups = ("crew",) if login == "member" else ()
    principal = person(login, *groups, is_admin=login == "root")

    assert permissions(principal, task(items), Linked(contact(is_private=is_private))) == granted


DRAFT = [
    # who, what they may of a task that carl made, that is anna's, and that nobody started yet
    ("root", ALL),
    ("carl", ALL),
    ("anna", INVOLVED),
    ("sid", {SEE, EDIT}),
    ("adam", ALL),
    ("rita", set()),
    ("ed", set()),
    ("member", set()),
    ("nina", set()),
]


@pytest.mark.parametrize(("login", "granted"), DRAFT)
def test_a_draft_is_seen_by_those_who_make_start_and_administer_it(login: str, granted: set[Permission]) -> None:
    principal = person(login, *(("crew",) if login == "member" else ()), is_admin=login == "root")
    early = (WorkItem(Role.POTENTIAL_STARTER, "sid"), WorkItem(Role.ADMINISTRATOR, "adam"))
    draft = replace(task((*NAMED, *early)), state=State.INACTIVE)

    assert permissions(principal, draft) == granted


TABLE = {
    # ACCESS 3, the columns: who, what the task names, whether something private is linked
    "admin": ("root", NAMED, True),
    "supervisor": ("sven", NAMED, True),
    "assignee": ("anna", NAMED, True),
    "creator": ("carl", NAMED, True),
    "starter": ("stan", NAMED, True),
    "potential owner": ("member", NAMED, False),
    "editor": ("ed", NAMED, False),
    "reader": ("rita", NAMED, False),
    "other, task names nobody": ("nina", (), False),
    "other, task names somebody": ("nina", NAMED, False),
    "other, private": ("nina", (), True),
}
INVOLVED_COLUMNS = {"assignee", "creator", "starter"}
SEEING_COLUMNS = TABLE.keys() - {"other, task names somebody", "other, private"}
CLAIMING_COLUMNS = INVOLVED_COLUMNS | {"admin", "potential owner", "other, task names nobody"}
ROWS = {
    SEE: SEEING_COLUMNS,
    WORK: CLAIMING_COLUMNS,
    EDIT: INVOLVED_COLUMNS | {"admin", "editor"},
    Permission.FINISH: INVOLVED_COLUMNS | {"admin"},
    Permission.ASSIGN: INVOLVED_COLUMNS | {"admin"},
    Permission.DELETE: INVOLVED_COLUMNS | {"admin"},
    Permission.ADMINISTER: {"admin"},
}


@pytest.mark.parametrize("column", TABLE)
def test_the_table_of_core_rights(column: str) -> None:
    login, items, is_private = TABLE[column]
    groups = ("crew",) if login == "member" else ()
    who = replace(person(login, *groups, is_admin=login == "root"), is_supervisor=login == "sven")
    given = replace(task(items), starter="stan")
    granted = permissions(who, given, Linked(contact(is_private=is_private)))
    assert granted == {permission for permission, columns in ROWS.items() if column in columns}
    assert ROWS.keys() == ALL


SUPERVISED = [
    # what the task names and links, what a supervisor who has nothing to do with it may
    ((), False, {SEE, WORK}),  # as everybody may
    ((), True, {SEE}),
    (NAMED, False, {SEE}),
    (NAMED, True, {SEE}),
    ((WorkItem(Role.POTENTIAL_OWNER, "*"),), True, {SEE}),
]


@pytest.mark.parametrize(("items", "is_private", "granted"), SUPERVISED)
@pytest.mark.parametrize("state", [State.INACTIVE, State.READY, State.COMPLETED])
def test_a_supervisor_sees_every_task_and_may_no_more_than_others(
    items: tuple[WorkItem, ...], is_private: bool, granted: set[Permission], state: State
) -> None:
    supervisor, linked = replace(person("nina"), is_supervisor=True), Linked(contact(is_private=is_private))
    given = replace(task(items), state=state)
    assert permissions(supervisor, given, linked) == granted
    assert permissions(supervisor, given, linked) - {SEE} <= permissions(person("nina"), given, linked) - {SEE}
    assert SEE not in permissions(among_others(supervisor), task(NAMED), linked)


def test_a_supervisor_sees_private_contacts_and_cases_and_edits_none() -> None:
    supervisor, private = replace(person("nina"), is_supervisor=True), contact(is_private=True)
    case = Case(1, 7, "k", CaseKind.CASE, creator="kim", is_private=True)
    assert may_see_contact(supervisor, private)
    assert may_see_case(supervisor, case)
    assert not may_edit_contact(supervisor, private)
    assert not may_edit_case(supervisor, case)
    with pytest.raises(Forbidden):
        require_admin(supervisor)


def test_a_draft_without_work_items_hides_nothing() -> None:
    # Other dialects make them, too, and name nobody (DESIGN 3 rule 4).
    assert permissions(person("nina"), replace(task(), state=State.INACTIVE)) == {SEE, WORK}


def test_who_started_a_task_may_what_its_creator_may() -> None:
    started = replace(task(NAMED), starter="sid")
    assert permissions(person("sid"), started) == INVOLVED


def test_who_may_make_tasks_of_a_template_sees_none_by_that() -> None:
    only = task((WorkItem(Role.POTENTIAL_CREATOR, "*"),))
    assert permissions(person("nina"), only) == set()


def test_a_contact_that_does_not_exist_hides_nothing() -> None:
    assert may(person("nina"), SEE, task())


def test_what_is_not_granted_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        require(person("nina"), EDIT, task())
    with pytest.raises(Forbidden):
        require_admin(person("nina"))
    require_admin(person("root", is_admin=True))


def test_any_one_of_the_scopes_suffices() -> None:
    wanted = frozenset({"batch.manage", "batch.update"})

    assert Principal(1, None, "x", scopes=None).has_scope(wanted)
    assert Principal(1, None, "x", scopes=frozenset({"*"})).has_scope(wanted)
    assert Principal(1, None, "x", scopes=frozenset({"batch.update", "other"})).has_scope(wanted)
    assert not Principal(1, None, "x", scopes=frozenset({"other"})).has_scope(wanted)
    assert not Principal(1, None, "x", scopes=frozenset()).has_scope(wanted)
    assert Principal(1, None, "x", scopes=frozenset({"batch.*"})).has_scope(wanted)
    assert not Principal(1, None, "x", scopes=frozenset({"batch", "task.*", "batch.*.x"})).has_scope(wanted)


OWN_CASE = Case(1, 7, "k", CaseKind.CASE, creator="kim", assignee="sue", is_private=True)
PRIVATE = [
    # who, what the task links, what they may
    ("root", Linked(case=OWN_CASE), ALL),
    ("anna", Linked(case=OWN_CASE), INVOLVED),
    ("kim", Linked(case=OWN_CASE), {SEE}),
    ("sue", Linked(case=OWN_CASE), {SEE}),
    ("nina", Linked(case=OWN_CASE), set()),
    ("kim", Linked(entity=OWN_CASE), {SEE}),
    ("nina", Linked(entity=OWN_CASE), set()),
    ("nina", Linked(case=replace(OWN_CASE, is_private=False)), {SEE, WORK}),
    ("sue", Linked(contact(is_private=True), OWN_CASE), {SEE}),  # both are shared with her
    ("sue", Linked(contact(is_private=True), replace(OWN_CASE, assignee=None)), set()),
    ("kim", Linked(contact(is_private=True), replace(OWN_CASE, creator="zoe")), set()),
]


@pytest.mark.parametrize(("login", "linked", "granted"), PRIVATE)
def test_a_private_case_hides_its_tasks_as_a_private_contact_does(
    login: str, linked: Linked, granted: set[Permission]
) -> None:
    assert permissions(person(login, is_admin=login == "root"), task(), linked) == granted


def test_a_work_item_of_everybody_offers_no_task_that_links_something_private() -> None:
    open_to_all = task((WorkItem(Role.POTENTIAL_OWNER, "*"),))
    assert is_candidate(person("nina"), open_to_all)
    assert not is_candidate(person("nina"), open_to_all, Linked(contact(is_private=True)))


BATCH = [
    # who, approvers named, a private contact?, what they may of the task of a batch that carl made and anna looks at
    ("root", False, True, ALL),
    ("carl", False, False, OF_CREATORS_OF_BATCHES),
    ("carl", False, True, OF_CREATORS_OF_BATCHES),
    ("anna", False, False, set()),  # who claimed it has nothing by that
    ("nina", False, False, set()),
    ("rita", True, False, set()),  # readers and editors are none here
    ("ed", True, False, set()),
    ("member", True, False, OF_DECIDERS),
    ("member", True, True, set()),
    ("reviewer", False, False, OF_DECIDERS),
    ("reviewer", True, False, OF_DECIDERS),
    ("reviewer", False, True, set()),
    ("given to decide", False, False, OF_DECIDERS),
    ("given to read", False, False, {SEE}),
    ("given to read", False, True, set()),
    ("login", False, False, set()),
    ("supervisor", False, False, {SEE}),
    ("supervisor", True, True, {SEE}),
    ("supervising reviewer", False, True, OF_DECIDERS),
]
CAME_IN: dict[str, dict[str, Any]] = {
    "reviewer": {"is_reviewer": True},
    "given to decide": {"is_granted": True, "scopes": frozenset({"batch.decide"})},
    "given to read": {"is_granted": True, "scopes": frozenset({"batch.read"})},
    "login": {"scopes": frozenset({"batch.manage"})},
    "supervisor": {"is_supervisor": True},
    "supervising reviewer": {"is_supervisor": True, "is_reviewer": True},
}


@pytest.mark.parametrize("state", [State.INACTIVE, State.READY, State.CLAIMED, State.COMPLETED])
@pytest.mark.parametrize(("login", "is_named", "is_private", "granted"), BATCH)
def test_what_each_may_of_a_batch_s_task(
    login: str, is_named: bool, is_private: bool, granted: set[Permission], state: State
) -> None:
    groups = ("crew",) if login == "member" else ()
    principal = replace(person(login, *groups, is_admin=login == "root"), **CAME_IN.get(login, {}))
    of_batch = replace(task(NAMED if is_named else ()), kind=Kind.BATCH, state=state)
    linked = Linked(contact(is_private=is_private))

    assert permissions(principal, of_batch, linked) == granted
    assert is_candidate(principal, of_batch, linked) == (WORK in granted)


def test_a_creator_with_the_right_dresses_and_decides() -> None:
    creator = replace(person("carl"), is_reviewer=True)
    assert permissions(creator, replace(task(), kind=Kind.BATCH)) == OF_CREATORS_OF_BATCHES | OF_DECIDERS


def test_everybody_is_no_approver() -> None:
    open_to_all = replace(task((WorkItem(Role.POTENTIAL_OWNER, "*"),)), kind=Kind.BATCH)
    assert permissions(person("nina"), open_to_all) == set()


def test_an_administrator_among_others_still_reviews() -> None:
    root = among_others(person("root", is_admin=True))
    assert permissions(root, replace(task(), kind=Kind.BATCH)) == OF_DECIDERS
    assert permissions(root, task(NAMED)) == set()
    assert permissions(among_others(person("nina")), replace(task(), kind=Kind.BATCH)) == set()
