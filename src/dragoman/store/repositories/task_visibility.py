"""Who may see a task, who may claim it, who holds a role on it, as SQL: the rules of `domain.access`, which tests hold
them to."""

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from dragoman.domain.access import (
    DECIDING_ROLES,
    SEEING,
    SEEING_INACTIVE,
    WORKING,
    Principal,
    decides_batches,
    sees_all,
    watches_batches,
)
from dragoman.domain.condition import Held
from dragoman.domain.task import Kind, State
from dragoman.domain.work_item import EVERYBODY, REVIEWERS, Role
from dragoman.store import tables
from dragoman.store.engine.engines import few_have
from dragoman.store.repositories.task_columns import Columns

T = tables.task.c
Conditions = list[sa.ColumnElement[bool]]

Through = Literal["everybody", "individual", "group"]
"""Why a user sees a task: everybody does, the user is named, or a group of the user is."""
EVERY_WAY: frozenset[Through] = frozenset({"everybody", "individual", "group"})

Lacking = Literal["private", "changes", "deletions"]
"""Of what a tenant may have none: private contacts and cases, timers due that change tasks, that delete them."""


class Tenant(NamedTuple):
    """Whose tasks are asked for, and what that tenant has none of."""

    number: int
    lacking: frozenset[Lacking] = frozenset()


def visible(tenant: Tenant, principal: Principal, through: frozenset[Through]) -> sa.ColumnElement[bool]:
    """Whether the principal sees the task in the given ways; all ways together are the rule of `domain.access`."""
    is_work = sa.and_(T.kind == str(Kind.WORK), _visible_work(tenant, principal, through))
    return sa.or_(is_work, sa.and_(T.kind == str(Kind.BATCH), _visible_batch(tenant, principal, through)))


def reach(tenant: int, principal: Principal) -> "list[sa.Select[Any]]":
    """Numbers of tasks among which are all that the principal sees, way by way, each found by an index."""
    item, mine = tables.work_item.c, sa.select(T.number).where(T.tenant == tenant)
    holders = [f"group:{group}" for group in sorted(principal.groups)] + [EVERYBODY]
    ways = [mine.where(T.work_item_count == sa.literal_column("0")), mine.where(tables.is_no_work)]
    if principal.user is not None:
        holders.append(principal.user)
        ways += [mine.where(few_have(column, principal.user)) for column in (T.assignee, T.creator, T.starter)]
        ways += _of_shared(tenant, principal, tables.task)
    return [sa.select(item.task).where(item.tenant == tenant, item.holder.in_(holders)), *ways]


def oldest(tenant: int, principal: Principal, first: int) -> "sa.Subquery":
    """So many of the numbers that `reach` finds, the smallest, each once and in order."""
    [number] = sa.union_all(*reach(tenant, principal)).subquery("reached").c
    # Or each way would be walked in the order of numbers.
    hidden: sa.Label[Any] = (sa.literal_column("0") + number).label("number")
    found = sa.select(hidden).distinct().order_by(hidden).limit(sa.literal_column(str(first)))
    return found.subquery("oldest")


def _visible_batch(tenant: Tenant, principal: Principal, through: frozenset[Through]) -> sa.ColumnElement[bool]:
    ways = [_for_review(tenant, principal, through, of_all=watches_batches(principal))]
    if "individual" in through and principal.user is not None:
        ways.append(T.creator == principal.user)
    return sa.or_(*ways)


def _for_review(
    tenant: Tenant, principal: Principal, through: frozenset[Through], *, of_all: bool
) -> sa.ColumnElement[bool]:
    """Whether the principal is one of the batch's approvers, or has to do with all batches; a private link hides it."""
    ways = [_named(tenant, principal, DECIDING_ROLES, through - {"everybody"})]
    if of_all and "group" in through:
        ways.append(sa.true())
    if sees_all(principal):
        return sa.or_(*ways)
    shown = [_is_public(tenant), _shared(tenant, principal)]
    if principal.user is not None:
        shown.append(T.creator == principal.user)
    return sa.and_(sa.or_(*ways), sa.or_(*shown))


def _visible_work(tenant: Tenant, principal: Principal, through: frozenset[Through]) -> sa.ColumnElement[bool]:
    named = _named(tenant, principal, SEEING, through)
    named_early = _named(tenant, principal, SEEING_INACTIVE, through)
    ways = [sa.and_(T.state != str(State.INACTIVE), named), named_early]
    if "everybody" in through:
        ways.append(_of_nobody(tenant))
    if "individual" in through and principal.user is not None:
        ways += [column == principal.user for column in (T.assignee, T.creator, T.starter)]
        ways.append(_shared(tenant, principal))
    return sa.or_(*ways)


