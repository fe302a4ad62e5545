"""Conditions on tasks as SQL. Who may see and who may claim: the rules of `domain.access`, which tests hold them to."""

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

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
from dragoman.domain.bulk import Status
from dragoman.domain.clock import Moment
from dragoman.domain.condition import Condition, Every, Held, depends_on_timers
from dragoman.domain.task import ENDED, OPEN, Kind, State
from dragoman.domain.work_item import EVERYBODY, REVIEWERS, Role
from dragoman.store import tables
from dragoman.store.engine.engines import json_flag, json_word
from dragoman.store.engine.words import LONGEST
from dragoman.store.repositories import task_conditions, task_timers
from dragoman.store.repositories.task_columns import STORED, Columns, expired_parts
from dragoman.store.repositories.task_timers import What

T = tables.task.c
Conditions = list[sa.ColumnElement[bool]]

Through = Literal["everybody", "individual", "group"]
"""Why a user sees a task: everybody does, the user is named, or a group of the user is."""
EVERY_WAY: frozenset[Through] = frozenset({"everybody", "individual", "group"})


KNOWN_UNTIL: sa.BindParameter[int] = sa.bindparam("known_until", None, sa.BigInteger())
"""What came later is left out of lists that ask for what is new (`store/unit/awaiting.py`)."""

Timers = Literal["fired", "apart", "alone", "both"]
"""Which tasks a statement speaks of, as to timers that are due and have not fired: of all, as stored; of those that no
timer changes, as stored; of those that one changes, as it leaves them; or of both of these."""


Lacking = Literal["private", "changes", "deletions"]
"""Of what a tenant may have none: private contacts and cases, timers due that change tasks, that delete them."""

Ranged = Literal["priority", "due", "created", "modified", "completed"]


