"""Policies of a tenant's batches: the rules that match one, what they ask together, and who may decide by them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain.batch_policy import (
    GROUP,
    NO_OWN_POLICY,
    OwnPolicy,
    Rule,
    groups_to_resolve,
    loosened,
    matching,
    requires_review,
    strictest,
    tightened,
)
from dragoman.domain.bulk import Batch, Policy
from dragoman.domain.errors import Forbidden, Invalid, Problem
from dragoman.domain.work_item import REVIEWERS, Role, WorkItem
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

FOR_REVIEWERS = (WorkItem(Role.POTENTIAL_OWNER, REVIEWERS),)


def asked(uow: UnitOfWork, type_: str, method: str, size: int | None, own: OwnPolicy = NO_OWN_POLICY) -> Policy:
    """What the rules that match a batch ask, tightened by its creator's own policy. A `size` of None is a selection
    that isn't resolved yet."""
    return tightened(_asked(uow, matching_rules(uow, type_, method, size)), own)


def fix(uow: UnitOfWork, batch: Batch) -> Policy:
    """The policy of a batch that is being prepared, whose entries are known now. Its approvers become the audience of
    its task. The command must be exclusive."""
    policy = asked(uow, batch.type, batch.method, batch.size, own_of(batch.policy_asked))
    task = uow.tasks.get(batch.number)
    if task.work_items != (items := audience(uow, policy)):
        tasks.save(uow, task, replace(task, work_items=items))
    return policy


def own_of(members: Mapping[str, Any]) -> OwnPolicy:
    """The creator's own policy. Invalid for other members and values."""
    try:
        return msgspec.convert(dict(members), OwnPolicy)
    except msgspec.ValidationError as error:
        message = "must hold `approvals` from 1 to 10, `creator_may_approve` as a boolean, and nothing else"
        raise Invalid("invalid_body", message, (Problem("/policy", "type", message),)) from error


def check_order(
    uow: UnitOfWork, type_: str, method: str, size: int | None, *, review: bool, own: OwnPolicy = NO_OWN_POLICY
) -> None:
    """Invalid when its creator's own policy would loosen that of a new batch; Forbidden `review_required` when it must
    be reviewed and its creator waives that."""
    rules = matching_rules(uow, type_, method, size)
    if faults := loosened(_asked(uow, rules), own):
        raise Invalid("invalid_body", "The policy asks for less than the configuration does.", faults)
    if not review and requires_review(rules):
        raise Forbidden("review_required", "A policy asks for a review of this batch.")


def audience(uow: UnitOfWork, policy: Policy) -> tuple[WorkItem, ...]:
    """The work items of a batch's task: its approvers as potential owners, or all reviewers where no policy names any.
    A name that matches nobody is left out."""
    if policy.approvers is None:
        return FOR_REVIEWERS
    found = [_holder(uow, name) for name in policy.approvers]
    return tuple(WorkItem(Role.POTENTIAL_OWNER, holder) for holder in sorted({each for each in found if each}))


def matching_rules(uow: UnitOfWork, type_: str, method: str, size: int | None) -> tuple[Rule, ...]:
    """The rules of the operator and of the tenant that apply to a batch."""
    return matching((*uow.terms.policies, *uow.home.batch_policies), type_, method, size)


def _asked(uow: UnitOfWork, rules: tuple[Rule, ...]) -> Policy:
    names = groups_to_resolve(rules)
    return strictest(rules, _members(uow, names) if names else None)


def _members(uow: UnitOfWork, names: frozenset[str]) -> dict[str, frozenset[str]]:
    users, groups = uow.users.all(), {name: persons.group_by_name(uow, name) for name in names}
    return {
        name: frozenset(user.login for user in users if group is not None and group.uid in user.groups)
        for name, group in groups.items()
    }


def _holder(uow: UnitOfWork, name: str) -> str | None:
    if name.startswith(GROUP):
        group = persons.group_by_name(uow, name.removeprefix(GROUP))
        return None if group is None else f"{GROUP}{group.uid}"
    user = persons.by_login(uow, name)
    return None if user is None else user.uid