def naming(tenant: int, principal: Principal, *, only_open: bool) -> "sa.CompoundSelect[Any]":
    """Numbers of all tasks that the principal may see: those that name the principal, one of his groups or everybody,
    those without work items (with `only_open` the open ones of these), those whose private contact or case is shared
    with him, and batches that he may watch. An index finds each kind; a task may appear repeatedly."""
    item, named = tables.work_item.c, tables.task.alias("named")
    own = named.c
    holders = [EVERYBODY, *(f"group:{group}" for group in sorted(principal.groups))]
    if principal.user is not None:
        holders.append(principal.user)
    roles = sorted(SEEING | SEEING_INACTIVE | DECIDING_ROLES)
    tasks = sa.select(own.number).where(own.tenant == tenant)
    of_nobody = tasks.where(own.work_item_count == sa.literal_column("0"))
    if only_open:
        of_nobody = of_nobody.where(tables.has_ended == sa.literal_column("0"))
    ways = [
        sa.select(item.task).where(item.tenant == tenant, item.holder.in_(holders), item.role.in_(roles)),
        of_nobody,
        *_of_shared(tenant, principal, named),
    ]
    if watches_batches(principal):
        ways.append(tasks.where(tables.is_no_work))
    if principal.user is not None:
        ways += [tasks.where(few_have(own[name], principal.user)) for name in ("assignee", "creator", "starter")]
    return sa.union_all(*ways)


def _of_shared(tenant: int, principal: Principal, task: sa.FromClause) -> "list[sa.Select[Any]]":
    """Numbers of the tasks whose private contact or case is shared with the principal, each found by an index."""
    contacts = private_contacts(tenant).where(shared_contact(principal)).subquery()
    cases = private_cases(tenant).where(shared_case(principal)).subquery()
    return [
        sa.select(task.c.number).select_from(
            linked.join(task, sa.and_(task.c.tenant == tenant, few_have(task.c[column], linked.c.number)))
        )
        for column, linked in (("contact", contacts), ("case", cases), ("entity", cases))
    ]


def claimable(tenant: Tenant, principal: Principal) -> sa.ColumnElement[bool]:
    """To whom the task is offered: `domain.access.is_candidate`."""
    ways = [_of_nobody(tenant), _named(tenant, principal, WORKING, EVERY_WAY)]
    if principal.user is not None:
        ways.append(sa.and_(T.work_item_count == 0, T.creator == principal.user))
    for_review = _for_review(tenant, principal, EVERY_WAY, of_all=decides_batches(principal))
    return sa.or_(sa.and_(T.kind == str(Kind.WORK), sa.or_(*ways)), sa.and_(T.kind == str(Kind.BATCH), for_review))


def _named(
    tenant: Tenant, principal: Principal, roles: Collection[Role], through: frozenset[Through]
) -> sa.ColumnElement[bool]:
    """Whether the principal holds a work item of these roles on the task. One of everybody doesn't count where
    something private is linked.

    A correlated subquery: a list of all work items of the user, their groups and everybody may be as long as the table.
    """
    item = tables.work_item.c
    holders: list[str] = []
    if "individual" in through and principal.user is not None:
        holders.append(principal.user)
    if "group" in through:
        holders += [f"group:{group}" for group in sorted(principal.groups)]
    ways: Conditions = [item.holder.in_(holders)] if holders else []
    if "everybody" in through:
        ways.append(sa.and_(item.holder == EVERYBODY, _is_public(tenant)))
    held = sa.exists().where(item.tenant == tenant.number, item.task == T.number, item.role.in_(sorted(roles)))
    return sa.and_(T.work_item_count > 0, held.where(sa.or_(sa.false(), *ways)).correlate(tables.task))


def _of_nobody(tenant: Tenant) -> sa.ColumnElement[bool]:
    """No user is named and nothing private is linked: the task is everybody's."""
    return sa.and_(T.work_item_count == 0, _is_public(tenant))


def _is_public(tenant: Tenant) -> sa.ColumnElement[bool]:
    """Whether nothing private is linked: `domain.access.Linked.is_private`."""
    if "private" in tenant.lacking:
        return sa.true()
    return _none_of(private_contacts(tenant.number), private_cases(tenant.number))


def _shared(tenant: Tenant, principal: Principal) -> sa.ColumnElement[bool]:
    """Whether something private is linked, all of which is shared with the principal."""
    if "private" in tenant.lacking:
        return sa.false()
    contacts, cases = private_contacts(tenant.number), private_cases(tenant.number)
    of_contact, of_case = shared_contact(principal), shared_case(principal)
    is_linked = sa.or_(
        T.contact.in_(contacts.where(of_contact)), T.case.in_(cases.where(of_case)), T.entity.in_(cases.where(of_case))
    )
    return sa.and_(is_linked, _none_of(contacts.where(sa.not_(of_contact)), cases.where(sa.not_(of_case))))


def _none_of(contacts: "sa.Select[Any]", cases: "sa.Select[Any]") -> sa.ColumnElement[bool]:
    """Whether the task links none of these. That there are no such cases at all is found once for all tasks."""
    return sa.and_(
        sa.or_(T.contact.is_(None), T.contact.not_in(contacts)),
        sa.or_(
            sa.not_(cases.exists()),
            sa.and_(sa.or_(T.case.is_(None), T.case.not_in(cases)), sa.or_(T.entity.is_(None), T.entity.not_in(cases))),
        ),
    )


