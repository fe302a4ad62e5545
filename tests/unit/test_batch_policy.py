"""Which policies a batch falls under, and that the strictest of them wins."""

import itertools

import pytest

from dragoman.domain.batch_policy import (
    NO_POLICY,
    OwnPolicy,
    Rule,
    groups_to_resolve,
    loosened,
    matching,
    requires_review,
    strictest,
    tightened,
)
from dragoman.domain.bulk import Policy

DELETES = Rule(types=("task", "contact"), methods=("DELETE",), above=100, approvals=2)


@pytest.mark.parametrize(
    ("type_", "method", "size", "expected"),
    [
        ("task", "DELETE", 101, True),
        ("contact", "DELETE", 101, True),
        ("task", "DELETE", 100, False),
        ("task", "DELETE", None, True),  # a selection that isn't resolved yet
        ("task", "PATCH", 101, False),
        ("case", "DELETE", 101, False),
    ],
)
def test_a_rule_matches_by_type_method_and_size(type_: str, method: str, size: int | None, expected: bool) -> None:
    assert DELETES.matches(type_, method, size) is expected
    assert matching([DELETES, Rule()], type_, method, size) == ((DELETES, Rule()) if expected else (Rule(),))


def test_a_rule_without_conditions_matches_every_batch() -> None:
    assert Rule().matches("prefix", "POST", 1)
    assert not Rule().matches("prefix", "POST", 0)  # nothing to do needs no approval


def test_without_rules_one_approval_of_anybody_with_the_right_suffices() -> None:
    assert strictest([]) == NO_POLICY == Policy(1, True, None, False)
    assert not requires_review([])


def test_the_strictest_value_of_each_member_wins() -> None:
    rules = [
        Rule(approvals=3),
        Rule(approvals=2, creator_may_approve=False, approvers=("bert",)),
        Rule(require_if_match=True, review="required"),
    ]
    for order in itertools.permutations(rules):
        assert strictest(order) == Policy(3, False, ("bert",), True)
        assert requires_review(order)


MEMBERS = {"leads": frozenset({"bert", "carla"}), "desk": frozenset({"carla", "dora"})}


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (("bert", "carla"), ("carla", "dora"), ("carla",)),
        (("bert", "group:leads"), ("group:leads",), ("group:leads",)),
        (("bert",), ("group:leads",), ("bert",)),
        (("dora",), ("group:leads",), ()),
        (("group:leads",), ("group:desk",), ("carla",)),
        (("group:leads", "dora"), ("group:desk",), ("carla", "dora")),
        (("group:gone",), ("bert",), ()),
    ],
)
def test_approvers_of_several_rules_are_those_whom_each_names(
    one: tuple[str, ...], other: tuple[str, ...], both: tuple[str, ...]
) -> None:
    for lists in ((one, other), (other, one)):
        found = strictest([Rule(approvers=each) for each in lists], MEMBERS).approvers
        assert sorted(found or ()) == sorted(both)
        assert found is not None  # nobody, rather than everybody


def test_groups_are_resolved_only_where_rules_name_different_approvers() -> None:
    leads, desk = Rule(approvers=("group:leads",)), Rule(approvers=("group:desk", "bert"))
    assert groups_to_resolve([leads, leads, Rule()]) == frozenset()
    assert groups_to_resolve([leads, desk]) == {"leads", "desk"}


@pytest.mark.parametrize(
    ("policy", "own", "expected"),
    [
        (Policy(), OwnPolicy(), Policy()),
        (Policy(), OwnPolicy(approvals=3, creator_may_approve=False), Policy(3, False)),
        (Policy(2, False), OwnPolicy(approvals=2, creator_may_approve=False), Policy(2, False)),
        (Policy(), OwnPolicy(creator_may_approve=True), Policy()),
        (Policy(4, approvers=("bert",)), OwnPolicy(creator_may_approve=False), Policy(4, False, ("bert",))),
    ],
)
def test_a_batch_may_ask_for_more_than_its_policies(policy: Policy, own: OwnPolicy, expected: Policy) -> None:
    assert loosened(policy, own) == ()
    assert tightened(policy, own) == expected


def test_what_would_loosen_is_named_and_never_takes_effect() -> None:
    policy, own = Policy(3, False), OwnPolicy(approvals=2, creator_may_approve=True)
    faults = loosened(policy, own)
    assert [(fault.path, fault.code) for fault in faults] == [
        ("/policy/approvals", "range"),
        ("/policy/creator_may_approve", "choice"),
    ]
    assert tightened(policy, own) == policy