class Between(msgspec.Struct, frozen=True):
    """A range of moments or numbers, both ends included; None is no bound. It never waits for writers."""

    field: Ranged
    low: int | None = None
    high: int | None = None


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions, all of which must hold; one that is None or empty asks nothing."""

    states: tuple[State, ...] = ()
    is_open: bool | None = None
    made_through: tuple[str, ...] = ()  # any of these dialects
    assignee: str | None = None
    unassigned: bool = False
    extra: tuple[tuple[str, ...], str] | None = None  # path in the extras, and the text there
    creator: str | None = None
    category: int | None = None
    or_no_category: bool = False  # beside those of `category`
    case: int | None = None
    stage: int | None = None
    parent: int | None = None
    contacts: tuple[int, ...] | None = None
    contact_or_persons_of: int | None = None  # a contact; for a company also its persons
    entity: tuple[str, int] | None = None  # kind and number of a case or opportunity
    kind: str | None = None
    suspended: bool | None = None
    escalated: bool | None = None
    read: bool | None = None
    is_overdue: bool = False  # open, and due before the statement's moment
    has_open_children: bool | None = None
    not_suspended_or: tuple[str, ...] = ()  # path in the extras; tasks with `true` there may be suspended
    priority: int | None = None
    type: str | None = None
    name: str | None = None
    unset: tuple[str, ...] = ()  # fields without a value
    between: tuple[Between, ...] = ()
    extensions: tuple[str, ...] = ()  # folded names; it has all of these
    in_review: bool = False  # it stands for a batch that waits for a decision
    has_local_due: bool = False
    due_from: Moment | None = None
    due_to: Moment | None = None  # both inclusive
    created_from: Moment | None = None
    created_to: Moment | None = None
    modified_from: Moment | None = None
    modified_to: Moment | None = None
    words: tuple[str, ...] = ()  # folded; each must begin a word of title or description
    claimable_by: Principal | None = None  # by a role, not as one who has to do with it already
    visible_to: Principal | None = None
    visible_through: frozenset[Through] = EVERY_WAY
    where: Condition | None = None
    is_few: bool = False  # who asks knows that `visible_to` sees few, which indexes find
    reached: int = 0  # how many these are at most; 0: that isn't known
    first: int = 0  # of these, so many of the oldest are looked at; 0: all
    any_of: tuple["TaskFilter", ...] = ()  # one of these must hold as well
    all_of: tuple["TaskFilter", ...] = ()  # and all of these
    none_of: tuple["TaskFilter", ...] = ()  # and none of these
    lateral: bool = False  # the engine needs to be led along the timers' indexes
    is_within: bool = False  # it is a part of another
    has_escalations: bool = False
    few: bool | None = None  # whether few match, by a look (`task_looks`); False: a walk along the order leads
    asked_first: str = ""  # of `words` the one that the fewest tasks have
    spelled: tuple[tuple[str, ...], ...] = ()  # the whole words that begin so, for each of `words`; () for too many
    named: bool = False  # those that the principal may see are among those that `naming` lists
    sample: int = 0  # so many candidates at most, of a word or of what names him
    lacking: frozenset[Lacking] = frozenset()  # what there is none of now, so that no condition asks for it
    timers: Timers = "fired"
    lost: tuple[What, ...] = ()  # what timers do to those that are left `apart`; () is anything


BY_NUMBER = ("creator", "stage", "parent", "contacts", "entity", "type")
"""Filters whose index goes on in the order of numbers."""
BY_OTHERS = ("assignee", "contact_or_persons_of", "due_from", "due_to", "created_from", "created_to")


def finds_few(wanted: TaskFilter, *, by_number: bool = False) -> bool:
    """Whether it names what has an index and but a small share of the tasks, an index that goes in another order.

    Then all that match are sorted; otherwise a page is read along an index in the requested order,
    which may be `by_number`. Databases guess, and a wrong guess walks over a million tasks of others; who asks knows
    better.
    """
    if wanted.few is not None:
        return wanted.few
    names = BY_OTHERS if by_number else BY_OTHERS + BY_NUMBER
    if wanted.has_escalations and not by_number:
        return True
    if wanted.is_few or wanted.is_overdue or wanted.extensions or any(each.field in FEW for each in wanted.between):
        return True
    if any(finds_few(one, by_number=by_number) for one in wanted.all_of):
        return True
    if wanted.words or wanted.kind not in (None, Kind.WORK) or any(getattr(wanted, name) is not None for name in names):
        return True
    return bool(wanted.any_of) and all(finds_few(one, by_number=by_number) for one in wanted.any_of)


FEW: frozenset[Ranged] = frozenset({"due", "created"})
"""Ranges that an index finds."""

SINCE = ("created_from", "modified_from")
"""The lower bounds of moments of change."""


def asks_since(wanted: TaskFilter) -> bool:
    """Whether it is by such a bound, as a client asks for what is new."""
    if wanted.created_from is not None or wanted.modified_from is not None:
        return True
    return bool(wanted.any_of) and any(map(asks_since, wanted.any_of))


def plainly(wanted: TaskFilter) -> TaskFilter:
    """The same conditions in a normal form, so that principals with the same view share cached statements."""
    asked = {
        name: None if unbound(who) else _bare(who, is_reviewer=of_all_batches(who))
        for name, unbound, of_all_batches in (
            ("visible_to", sees_all, watches_batches),
            ("claimable_by", _is_admin, decides_batches),
        )
        if (who := getattr(wanted, name)) is not None
    }
    return replace(wanted, reached=0, **asked) if asked or wanted.reached else wanted


def _is_admin(who: Principal) -> bool:
    return who.is_admin


def _bare(who: Principal, *, is_reviewer: bool) -> Principal:
    """What the conditions ask of a principal, and nothing else."""
    supervisor = who.is_supervisor
    return Principal(who.tenant, who.user, "", groups=who.groups, is_reviewer=is_reviewer, is_supervisor=supervisor)


def conditions(tenant: int, wanted: TaskFilter) -> Conditions:
    """What must hold of a task that matches; tenant and removal aside."""
    found = _equalities(wanted, columns_of(tenant, wanted)) + _ranges(wanted) + _links(tenant, wanted)
    found += _untouched_by_timers(tenant, wanted)
    found += [_has_word(tenant, wanted, place) for place in range(len(wanted.words))]
    if wanted.claimable_by is not None and not wanted.claimable_by.is_admin:
        found.append(_claimable(_Tenant(tenant, wanted.lacking), wanted.claimable_by))
    if wanted.visible_to is not None and asks_named(wanted):
        found.append(_visible(_Tenant(tenant, wanted.lacking), wanted.visible_to, wanted.visible_through))
        if wanted.named and not wanted.is_within:
            named = naming(tenant, wanted, wanted.visible_to).subquery("naming")
            found.append(T.number.in_(_sampled(wanted, sa.select(*named.c))))
        if wanted.is_few and not wanted.first:
            found.append(T.number.in_(sa.union_all(*reach(tenant, wanted.visible_to))))
    if wanted.any_of:
        found.append(sa.or_(*(_together(tenant, _part_of(wanted, one)) for one in wanted.any_of)))
    if wanted.where is not None:
        found += _where(tenant, wanted, wanted.where)
    for one in wanted.all_of:
        found += conditions(tenant, _part_of(wanted, one))
    for one in wanted.none_of:
        found.append(sa.not_(sa.func.coalesce(_together(tenant, _part_of(wanted, one)), sa.false())))
    return found


def _where(tenant: int, wanted: TaskFilter, where: Condition) -> Conditions:
    """The conditions of an expression, each by itself where all of them must hold."""
    scope = task_scope(tenant, wanted)
    parts = where.parts if isinstance(where, Every) else (where,)
    return [task_conditions.compiled(part, scope) for part in parts]


def task_scope(tenant: int, wanted: TaskFilter) -> task_conditions.Scope:
    """Of which tasks its expressions speak."""
    return task_conditions.Scope(tenant, columns_of(tenant, wanted), lambda held: _held(tenant, wanted, held))


def _part_of(wanted: TaskFilter, one: TaskFilter) -> TaskFilter:
    few = False if wanted.few is False else None
    return replace(one, timers=wanted.timers, lateral=wanted.lateral, lacking=wanted.lacking, is_within=True, few=few)


def led(wanted: TaskFilter, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column in a condition: where the order leads, so written that no index of it does."""
    if wanted.few is not False:
        return column
    nothing: sa.ColumnElement[Any] = (
        sa.literal_column("''") if isinstance(column.type, sa.Text) else sa.literal_column("0")
    )
    return nothing.concat(column) if isinstance(column.type, sa.Text) else nothing + column