def private_links(tenant: int) -> "tuple[sa.Select[Any], ...]":
    """What is private, and hides the tasks that link it."""
    return private_contacts(tenant), private_cases(tenant)


def private_contacts(tenant: int) -> "sa.Select[Any]":
    """Numbers of contacts that only some may see: `shared_contact`."""
    contact = tables.contact.c
    return sa.select(contact.number).where(contact.tenant == tenant, contact.is_private.is_(sa.true()))


def private_cases(tenant: int) -> "sa.Select[Any]":
    """Numbers of cases that only some may see: `shared_case`."""
    case = tables.case.c
    return sa.select(case.number).where(case.tenant == tenant, tables.case_is_private)


def shared_contact(principal: Principal) -> sa.ColumnElement[bool]:
    """Who may see a contact although it is private: `Contact.is_shared_with`."""
    contact = tables.contact.c
    named = contact.shared_with.contains(f'"{principal.user}"', autoescape=True)
    return sa.or_(sa.func.coalesce(contact.creator == principal.user, sa.false()), named)


def shared_case(principal: Principal) -> sa.ColumnElement[bool]:
    """Who may see a case although it is private: `Case.is_shared_with`."""
    case = tables.case.c
    mine = (sa.func.coalesce(column == principal.user, sa.false()) for column in (case.creator, case.assignee))
    return sa.or_(*mine)


# Roles that are held


OF_FIELDS = {"owner": "assignee", "starter": "starter", "originator": "creator"}
"""Roles of a single user, and the fields that they are."""


def is_held(tenant: int, seen: Columns, held: Held) -> sa.ColumnElement[bool]:
    """Whether one of the roles is held: by a work item, as a field of the task, or because it has no work items."""
    ways: Conditions = []
    by_holders: dict[tuple[str, ...] | None, list[Role]] = {}
    for name, holders in held.roles:
        if name in OF_FIELDS:
            column = seen.assignee if name == "owner" else T[OF_FIELDS[name]]
            ways.append(column.is_not(None) if holders is None else column.in_(holders))
        else:
            by_holders.setdefault(holders, []).append(Role(name))
    for holders, roles in by_holders.items():
        ways += _held_items(tenant, roles, holders)
        ways += _implied(tenant, roles, holders)
    ways += _held_by(tenant, held)
    return sa.or_(sa.false(), *ways)


def _held_items(tenant: int, roles: list[Role], holders: tuple[str, ...] | None) -> Conditions:
    item = tables.work_item.c
    some = sa.exists().where(item.tenant == tenant, item.task == T.number)
    if holders is None:
        some = some.where(sa.or_(item.holder != EVERYBODY, _is_public(Tenant(tenant))))
    else:
        named = [holder for holder in holders if holder != EVERYBODY]
        ways: Conditions = [item.holder.in_(named)] if named else []
        if EVERYBODY in holders:
            ways.append(sa.and_(item.holder == EVERYBODY, _is_public(Tenant(tenant))))
        some = some.where(sa.or_(sa.false(), *ways))
    early = [role for role in roles if role in SEEING_INACTIVE]
    found: Conditions = []
    for kept, is_early in ((early, True), ([role for role in roles if role not in SEEING_INACTIVE], False)):
        if kept:
            exists = some.where(item.role.in_(sorted(kept))).correlate(tables.task)
            started = sa.or_(T.state != str(State.INACTIVE), T.kind == str(Kind.BATCH))
            found.append(sa.and_(T.work_item_count > 0, exists, sa.true() if is_early else started))
    return found


def _implied(tenant: int, roles: list[Role], holders: tuple[str, ...] | None) -> Conditions:
    """What a task without work items amounts to: everybody reads and may claim it, its creator administers it."""
    is_bare = sa.and_(T.work_item_count == 0, T.kind == str(Kind.WORK))
    found: Conditions = []
    if {Role.READER, Role.POTENTIAL_OWNER} & set(roles) and (holders is None or EVERYBODY in holders):
        found.append(sa.and_(is_bare, _is_public(Tenant(tenant))))
    if Role.ADMINISTRATOR in roles:
        creator = T.creator.is_not(None) if holders is None else T.creator.in_(holders)
        found.append(sa.and_(is_bare, creator))
    return found


def _held_by(tenant: int, held: Held) -> Conditions:
    """Roles of a principal that stand nowhere: of those with whom what is private is shared, of reviewers."""
    by = held.by
    if by is None:
        return []
    found: Conditions = []
    for name, holders in held.roles:
        if name == Role.READER and by.user is not None and holders is not None and by.user in holders:
            found.append(sa.and_(T.kind == str(Kind.WORK), _shared(Tenant(tenant), by)))
        reviewers = holders is not None and REVIEWERS in holders
        decides = name == Role.POTENTIAL_OWNER and decides_batches(by)
        if reviewers and (decides or (name == Role.READER and watches_batches(by))):
            found.append(sa.and_(T.kind == str(Kind.BATCH), _for_review(Tenant(tenant), by, EVERY_WAY, of_all=True)))
    return found
