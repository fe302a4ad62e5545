"""A look before a list: how many tasks what has an index finds, up to a bound; then the way is chosen.

Where one condition finds few, all that match are sorted. Where none does, those that match are frequent enough for a
walk along the order. Neither is guessed from which conditions there are: an overdue list may have three rows or a
hundred thousand.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.task import ENDED, OPEN
from dragoman.store import tables
from dragoman.store.engine.engines import few_have
from dragoman.store.repositories.task_filters import TaskFilter, asks_named, bounds_of_change, having_word, of_ranges
from dragoman.store.repositories.task_pages import REMEMBERED, Ask, as_ask, leads_walk
from dragoman.store.repositories.task_sorts import Sort
from dragoman.store.repositories.task_visibility import naming

T = tables.task.c
MOST = 5_000
"""More than so many aren't sorted where a walk leads to the page."""
MOST_NAMED = 20_000
"""The same of what may be seen: most of it may match nothing else that is asked, so that a walk may be long."""
DENSE = 400
"""A walk passes all tasks over those that match for each of a page's: with more than the root of so many times all
tasks it is the shorter way, however few these are."""
SAMPLE = 12_000
"""How many candidates a count looks at first; most counts end there."""
SPELLED = 32
"""So many words may begin with what was asked for, so that tasks are asked word by word."""
COLUMNS = ("creator", "category", "type", "stage", "parent", "case")
"""Columns with an index of their own."""
DUE: Final = "due"
CREATED: Final = "created"
NAMED: Final = "named"
WORD: Final = "word "
ALL: Final = "all"


def leads(tenant: int, wanted: TaskFilter, keys: Sequence[Sort]) -> dict[str, "sa.Select[Any]"] | None:
    """What to look at for a list in this order, or for a count without one; None where the way is known."""
    if asks_more(wanted):
        return None
    found = _of_columns(tenant, wanted)
    first = keys[0].key if keys else None
    if first == "number" and len(found) == 1 and "case" not in found and not wanted.words:
        return None  # its index goes on in this order
    found |= _of_ranges(tenant, wanted, first)
    if not (keys or wanted.words or asks_named(wanted)) and len(found) < 2:
        return None  # there is one way to count
    for word in wanted.words:
        found[WORD + word] = having_word(tenant, word)
    if asks_named(wanted):
        assert wanted.visible_to is not None  # noqa: S101 - it is asked for
        found[NAMED] = sa.select(naming(tenant, wanted.visible_to, only_open=wanted.asks_open).subquery())
    return found


def is_quick(wanted: TaskFilter, sorts: Sequence[Sort]) -> bool:
    """Whether a page is read along an index by a plan that is right for all values.

    Not where a value may be that of nearly all tasks, and another one that of few: a plan that knows neither reads all.
    """
    keys = (*sorts, Sort("number", descending=sorts[-1].descending if sorts else False))
    columns = [name for name in COLUMNS if getattr(wanted, name) is not None]
    if keys[0].key == "modified" and any(bounds_of_change(wanted)):
        return False  # PostgreSQL would sort all within bounds that it doesn't know
    return leads_walk(keys) and not (columns or wanted.contacts is not None or wanted.words or asks_more(wanted))


def asks_more(wanted: TaskFilter) -> bool:
    """Whether it has conditions that find few tasks whatever their values are, or that stand in parts."""
    always = (wanted.extensions, wanted.entity, wanted.contact_or_persons_of, wanted.in_review, wanted.any_of)
    return (
        any(always)
        or wanted.is_few
        or wanted.has_escalations
        or wanted.where is not None
        or bool(wanted.all_of)
        or wanted.kind not in (None, "work")
        or wanted.or_no_category
    )


def _of_columns(tenant: int, wanted: TaskFilter) -> dict[str, "sa.Select[Any]"]:
    own = sa.select(T.number).where(T.tenant == tenant)
    found: dict[str, sa.Select[Any]] = {}
    for name in COLUMNS:
        if (value := getattr(wanted, name)) is not None:
            found[name] = own.where(few_have(T[name], value))
    if wanted.contacts is not None:
        found["contacts"] = own.where(T.contact.in_(wanted.contacts))
    if wanted.assignee is not None or wanted.unassigned:
        states = set(wanted.states) or (OPEN if wanted.is_open or wanted.is_overdue else ())
        states = ENDED if wanted.is_open is False and not wanted.states else states
        of_states = [T.state.in_(sorted(states))] if states else []
        is_his = T.assignee.is_(None) if wanted.assignee is None else few_have(T.assignee, wanted.assignee)
        found["assignee"] = own.where(is_his, *of_states)
    return found