def _together(tenant: int, wanted: TaskFilter) -> sa.ColumnElement[bool]:
    return sa.and_(sa.true(), *conditions(tenant, wanted))


def lost_by_timers(wanted: TaskFilter) -> tuple[What, ...]:
    """What a due timer may do to a task that matched, so that it doesn't any more."""
    if wanted.suspended:
        return task_timers.EXPIRED, task_timers.RELEASED, task_timers.AWAKE
    lost: list[What] = []
    if wanted.is_open or wanted.is_overdue or wanted.has_open_children or not OPEN.isdisjoint(wanted.states):
        lost.append(task_timers.EXPIRED)
    if wanted.assignee is not None or State.CLAIMED in wanted.states:
        lost.append(task_timers.RELEASED)
    return tuple(lost)


def gains_by_timers(wanted: TaskFilter) -> bool:
    """Whether a due timer may make a task match that didn't."""
    if not {State.EXPIRED, State.READY}.isdisjoint(wanted.states) or wanted.unassigned or wanted.not_suspended_or:
        return True
    if not {"assignee", "completed_at"}.isdisjoint(wanted.unset) or any(_is_of_end(each) for each in wanted.between):
        return True
    if wanted.where is not None and depends_on_timers(wanted.where):
        return True
    parts = (*wanted.any_of, *wanted.all_of, *wanted.none_of)
    return wanted.is_open is False or wanted.suspended is False or any(map(_depends_on_timers, parts))


def _is_of_end(range_: Between) -> bool:
    return range_.field == "completed"


def _depends_on_timers(wanted: TaskFilter) -> bool:
    return bool(lost_by_timers(wanted)) or gains_by_timers(wanted)


OF_TIMERS = frozenset({"assignee", "completed_at"})
"""Of the fields that may be unset, those that timers change."""


def columns_of(tenant: int, wanted: TaskFilter) -> Columns:
    """As stored, or, where the filter speaks of tasks that timers change, as these leave them."""
    if wanted.timers != "alone":
        return STORED
    is_expired = T.number.in_(task_timers.changed(tenant, task_timers.EXPIRED, lateral=wanted.lateral))
    is_released = T.number.in_(task_timers.changed(tenant, task_timers.RELEASED, lateral=wanted.lateral))
    return Columns(
        sa.case((is_expired, str(State.EXPIRED)), (is_released, str(State.READY)), else_=T.state),
        sa.false(),
        sa.case((is_released, sa.null()), else_=T.assignee),
        sa.case((is_expired, sa.func.coalesce(T.expires_at, task_timers.NOW)), else_=T.completed_at),
        sa.case((is_released, sa.func.coalesce(T.resume_at, task_timers.NOW)), else_=T.activated_at),
        sa.case(
            (is_expired, sa.func.coalesce(T.expires_at, task_timers.NOW)),
            (is_released, sa.func.coalesce(T.resume_at, task_timers.NOW)),
            else_=STORED.state_changed_at,
        ),
    )


