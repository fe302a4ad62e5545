"""Policies of batches on real engines: what they ask of a new batch, whom its task is shown to, who decides it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.access import Permission, Principal
from dragoman.domain.bulk import Batch, Decision, Method, Policy, Status
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid
from dragoman.domain.job import JobKind
from dragoman.domain.people import Group
from dragoman.domain.task import Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.jobs.loops import deciders
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.review import policies
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld, Immediate

LEADS, CREW = "0c0c0c0c-0000-7000-8000-00000000000c", "0d0d0d0d-0000-7000-8000-00000000000d"
POLICIES: list[dict[str, Any]] = [
    {
        "types": ["task"],
        "methods": ["DELETE"],
        "approvals": 2,
        "approvers": ["bert", "group:leads", "gone", "group:gone"],
    },
    {"types": ["task"], "methods": ["DELETE"], "above": 2, "approvers": ["group:crew"], "review": "required"},
    {"types": ["case"], "creator_may_approve": False, "require_if_match": True},
]
APPROVE, REFUSE = Decision.APPROVE, Decision.REFUSE


@pytest.fixture
def world(database_url: str) -> Iterator[BatchWorld]:
    """anna makes batches; bert, lea (of the leads), cora (of both groups) approve; root administers; rita reviews."""
    world = BatchWorld(database_url, settings={"batch.policy": POLICIES})
    for login in ("bert", "lea", "cora", "rita"):
        world.add(login)
    world.add("root", admin=True)
    world.core(furnish)
    for login, groups in (("lea", {LEADS}), ("cora", {LEADS, CREW})):
        world.people[login] = replace(world.people[login], groups=frozenset(groups))
    world.people["rita"] = replace(world.people["rita"], is_reviewer=True)
    yield world
    world.close()


def furnish(uow: UnitOfWork) -> None:
    for uid, name in ((LEADS, "leads"), (CREW, "crew")):
        uow.groups.add(Group(tenant=uow.tenant, uid=uid, name=name, number=uow.numbers.draw("group")))
    for login, groups in (("lea", (LEADS,)), ("cora", (LEADS, CREW))):
        user = uow.users.by_login(login)
        assert user is not None
        uow.users.save(replace(user, groups=groups))


def prepared(world: BatchWorld, type_: str, method: Method, entries: int, who: str = "anna", **policy: Any) -> Batch:
    numbers, data = (
        [str(1_000 + index) for index in range(entries)],
        None if method is Method.DELETE else {"title": "x"},
    )
    options = batches.Options(policy=policy)
    number = world.order(
        method, type_, field="id", entries=numbers, data=data, review=True, who=world.people[who], options=options
    )
    world.run_jobs()
    batch = world.batch(number)
    assert batch.status is Status.IN_REVIEW
    return batch


def decide(world: BatchWorld, who: str, batch: Batch, decision: Decision = APPROVE, **named: Any) -> Batch:
    def run(uow: UnitOfWork) -> Batch:
        return control.decide(uow, uow.batches.get(batch.number), decision, **named)

    decided: Batch = world.core(run, world.people[who])
    return decided


def code_of(world: BatchWorld, who: str, batch: Batch, decision: Decision = APPROVE, **named: Any) -> str:
    before = world.batch(batch.number)
    with pytest.raises(Expected) as refused:
        decide(world, who, batch, decision, **named)
    assert world.batch(batch.number) == before  # nothing of a refused decision is kept
    return refused.value.code


def seen_by(world: BatchWorld, batch: Batch) -> set[str]:
    task: Task = world.core(lambda uow: uow.tasks.get(batch.number))

    def sees(principal: Principal) -> bool:
        return Permission.SEE in world.core(lambda uow: tasks.allowed(uow, task), principal)

    return {who for who, principal in world.people.items() if sees(principal)}


def test_approvers_are_the_audience_of_the_task_from_the_start(world: BatchWorld) -> None:
    number = world.order(Method.DELETE, "task", field="id", entries=["1"], review=True)
    items = {
        WorkItem(Role.POTENTIAL_OWNER, world.people["bert"].user or ""),
        WorkItem(Role.POTENTIAL_OWNER, f"group:{LEADS}"),
    }
    assert set(world.task(number).work_items) == items
    assert seen_by(world, world.batch(number)) == {"anna", "bert", "lea", "cora", "rita", "root"}
    world.run_jobs()
    assert set(world.task(number).work_items) == items
    assert world.batch(number).policy == Policy(2, approvers=("bert", "group:leads", "gone", "group:gone"))


def test_approvers_of_several_rules_are_those_whom_each_names(world: BatchWorld) -> None:
    batch = prepared(world, "task", Method.DELETE, 3)
    assert batch.policy == Policy(2, approvers=("cora",))
    assert world.task(batch.number).work_items == (WorkItem(Role.POTENTIAL_OWNER, world.people["cora"].user or ""),)
    assert seen_by(world, batch) == {"anna", "cora", "rita", "root"}
    assert code_of(world, "bert", batch) == "not_a_reviewer"


def test_a_batch_that_no_rule_matches_is_for_reviewers(world: BatchWorld) -> None:
    batch = prepared(world, "task", Method.PATCH, 3)
    assert batch.policy == Policy()
    assert world.task(batch.number).work_items == policies.FOR_REVIEWERS
    assert seen_by(world, batch) == {"anna", "rita", "root"}
    assert code_of(world, "anna", batch) == "not_a_reviewer"
    assert code_of(world, "bert", batch) == "not_a_reviewer"
    assert decide(world, "rita", batch).status is Status.APPROVED


def test_as_many_approvers_decide_as_the_policy_asks(world: BatchWorld) -> None:
    batch = prepared(world, "task", Method.DELETE, 1)
    assert decide(world, "bert", batch).status is Status.IN_REVIEW
    assert decide(world, "bert", batch).decisions == decide(world, "bert", batch).decisions
    assert decide(world, "lea", batch).status is Status.APPROVED


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("who", ["root", "rita"])
def test_administrators_and_reviewers_are_no_exception_to_approvers(
    world: BatchWorld, who: str, decision: Decision
) -> None:
    batch = prepared(world, "task", Method.DELETE, 1)
    assert code_of(world, who, batch, decision) == "not_an_approver"
    assert world.batch(batch.number).decisions == ()


def test_creators_withdraw_without_the_right_and_against_every_policy(world: BatchWorld) -> None:
    for batch in (prepared(world, "task", Method.DELETE, 1), prepared(world, "case", Method.DELETE, 1)):
        named = {"if_match": "*"}
        assert decide(world, "anna", batch, REFUSE, **named).status is Status.CANCELLED


def test_a_creator_who_may_not_approve_may_refuse(world: BatchWorld) -> None:
    batch = prepared(world, "case", Method.PATCH, 1, who="root")
    assert code_of(world, "root", batch, if_match="*") == "creator_may_not_approve"
    assert decide(world, "rita", batch, if_match="*").status is Status.APPROVED
    withdrawn = prepared(world, "case", Method.PATCH, 1, who="root")
    assert decide(world, "root", withdrawn, REFUSE, if_match="*").status is Status.CANCELLED


def test_a_policy_may_want_the_revision(world: BatchWorld) -> None:
    batch = prepared(world, "case", Method.PATCH, 1)
    for decision in Decision:
        with pytest.raises(Invalid) as refused:
            decide(world, "rita", batch, decision)
        assert (refused.value.code, refused.value.parameters["status"]) == ("if_match_required", 428)
    assert code_of(world, "bert", batch) == "not_a_reviewer"  # which comes first


def test_the_status_is_looked_at_before_the_policy(world: BatchWorld) -> None:
    batch = prepared(world, "task", Method.DELETE, 1)
    decide(world, "anna", batch, REFUSE)
    with pytest.raises(Conflict, match="not in review"):
        decide(world, "root", batch)
    assert code_of(world, "anna", batch) == "not_a_reviewer"


def test_a_review_that_a_rule_wants_can_not_be_waived(world: BatchWorld) -> None:
    with pytest.raises(Forbidden) as refused:
        world.order(Method.DELETE, "task", field="id", entries=["1", "2", "3"], review=False)
    assert refused.value.code == "review_required"
    world.order(Method.DELETE, "task", field="id", entries=["1", "2"], review=False)


def test_a_creator_asks_for_more_and_never_for_less(world: BatchWorld) -> None:
    batch = prepared(world, "task", Method.DELETE, 1, approvals=3, creator_may_approve=False)
    assert batch.policy is not None
    assert (batch.policy.approvals, batch.policy.creator_may_approve) == (3, False)
    for type_, method, own, pointer in (
        ("task", Method.DELETE, {"approvals": 1}, "/policy/approvals"),
        ("case", Method.DELETE, {"creator_may_approve": True}, "/policy/creator_may_approve"),
        ("case", Method.DELETE, {"approvals": 11}, "/policy"),
    ):
        options = batches.Options(policy=own)
        with pytest.raises(Invalid) as refused:
            world.order(method, type_, field="id", entries=["1"], review=True, options=options)
        assert [problem.path for problem in refused.value.problems] == [pointer]


def test_a_batch_keeps_the_policy_with_which_it_was_prepared(world: BatchWorld) -> None:
    batch = prepared(world, "task", Method.DELETE, 1)
    world.core(lambda uow: uow.batches.save(replace(uow.batches.get(batch.number), policy=Policy(1))))
    assert decide(world, "rita", batch).status is Status.APPROVED


def test_a_job_gives_ended_batches_their_audience_once(world: BatchWorld) -> None:
    batch = prepared(world, "task", Method.PATCH, 1)
    decide(world, "root", batch, REFUSE)
    world.core(lambda uow: uow.tasks.save(replace(uow.tasks.get(batch.number), work_items=())))
    bare = world.task(batch.number)
    for _ in range(2):
        world.core(lambda uow: uow.enqueue(JobKind.BATCH_AUDIENCES))
        world.run_jobs()
    after = world.task(batch.number)
    assert (bare.work_items, after.work_items) == ((), policies.FOR_REVIEWERS)
    assert after.revision == bare.revision + 1


def test_the_start_names_who_decided_lately_without_a_role(world: BatchWorld, caplog: pytest.LogCaptureFixture) -> None:
    for who, method in (("bert", Method.DELETE), ("root", Method.PATCH)):
        decide(world, who, prepared(world, "task", method, 1), REFUSE)
    with caplog.at_level("INFO"):
        assert asyncio.run(deciders.tell(Immediate(world.app))) == 1
    [line] = [record for record in caplog.records if record.msg == "batch.deciders_without_role"]
    assert (line.__dict__["logins"], line.__dict__["users"]) == (["bert"], 1)
    world.clock.advance(91 * 86_400)
    assert asyncio.run(deciders.tell(Immediate(world.app))) == 0