def _of_ranges(tenant: int, wanted: TaskFilter, first: str | None) -> dict[str, "sa.Select[Any]"]:
    own = sa.select(T.number).where(T.tenant == tenant)
    found: dict[str, sa.Select[Any]] = {}
    if first != DUE and (of_due := of_ranges(wanted, DUE)):
        found[DUE] = own.where(*of_due)
    if first != CREATED and (of_creation := of_ranges(wanted, CREATED)):
        found[CREATED] = own.where(*of_creation)
    return found


class Look(NamedTuple):
    """The counts of `leads` as one row, and their names; without names nothing need be asked."""

    ask: Ask | None
    names: tuple[str, ...]


@lru_cache(REMEMBERED)
def look_of(dialect: sa.Dialect, tenant: int, wanted: TaskFilter, keys: tuple[Sort, ...]) -> Look | None:
    """How to look; None where the way is known."""
    looked = leads(tenant, wanted, keys)
    if looked is None:
        return None
    if not looked:
        return Look(None, ())
    counts: list[Any] = []
    for place, (name, found) in enumerate(looked.items()):
        first = found.limit(sa.literal_column(str(MOST_NAMED if name == NAMED else MOST))).subquery()
        counts.append(sa.select(sa.func.count()).select_from(first).scalar_subquery().label(f"look_{place}"))
    every = sa.select(sa.func.coalesce(sa.func.max(T.number), sa.literal_column("0"))).where(T.tenant == tenant)
    return Look(as_ask(dialect, sa.select(*counts, every.scalar_subquery().label("every"))), (*looked, ALL))


def chosen(wanted: TaskFilter, keys: Sequence[Sort], counted: Mapping[str, int]) -> TaskFilter:
    """The filter with the way that these counts lead to."""
    leads = {name: count for name, count in counted.items() if name != ALL}
    is_led = bool(keys) and leads_walk(keys, on_sqlite=not wanted.lateral)
    if not leads:
        return replace(wanted, few=False) if is_led else wanted
    name, count = min(leads.items(), key=lambda item: item[1])
    rarest = min(wanted.words, key=lambda word: counted[WORD + word], default="")
    most = MOST_NAMED if name == NAMED else MOST
    if not keys:
        if count >= MOST and NAMED in leads:  # both are beyond their bounds: what names the reader finds fewer
            name, count, most = NAMED, leads[NAMED], MOST_NAMED
        is_sample = count >= most and (name == NAMED or name.startswith(WORD))
        few = True if count < most else None
        return replace(wanted, few=few, asked_first=rarest, named=name == NAMED, sample=SAMPLE if is_sample else 0)
    if not is_led:
        return replace(wanted, few=True, asked_first=rarest, named=name == NAMED and count < most)
    if count < most and count * count < DENSE * counted[ALL]:
        return replace(wanted, few=True, asked_first=name.removeprefix(WORD), named=name == NAMED)
    return replace(wanted, few=False)


@lru_cache(REMEMBERED)
def spelling_of(dialect: sa.Dialect, tenant: int, beginning: str) -> Ask:
    """The words that begin so, one more than `SPELLED` at most: each is found behind the one before it."""
    word, last = tables.task_word.c, beginning + "\U0010ffff"
    mine = sa.select(sa.func.min(word.word)).where(word.tenant == tenant, word.word < last)
    words = sa.select(mine.where(word.word >= beginning).scalar_subquery().label("word")).cte("words", recursive=True)
    behind = mine.where(word.word > words.c.word).scalar_subquery()
    words = words.union_all(sa.select(behind).where(words.c.word.is_not(None)))
    found = sa.select(words.c.word).where(words.c.word.is_not(None)).limit(sa.literal_column(str(SPELLED + 1)))
    return as_ask(dialect, found)


def padded(words: Sequence[str]) -> tuple[str, ...]:
    """These words in one of few lengths, so that there are few texts; none where they are too many."""
    if not words or len(words) > SPELLED:
        return ()
    length = 1 << (len(words) - 1).bit_length()
    return (*words, *[words[-1]] * (length - len(words)))