def _untouched_by_timers(tenant: int, wanted: TaskFilter) -> Conditions:
    """What is deleted is never found, and of the others those that `timers` names."""
    if wanted.is_within or wanted.kind == str(Kind.BATCH):
        return []
    found: Conditions = []
    if "deletions" not in wanted.lacking:
        found.append(T.number.not_in(task_timers.deleted(tenant, lateral=wanted.lateral)))
    if wanted.timers == "apart" and "changes" not in wanted.lacking:
        found.append(T.number.not_in(task_timers.changed(tenant, *wanted.lost, lateral=wanted.lateral)))
    elif wanted.timers == "alone":
        found.append(T.number.in_(task_timers.changed(tenant, lateral=wanted.lateral)))
    return found


def _equalities(wanted: TaskFilter, seen: Columns) -> Conditions:
    conditions = _changed_by_timers(wanted, seen)
    if wanted.has_local_due:
        conditions.append(T.due_local.is_not(None))
    if wanted.extra is not None:
        path, text = wanted.extra
        conditions.append(json_word(T.extras, path) == text)
    if wanted.made_through:
        conditions.append(T.made_through.in_(sorted(wanted.made_through)))
    if wanted.category is not None:
        of_category = led(wanted, T.category) == wanted.category
        conditions.append(sa.or_(of_category, T.category.is_(None)) if wanted.or_no_category else of_category)
    for name in (
        "creator",
        "case",
        "stage",
        "parent",
        "priority",
        "type",
        "name",
    ):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(led(wanted, T[name]) == value)
    if wanted.has_escalations:
        conditions.append(tables.has_escalations)
    for name in ("escalated", "read"):
        flag = getattr(wanted, name)
        if flag is not None:
            conditions.append(T[name].is_(sa.true() if flag else sa.false()))
    if wanted.kind is not None:
        # There are two kinds; the index of the rarer one is found by its condition to the letter.
        conditions.append(T.kind == wanted.kind if wanted.kind == Kind.WORK else tables.is_no_work)
    return conditions


def ended_is(has_ended: bool) -> sa.ColumnElement[bool]:
    """Whether it has ended, as the index of due times begins."""
    return tables.has_ended == sa.literal_column(str(int(has_ended)))


def _changed_by_timers(wanted: TaskFilter, seen: Columns) -> Conditions:
    """Conditions on the fields that timers change."""
    conditions: Conditions = []
    if wanted.states:
        conditions.append(seen.state.in_(sorted(wanted.states)))
    if wanted.is_open is not None:
        conditions.append(seen.state.in_(sorted(OPEN if wanted.is_open else ENDED)))
        if not finds_few(wanted) and wanted.timers != "alone":
            conditions.append(ended_is(not wanted.is_open))
    if wanted.is_overdue:
        conditions += [seen.state.in_(sorted(OPEN)), tables.due_or_last < task_timers.NOW]
        if wanted.timers != "alone":
            conditions.append(ended_is(False))
    if wanted.unassigned:
        conditions.append(led(wanted, seen.assignee).is_(None))
    conditions += [(getattr(seen, name) if name in OF_TIMERS else T[name]).is_(None) for name in wanted.unset]
    conditions += [each for range_ in wanted.between for each in _bounds(range_, seen)]
    if wanted.assignee is not None:
        conditions.append(led(wanted, seen.assignee) == wanted.assignee)
    if wanted.has_open_children is not None:
        waits = sa.and_(T.open_children > 0, seen.state.in_(sorted(OPEN)), T.open_children > expired_parts())
        conditions.append(waits if wanted.has_open_children else sa.not_(waits))
    if wanted.not_suspended_or:
        said = sa.func.coalesce(json_flag(T.extras, wanted.not_suspended_or), sa.false())
        conditions.append(sa.or_(seen.suspended.is_(sa.false()), said))
    if wanted.suspended is not None:
        conditions.append(seen.suspended.is_(sa.true() if wanted.suspended else sa.false()))
    return conditions


