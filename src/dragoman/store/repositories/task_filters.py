"""Conditions on tasks as SQL."""

from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.access import (
    Principal,
    decides_batches,
    sees_all,
    watches_batches,
)
from dragoman.domain.bulk import Status
from dragoman.domain.clock import Moment
from dragoman.domain.condition import Condition, Every, depends_on_timers
from dragoman.domain.task import ENDED, OPEN, Kind, State
from dragoman.store import tables
from dragoman.store.engine.engines import few_have, json_flag, json_word
from dragoman.store.engine.words import LONGEST
from dragoman.store.repositories import task_conditions, task_timers
from dragoman.store.repositories.task_columns import STORED, Columns, expired_parts
from dragoman.store.repositories.task_sorts import hour_of, unindexed
from dragoman.store.repositories.task_timers import What
from dragoman.store.repositories.task_visibility import (
    EVERY_WAY,
    Lacking,
    Tenant,
    Through,
    claimable,
    is_held,
    naming,
    reach,
    shared_contact,
    visible,
)

T = tables.task.c
Conditions = list[sa.ColumnElement[bool]]


KNOWN_UNTIL: sa.BindParameter[int] = sa.bindparam("known_until", None, sa.BigInteger())
"""What came later is left out of lists that ask for what is new (`store/unit/awaiting.py`)."""

Timers = Literal["fired", "apart", "alone", "both"]
"""Which tasks a statement speaks of, as to timers that are due and have not fired: of all, as stored; of those that no
timer changes, as stored; of those that one changes, as it leaves them; or of both of these."""

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
    by_change: bool = False  # the index of moments of change leads, which finds bounds of them
    lacking: frozenset[Lacking] = frozenset()  # what there is none of now, so that no condition asks for it
    timers: Timers = "fired"
    lost: tuple[What, ...] = ()  # what timers do to those that are left `apart`; () is anything

    @property
    def asks_open(self) -> bool:
        """Whether only tasks that have not ended are asked for."""
        return bool(self.is_open or self.is_overdue)


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
        found.append(claimable(Tenant(tenant, wanted.lacking), wanted.claimable_by))
    if wanted.visible_to is not None and asks_named(wanted):
        if not _offers_what_is_seen(wanted):
            found.append(visible(Tenant(tenant, wanted.lacking), wanted.visible_to, wanted.visible_through))
        if wanted.named and not wanted.is_within:
            named = naming(tenant, wanted.visible_to, only_open=wanted.asks_open).subquery("naming")
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


def _offers_what_is_seen(wanted: TaskFilter) -> bool:
    """Whether all tasks that match `claimable_by` match `visible_to` too: who may claim a started task may see it."""
    who, seer = wanted.claimable_by, wanted.visible_to
    if who is None or seer is None or who.is_admin or wanted.visible_through != EVERY_WAY:
        return False
    if decides_batches(who) and not watches_batches(seer):
        return False
    is_started = bool(wanted.states) and State.INACTIVE not in wanted.states
    return is_started and (who.user, who.groups) == (seer.user, seer.groups)


def _where(tenant: int, wanted: TaskFilter, where: Condition) -> Conditions:
    """The conditions of an expression, each by itself where all of them must hold."""
    scope = task_scope(tenant, wanted)
    parts = where.parts if isinstance(where, Every) else (where,)
    return [task_conditions.compiled(part, scope) for part in parts]


def task_scope(tenant: int, wanted: TaskFilter) -> task_conditions.Scope:
    """Of which tasks its expressions speak."""
    seen = columns_of(tenant, wanted)
    return task_conditions.Scope(tenant, seen, lambda held: is_held(tenant, seen, held))


def _part_of(wanted: TaskFilter, one: TaskFilter) -> TaskFilter:
    few = False if wanted.few is False else None
    return replace(one, timers=wanted.timers, lateral=wanted.lateral, lacking=wanted.lacking, is_within=True, few=few)


def led(wanted: TaskFilter, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column in a condition: where the order leads, so written that no index of it does."""
    return unindexed(column) if wanted.few is False else column


def _has(wanted: TaskFilter, column: sa.ColumnElement[Any], value: Any) -> sa.ColumnElement[bool]:
    """An equality with this value: selective where a look found few."""
    return few_have(column, value) if wanted.few else led(wanted, column) == value


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
        of_category = _has(wanted, T.category, wanted.category)
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
            conditions.append(_has(wanted, T[name], value))
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
    conditions += [each for range_ in wanted.between for each in _bounds(wanted, range_, seen)]
    if wanted.assignee is not None:
        conditions.append(_has(wanted, seen.assignee, wanted.assignee))
    if wanted.has_open_children is not None:
        waits = sa.and_(T.open_children > 0, seen.state.in_(sorted(OPEN)), T.open_children > expired_parts())
        conditions.append(waits if wanted.has_open_children else sa.not_(waits))
    if wanted.not_suspended_or:
        said = sa.func.coalesce(json_flag(T.extras, wanted.not_suspended_or), sa.false())
        conditions.append(sa.or_(seen.suspended.is_(sa.false()), said))
    if wanted.suspended is not None:
        conditions.append(seen.suspended.is_(sa.true() if wanted.suspended else sa.false()))
    return conditions


def _changed_at(wanted: TaskFilter) -> sa.ColumnElement[Any]:
    """The moment of change in a condition; beside other orders, so that SQLite doesn't take its index."""
    return T.modified_at if wanted.by_change or wanted.lateral else unindexed(T.modified_at)


def _bounds(wanted: TaskFilter, range_: Between, seen: Columns) -> Conditions:
    column: sa.ColumnElement[Any] = {
        "priority": sa.func.coalesce(T.priority, sa.literal_column("0")),
        "due": tables.due_or_last,
        "created": T.created_at,
        "modified": _changed_at(wanted),
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
        (_changed_at(wanted), wanted.modified_from, wanted.modified_to, True),
    ):
        if low is not None:
            conditions.append(column >= low)
            if is_of_change:
                conditions.append(column <= KNOWN_UNTIL)
        if high is not None:
            conditions.append(column <= high)
    return conditions + _hours(wanted)


def bounds_of_change(wanted: TaskFilter) -> tuple[list[int], list[int]]:
    """The lower and the upper ones."""
    ranges = [range_ for range_ in wanted.between if range_.field == "modified"]
    low = [wanted.modified_from, *(range_.low for range_ in ranges)]
    high = [wanted.modified_to, *(range_.high for range_ in ranges)]
    return [at for at in low if at is not None], [at for at in high if at is not None]


def _hours(wanted: TaskFilter) -> Conditions:
    """The bounds of moments of change as PostgreSQL's index finds them."""
    if not (wanted.by_change and wanted.lateral):
        return []
    low, high = ([hour_of(sa.literal(at, sa.BigInteger())) for at in part] for part in bounds_of_change(wanted))
    return [tables.changed_hour >= hour for hour in low] + [tables.changed_hour <= hour for hour in high]


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
