"""Policies of batches: which rules match a batch, and what they ask of its review together.

Rules come from the operator's configuration and from the tenant. Every rule that matches counts, and the strictest
value wins, so a further rule can only tighten a review.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from dragoman.domain.bulk import Policy
from dragoman.domain.errors import Problem

GROUP = "group:"
"""What the name of a group begins with in `approvers`."""

Word = Annotated[str, Meta(min_length=1, max_length=255)]
Words = Annotated[tuple[Word, ...], Meta(min_length=1)]
Methods = Annotated[tuple[Literal["POST", "PATCH", "DELETE"], ...], Meta(min_length=1)]
Approvals = Annotated[int, Meta(ge=1, le=10, description="How many users must approve.")]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a review needs where the type, the method and the number of entries match; null matches everything."""

    types: Annotated[Words | None, Meta(description="The types of objects that it applies to.")] = None
    methods: Annotated[Methods | None, Meta(description="The methods that it applies to.")] = None
    above: Annotated[
        int, Meta(ge=0, le=2**63 - 1, description="It applies to batches with more entries than this.")
    ] = 0
    approvals: Approvals = 1
    creator_may_approve: Annotated[bool, Meta(description="Whether the creator's own approval counts.")] = True
    approvers: Annotated[Words | None, Meta(description="Who decides: logins, and groups as `group:NAME`.")] = None
    require_if_match: Annotated[bool, Meta(description="Whether a decision must name the revision in If-Match.")] = (
        False
    )
    review: Annotated[
        Literal["optional", "required"], Meta(description="Whether a batch may be made without review.")
    ] = "optional"

    def matches(self, type_: str, method: str, size: int | None) -> bool:
        """Whether it applies. A `size` of None is a selection that isn't resolved yet, and counts as endless."""
        if self.types is not None and type_ not in self.types:
            return False
        if self.methods is not None and method not in self.methods:
            return False
        return size is None or size > self.above


class OwnPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the creator of a batch asks for beyond the rules."""

    approvals: Approvals | UnsetType = UNSET
    creator_may_approve: bool | UnsetType = UNSET


NO_POLICY, NO_OWN_POLICY = Policy(), OwnPolicy()


def matching(rules: Iterable[Rule], type_: str, method: str, size: int | None) -> tuple[Rule, ...]:
    """The rules that apply to a batch."""
    return tuple(rule for rule in rules if rule.matches(type_, method, size))


def requires_review(matching_rules: Iterable[Rule]) -> bool:
    """Whether one of the rules that match a batch forbids to make it without review."""
    return any(rule.review == "required" for rule in matching_rules)


def groups_to_resolve(matching_rules: Sequence[Rule]) -> frozenset[str]:
    """The names of the groups whose members must be known to find the users whom several rules name."""
    lists = {rule.approvers for rule in matching_rules if rule.approvers is not None}
    if len(lists) < 2:
        return frozenset()
    return frozenset(name.removeprefix(GROUP) for each in lists for name in each if name.startswith(GROUP))


def strictest(matching_rules: Sequence[Rule], members: Mapping[str, frozenset[str]] | None = None) -> Policy:
    """What the rules that match a batch ask together. `members` has the logins of each of `groups_to_resolve`."""
    lists = [rule.approvers for rule in matching_rules if rule.approvers is not None]
    return Policy(
        approvals=max((rule.approvals for rule in matching_rules), default=1),
        creator_may_approve=all(rule.creator_may_approve for rule in matching_rules),
        approvers=reduce(lambda one, other: _in_both(one, other, members or {}), lists) if lists else None,
        require_if_match=any(rule.require_if_match for rule in matching_rules),
    )


def _in_both(one: Sequence[str], other: Sequence[str], members: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Names for the users of both lists: names in both as they are, all else by login."""
    kept = [name for name in one if name in other]
    shared = _logins(one, members) & _logins(other, members)
    return (*dict.fromkeys(kept), *sorted(shared - _logins(kept, members)))


def _logins(names: Sequence[str], members: Mapping[str, frozenset[str]]) -> set[str]:
    logins = {name for name in names if not name.startswith(GROUP)}
    return logins.union(*(members.get(name.removeprefix(GROUP), ()) for name in names if name.startswith(GROUP)))


def loosened(policy: Policy, own: OwnPolicy) -> tuple[Problem, ...]:
    """The faults of a creator's policy that would ask for less than the rules do."""
    faults = []
    if own.approvals is not UNSET and own.approvals < policy.approvals:
        message = f"must be at least {policy.approvals}: a policy asks for that many approvals"
        faults.append(Problem("/policy/approvals", "range", message))
    if own.creator_may_approve is True and not policy.creator_may_approve:
        message = "must be false: a policy doesn't let the creator approve"
        faults.append(Problem("/policy/creator_may_approve", "choice", message))
    return tuple(faults)


def tightened(policy: Policy, own: OwnPolicy) -> Policy:
    """The policy with what the creator asks for besides."""
    approvals = policy.approvals if own.approvals is UNSET else max(policy.approvals, own.approvals)
    creator_may_approve = policy.creator_may_approve and own.creator_may_approve is not False
    return replace(policy, approvals=approvals, creator_may_approve=creator_may_approve)