def _bounds(range_: Between, seen: Columns) -> Conditions:
    column: sa.ColumnElement[Any] = {
        "priority": sa.func.coalesce(T.priority, sa.literal_column("0")),
        "due": tables.due_or_last,
        "created": T.created_at,
        "modified": T.modified_at,
        "completed": seen.completed_at,
    }[range_.field]
    bounds: Conditions = [T.due_at.is_not(None)] if range_.field == "due" else []
    if range_.low is not None:
        bounds.append(column >= range_.low)
    if range_.high is not None:
        bounds.append(column <= range_.high)
    return bounds


def of_ranges(wanted: TaskFilter, field: Literal["due", "created"]) -> Conditions:
    """The conditions on due or creation times as their indexes find them; none where there are none."""
    between = tuple(range_ for range_ in wanted.between if range_.field == field)
    states = {"is_open": wanted.is_open, "states": wanted.states}
    if field == "created":
        part = TaskFilter(created_from=wanted.created_from, created_to=wanted.created_to, between=between)
    else:
        bounds = {"due_from": wanted.due_from, "due_to": wanted.due_to, "is_overdue": wanted.is_overdue}
        part = TaskFilter(**bounds, between=between)  # type: ignore[arg-type]
    if part == TaskFilter():
        return []
    part = part if field == "created" else replace(part, few=False, **states)
    return _equalities(part, columns_of(0, part)) + _ranges(part)


def asks_links(wanted: TaskFilter) -> bool:
    """Whether it asks for each task what is linked to it, and for whom that is private."""
    is_claimable = wanted.claimable_by is not None and not wanted.claimable_by.is_admin
    return is_claimable or asks_named(wanted) or any(map(asks_links, (*wanted.any_of, *wanted.all_of, *wanted.none_of)))


def asks_named(wanted: TaskFilter) -> bool:
    """Whether it asks for what a principal may see who doesn't see everything."""
    return wanted.visible_to is not None and not sees_all(wanted.visible_to)


def _ranges(wanted: TaskFilter) -> Conditions:
    conditions: Conditions = []
    if wanted.due_from is not None or wanted.due_to is not None:
        conditions.append(T.due_at.is_not(None))
        if wanted.is_open is None and not wanted.states:
            conditions.append(tables.has_ended.in_([sa.literal_column("0"), sa.literal_column("1")]))  # for the index
    for column, low, high, is_of_change in (
        (tables.due_or_last, wanted.due_from, wanted.due_to, False),
        (T.created_at, wanted.created_from, wanted.created_to, True),
        (T.modified_at, wanted.modified_from, wanted.modified_to, True),
    ):
        if low is not None:
            conditions.append(column >= low)
            if is_of_change:
                conditions.append(column <= KNOWN_UNTIL)
        if high is not None:
            conditions.append(column <= high)
    return conditions


def _links(tenant: int, wanted: TaskFilter) -> Conditions:
    conditions: Conditions = []
    if wanted.contacts is not None:
        conditions.append(led(wanted, T.contact).in_(wanted.contacts))
    if wanted.contact_or_persons_of is not None:
        number = wanted.contact_or_persons_of
        persons = sa.select(tables.contact.c.number).where(
            tables.contact.c.tenant == tenant, tables.contact.c.company == number
        )
        if wanted.visible_to is not None and not sees_all(wanted.visible_to):
            is_public = tables.contact.c.is_private.is_(sa.false())
            persons = persons.where(sa.or_(is_public, shared_contact(wanted.visible_to)))
        conditions.append(T.contact.in_(sa.union_all(sa.select(sa.literal(number)), persons)))
    for name in wanted.extensions:
        conditions.append(T.number.in_(_with_extension(tenant, name)))
    if wanted.in_review:
        waiting = sa.select(tables.batch.c.number).where(
            tables.batch.c.tenant == tenant, tables.batch.c.status == str(Status.IN_REVIEW)
        )
        conditions += [tables.is_no_work, T.number.in_(waiting)]
    if wanted.entity is not None:
        conditions.append(T.number.in_(_of_entity(tenant, *wanted.entity)))
    return conditions


def _with_extension(tenant: int, folded: str) -> "sa.Select[Any]":
    extension = tables.extension.c
    named = (extension.tenant == tenant, extension.owner_kind == "task", extension.folded == folded)
    return sa.select(extension.owner).where(*named, extension.removed_at.is_(None))


