"""The review of a batch: who has the right to decide it, and what its policy says about a decision.

The checks come in this order: the right, the version that the client names, the status, the policy. Refusing a batch
of one's own, which withdraws it, needs neither the right nor the policy.
"""

from collections.abc import Iterable

from dragoman.domain.access import decides_batches, is_approver, may_decide
from dragoman.domain.batch_policy import NO_POLICY
from dragoman.domain.bulk import Batch, Decision, Status
from dragoman.domain.errors import Forbidden, Invalid
from dragoman.usecases.uow import UnitOfWork


def must_have_right(uow: UnitOfWork, batch: Batch, decision: Decision) -> None:
    """Forbidden `not_a_reviewer` without the right to decide. Comes before the client's version is looked at."""
    if _withdraws(uow, batch, decision) or decides_batches(uow.principal):
        return
    if may_decide(uow.principal, uow.tasks.get(batch.number)):
        return
    message = f"{uow.principal.login} has no right to decide this batch; a reviewer or an approver decides it."
    raise Forbidden("not_a_reviewer", message)


def must_name_version(batch: Batch, *, names_version: bool) -> None:
    """Invalid `if_match_required` (428) where the policy wants a decision to name the revision it is about."""
    if batch.policy is not None and batch.policy.require_if_match and not names_version:
        message = "A policy wants decisions on this batch to name its revision: send If-Match with its ETag."
        raise Invalid("if_match_required", message, status=428)


def must_suit_policy(uow: UnitOfWork, batch: Batch, decision: Decision) -> None:
    """Forbidden where the policy excludes the principal. Comes after the status was looked at."""
    if _withdraws(uow, batch, decision):
        return
    policy = batch.policy or NO_POLICY
    if _is_creator(uow, batch) and not policy.creator_may_approve and decision is Decision.APPROVE:
        raise Forbidden("creator_may_not_approve", "A policy doesn't let the creator approve this batch.")
    if policy.approvers is not None and not is_approver(uow.principal, uow.tasks.get(batch.number)):
        message = f"A policy names who decides this batch; {uow.principal.login} isn't among them."
        raise Forbidden("not_an_approver", message, approvers=policy.approvers)


def _withdraws(uow: UnitOfWork, batch: Batch, decision: Decision) -> bool:
    return decision is Decision.REFUSE and _is_creator(uow, batch)


def _is_creator(uow: UnitOfWork, batch: Batch) -> bool:
    return uow.principal.user is not None and uow.principal.user == batch.creator


def load(uow: UnitOfWork, batches: Iterable[Batch]) -> None:
    """Load what decides whether these batches wait for the principal, for calls of `waits_for`. For readers."""
    if not decides_batches(uow.principal):
        asked = [batch.number for batch in batches]
    else:
        asked = [batch.number for batch in batches if (batch.policy or NO_POLICY).approvers is not None]
    if asked:
        uow.tasks.load(asked)


def waits_for(uow: UnitOfWork, batch: Batch) -> bool:
    """Whether it waits for an approval that the principal may give, and hasn't given."""
    if batch.status not in (Status.IN_REVIEW, Status.CANARY_REVIEW):
        return False
    if batch.status is Status.IN_REVIEW and _has_approved(uow, batch):
        return False
    try:
        must_have_right(uow, batch, Decision.APPROVE)
        must_suit_policy(uow, batch, Decision.APPROVE)
    except Forbidden:
        return False
    return True


def _has_approved(uow: UnitOfWork, batch: Batch) -> bool:
    who = uow.principal.user or uow.principal.login
    approvals = (each for each in batch.decisions if each.counted and each.decision is Decision.APPROVE)
    return any((each.by or each.login) == who for each in approvals)
