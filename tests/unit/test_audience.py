"""Audiences name exactly those who may see: compared with `domain.access` over any tasks, links and principals."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.domain import access, audience
from dragoman.domain.access import NOTHING, Linked, Permission, Principal
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_item import EVERYBODY, REVIEWERS, Role, WorkItem

PEOPLE = ("anna", "bert", "carl", "dora")
SOMEBODY = st.sampled_from((None, *PEOPLE))
SCOPES = (None, *map(frozenset, (["batch.read"], ["batch.decide"], ["task.*"])))
HOLDERS = (*PEOPLE, "group:crew", "group:staff", EVERYBODY)


@st.composite
def principals(draw: st.DrawFn) -> Principal:
    """Users of any role and token; a service without a user has every right anyway."""
    return Principal(
        1,
        draw(st.sampled_from(PEOPLE)),
        "login",
        is_admin=draw(st.sampled_from((False, False, False, True))),
        groups=frozenset(draw(st.sets(st.sampled_from(("crew", "staff"))))),
        scopes=draw(
            st.sampled_from((None, frozenset({"batch.read"}), frozenset({"batch.decide"}), frozenset({"task.*"})))
        ),
        is_reviewer=draw(st.booleans()),
        is_granted=draw(st.booleans()),
        is_supervisor=draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def contacts(draw: st.DrawFn) -> Contact:
    shared = tuple(sorted(draw(st.sets(st.sampled_from(PEOPLE), max_size=2))))
    return Contact(
        1, 1, "k", ContactKind.PERSON, is_private=draw(st.booleans()), shared_with=shared, creator=draw(SOMEBODY)
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    made = Case(1, 1, "c", CaseKind.SERVICE)
    return replace(made, is_private=draw(st.booleans()), creator=draw(SOMEBODY), assignee=draw(SOMEBODY))


@st.composite
def links(draw: st.DrawFn) -> Linked:
    made = Linked(draw(st.none() | contacts()), draw(st.none() | cases()), draw(st.none() | cases()))
    return NOTHING if made == NOTHING else made


@st.composite
def tasks(draw: st.DrawFn, *, is_batch: bool = False) -> Task:
    holders = st.sampled_from((*HOLDERS, REVIEWERS) if is_batch else HOLDERS)
    items = draw(st.sets(st.builds(WorkItem, st.sampled_from(sorted(Role)), holders), max_size=2))
    return Task(
        tenant=1,
        number=1,
        uid="t",
        kind=Kind.BATCH if is_batch else Kind.WORK,
        state=draw(st.sampled_from(sorted(State))),
        assignee=draw(SOMEBODY),
        creator=draw(SOMEBODY),
        starter=draw(SOMEBODY),
        work_items=tuple(items),
    )


def sees(principal: Principal, task: Task, linked: Linked) -> bool:
    return access.may(principal, Permission.SEE, task, linked)


@settings(max_examples=150)
@given(principals(), tasks(), links())
def test_of_a_task(principal: Principal, task: Task, linked: Linked) -> None:
    heard = audience.hears(principal, "task", audience.of_task(task, linked))
    assert heard is sees(principal, task, linked)


@settings(max_examples=150)
@given(principals(), tasks(is_batch=True), links())
def test_of_a_batch(principal: Principal, task: Task, linked: Linked) -> None:
    """Who shares what is private is named, also without the right to decide: that is looked at later, at reading."""
    for entity in ("task", "batch"):
        heard = audience.hears(principal, entity, audience.of_task(task, linked))
        if linked.is_private and linked.is_shared_with(principal.user):
            assert heard
        else:
            assert heard is sees(principal, task, linked)


@given(principals(), contacts())
def test_of_a_contact(principal: Principal, contact: Contact) -> None:
    heard = audience.hears(principal, "contact", audience.of_contact(contact))
    assert heard is access.may_see_contact(principal, contact)


@given(principals(), cases())
def test_of_a_case_and_its_stages(principal: Principal, case: Case) -> None:
    for entity in ("case", "stage"):
        heard = audience.hears(principal, entity, audience.of_case(case))
        assert heard is access.may_see_case(principal, case)


@given(principals())
def test_of_what_administrators_see_alone(principal: Principal) -> None:
    assert audience.hears(principal, "tenant", audience.ADMINISTRATORS) is principal.is_admin
    assert audience.hears(principal, "user", "bert") is (principal.is_admin or principal.user == "bert")
    assert audience.hears(principal, "group", "group:crew") is (principal.is_admin or "crew" in principal.groups)


@given(tasks(), links())
def test_an_audience_is_sorted_and_names_each_holder_once(task: Task, linked: Linked) -> None:
    found = audience.of_task(task, linked)
    assert found.split() == sorted(set(found.split()))
    assert found == " ".join(found.split())
    assert EVERYBODY not in found or found == EVERYBODY


def test_fields_on_which_an_audience_depends_are_those_that_history_spells() -> None:
    for entity, made in (("task", Task(tenant=1, number=1, uid="t")), ("case", Case(1, 1, "c", CaseKind.SERVICE))):
        assert audience.DECIDES[entity] <= set(made.__struct_fields__)
    assert audience.DECIDES["contact"] <= set(Contact(1, 1, "k", ContactKind.PERSON).__struct_fields__)