def _of_entity(tenant: int, kind: str, number: int) -> "sa.CompoundSelect[Any]":
    """What a case or opportunity holds, and what names it: each found by an index of its own."""
    case, task = tables.case.c, tables.task.alias("of_entity")
    held = sa.select(case.number).where(case.tenant == tenant, case.number == number, case.kind == kind)
    own = sa.select(task.c.number).where(task.c.tenant == tenant)
    return sa.union_all(
        own.where(task.c.case.in_(held)), own.where(task.c.entity_kind == kind, task.c.entity == number)
    )


def _has_word(tenant: int, wanted: TaskFilter, place: int) -> sa.ColumnElement[bool]:
    """Whether a word begins so. The word that leads is found by its index; of the others each task is asked, word by
    word, if they are few enough."""
    beginning = wanted.words[place]
    spelled = wanted.spelled[place] if wanted.spelled else ()
    if spelled and beginning != wanted.asked_first:
        word = tables.task_word.c
        of_task = sa.exists().where(word.tenant == tenant, word.word.in_(spelled), word.task == T.number)
        return of_task.correlate(tables.task)
    return T.number.in_(_sampled(wanted, having_word(tenant, beginning)))


def _sampled(wanted: TaskFilter, candidates: "sa.Select[Any]") -> "sa.Select[Any]":
    if not wanted.sample:
        return candidates
    first = candidates.limit(sa.literal_column(str(wanted.sample))).subquery()
    return sa.select(*first.c)


def having_word(tenant: int, beginning: str) -> "sa.Select[tuple[int]]":
    """Numbers of the tasks with a word that begins so, once a word."""
    word, beginning = tables.task_word.c, beginning[:LONGEST]
    # The successor of a prefix in byte order: no LIKE, whose rules differ between the engines.
    found = sa.select(word.task).where(word.tenant == tenant, word.word >= beginning)
    return found.where(word.word < beginning + "\U0010ffff")


class _Tenant(NamedTuple):
    """Whose tasks are asked for, and what that tenant has none of."""

    number: int
    lacking: frozenset[Lacking] = frozenset()


def _visible(tenant: _Tenant, principal: Principal, through: frozenset[Through]) -> sa.ColumnElement[bool]:
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
        ways += [mine.where(column == principal.user) for column in (T.assignee, T.creator, T.starter)]
        of_contact, of_case = shared_contact(principal), shared_case(principal)
        ways.append(mine.where(T.contact.in_(_private_contacts(tenant).where(of_contact))))
        ways += [mine.where(c.in_(_private_cases(tenant).where(of_case))) for c in (T.case, T.entity)]
    return [sa.select(item.task).where(item.tenant == tenant, item.holder.in_(holders)), *ways]


def oldest(tenant: int, principal: Principal, first: int) -> "sa.Subquery":
    """So many of the numbers that `reach` finds, the smallest, each once and in order."""
    [number] = sa.union_all(*reach(tenant, principal)).subquery("reached").c
    # Or each way would be walked in the order of numbers.
    hidden: sa.Label[Any] = (sa.literal_column("0") + number).label("number")
    found = sa.select(hidden).distinct().order_by(hidden).limit(sa.literal_column(str(first)))
    return found.subquery("oldest")


def _visible_batch(tenant: _Tenant, principal: Principal, through: frozenset[Through]) -> sa.ColumnElement[bool]:
    ways = [_for_review(tenant, principal, through, of_all=watches_batches(principal))]
    if "individual" in through and principal.user is not None:
        ways.append(T.creator == principal.user)
    return sa.or_(*ways)


def _for_review(
    tenant: _Tenant, principal: Principal, through: frozenset[Through], *, of_all: bool
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


def _visible_work(tenant: _Tenant, principal: Principal, through: frozenset[Through]) -> sa.ColumnElement[bool]:
    named = _named(tenant, principal, SEEING, through)
    named_early = _named(tenant, principal, SEEING_INACTIVE, through)
    ways = [sa.and_(T.state != str(State.INACTIVE), named), named_early]
    if "everybody" in through:
        ways.append(_of_nobody(tenant))
    if "individual" in through and principal.user is not None:
        ways += [column == principal.user for column in (T.assignee, T.creator, T.starter)]
        ways.append(_shared(tenant, principal))
    return sa.or_(*ways)


def naming(tenant: int, wanted: TaskFilter, principal: Principal) -> "sa.CompoundSelect[Any]":
    """Numbers of all tasks that the principal may see, of open ones that others may: those that name him, his groups or
    everybody, those of nobody, and those whose private contact or case is shared with him. Each is found by an index;
    a task may be there several times."""
    item, own = tables.work_item.c, tables.task.alias("named").c
    holders = [EVERYBODY, *(f"group:{group}" for group in sorted(principal.groups))]
    if principal.user is not None:
        holders.append(principal.user)
    roles = sorted(SEEING | SEEING_INACTIVE | DECIDING_ROLES)
    tasks = sa.select(own.number).where(own.tenant == tenant)
    of_nobody = tasks.where(own.work_item_count == sa.literal_column("0"))
    if wanted.is_open or wanted.is_overdue:
        of_nobody = of_nobody.where(ended_is(False))
    ways = [
        sa.select(item.task).where(item.tenant == tenant, item.holder.in_(holders), item.role.in_(roles)),
        of_nobody,
        tasks.where(own.contact.in_(_private_contacts(tenant).where(shared_contact(principal)))),
        tasks.where(own.case.in_(_private_cases(tenant).where(shared_case(principal)))),
        tasks.where(own.entity.in_(_private_cases(tenant).where(shared_case(principal)))),
    ]
    if watches_batches(principal):
        ways.append(tasks.where(tables.is_no_work))
    if principal.user is not None:
        ways += [tasks.where(own[name] == principal.user) for name in ("assignee", "creator", "starter")]
    return sa.union_all(*ways)


def _claimable(tenant: _Tenant, principal: Principal) -> sa.ColumnElement[bool]:
    """To whom the task is offered: `domain.access.is_candidate`."""
    ways = [_of_nobody(tenant), _named(tenant, principal, WORKING, EVERY_WAY)]
    if principal.user is not None:
        ways.append(sa.and_(T.work_item_count == 0, T.creator == principal.user))
    for_review = _for_review(tenant, principal, EVERY_WAY, of_all=decides_batches(principal))
    return sa.or_(sa.and_(T.kind == str(Kind.WORK), sa.or_(*ways)), sa.and_(T.kind == str(Kind.BATCH), for_review))


def _named(
    tenant: _Tenant, principal: Principal, roles: Collection[Role], through: frozenset[Through]
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


def _of_nobody(tenant: _Tenant) -> sa.ColumnElement[bool]:
    """No user is named and nothing private is linked: the task is everybody's."""
    return sa.and_(T.work_item_count == 0, _is_public(tenant))


def _is_public(tenant: _Tenant) -> sa.ColumnElement[bool]:
    """Whether nothing private is linked: `domain.access.Linked.is_private`."""
    if "private" in tenant.lacking:
        return sa.true()
    return _none_of(_private_contacts(tenant.number), _private_cases(tenant.number))


def _shared(tenant: _Tenant, principal: Principal) -> sa.ColumnElement[bool]:
    """Whether something private is linked, all of which is shared with the principal."""
    if "private" in tenant.lacking:
        return sa.false()
    contacts, cases = _private_contacts(tenant.number), _private_cases(tenant.number)
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
    return _private_contacts(tenant), _private_cases(tenant)


def _private_contacts(tenant: int) -> "sa.Select[Any]":
    contact = tables.contact.c
    return sa.select(contact.number).where(contact.tenant == tenant, contact.is_private.is_(sa.true()))


def _private_cases(tenant: int) -> "sa.Select[Any]":
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


def _held(tenant: int, wanted: TaskFilter, held: Held) -> sa.ColumnElement[bool]:
    """Whether one of the roles is held: by a work item, as a field of the task, or since the task names nobody."""
    seen = columns_of(tenant, wanted)
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
        some = some.where(sa.or_(item.holder != EVERYBODY, _is_public(_Tenant(tenant))))
    else:
        named = [holder for holder in holders if holder != EVERYBODY]
        ways: Conditions = [item.holder.in_(named)] if named else []
        if EVERYBODY in holders:
            ways.append(sa.and_(item.holder == EVERYBODY, _is_public(_Tenant(tenant))))
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
        found.append(sa.and_(is_bare, _is_public(_Tenant(tenant))))
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
            found.append(sa.and_(T.kind == str(Kind.WORK), _shared(_Tenant(tenant), by)))
        reviewers = holders is not None and REVIEWERS in holders
        decides = name == Role.POTENTIAL_OWNER and decides_batches(by)
        if reviewers and (decides or (name == Role.READER and watches_batches(by))):
            found.append(sa.and_(T.kind == str(Kind.BATCH), _for_review(_Tenant(tenant), by, EVERY_WAY, of_all=True)))
    return found
