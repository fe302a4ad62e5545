"""One batch with all that people read who decide it, watch it or look at what became of it, in one transaction.

The number of statements doesn't depend on the size of the batch.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain import failure_groups, json_numbers
from dragoman.domain.bulk import Batch, ChangeGroup, Effect, FailureGroup, Status
from dragoman.domain.clock import Moment
from dragoman.store.repositories.batch_filters import BatchFilter, Condition
from dragoman.store.repositories.names import Named
from dragoman.usecases.batches import documents, rows, standing
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.outcomes import results
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.batches.review import previews, review_entries
from dragoman.usecases.batches.review.review_entries import Entry, Wanted
from dragoman.usecases.batches.standing import Standing
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.uow import UnitOfWork

MOST_MOVED = 100
SHOWN_FAILURES = 20
STORY = 100
WITH_RESULTS = frozenset({Status.CANARY_REVIEW, Status.PAUSED, Status.COMPLETED, Status.STOPPED})
FACTS = "extras.batch"
NAMED = {"/assignee": "user", "/category": "category"}
"""Members whose values have names: what they are of."""
Titles = Mapping[Named, str]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Look at a batch: at the entries of its preview while it is reviewed, at its results afterwards, from the index
    `first` on. `field` with `before` and `after` (as a page shows them) names a group of equal changes."""

    batch: Ref
    first: int = 0
    limit: int = 100
    effects: tuple[Effect, ...] = ()
    field: str | None = None
    before: str | None = None
    after: str | None = None
    find: str = ""
    outcomes: frozenset[Became] = frozenset()
    codes: tuple[str, ...] = ()
    with_preview: bool = False  # also once it is decided

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Group(NamedTuple):
    """Equal changes together: as stored, and with the values that the document shows."""

    stored: ChangeGroup
    before: Any
    after: Any
    shows_before: bool = True  # the principal may know its old value


class Failed(NamedTuple):
    """Equal failures together, and the first entries with their indexes."""

    group: FailureGroup
    examples: tuple[tuple[int, str | int | None], ...]


class Result(msgspec.Struct, frozen=True):
    """What became of an entry."""

    index: int
    entry: str | int | None
    outcome: Became
    is_unchanged: bool
    object: str | None
    number: int | None
    name: str | None
    error: dict[str, Any] | None


class Event(msgspec.Struct, frozen=True):
    """A change of the batch: its status, an act, a decision, options."""

    at: Moment
    by: str | None  # the name; None for the server
    facts: dict[str, Any]


class Overview(msgspec.Struct, frozen=True):
    """The batch as it is now. What doesn't belong to its status is empty."""

    batch: Batch
    at: Moment
    images_until: Moment | None
    creator: str | None
    names: dict[str, str]  # of users who decided, by id
    standing: Standing
    groups: list[Group]
    moved: tuple[int, bool] | None
    entries: list[Entry]
    results: list[Result]
    next: int | None
    failures: list[Failed]
    other_failures: int
    story: list[Event]
    repeats: list[int]  # numbers of the batches that were made from it
    titles: Titles  # of the users and categories among the values of groups and entries


def look(uow: UnitOfWork, command: Look) -> Overview:
    """For readers. NotFound for a batch that the principal may not see."""
    shown = documents.shown(uow, batches.get(uow, command.batch))
    batch = shown.batch
    detail = uow.batch_details.find(batch.uid)
    failed, other = ((), 0) if detail is None else failure_groups.shown(detail)
    groups = groups_of(uow, batch)
    page = _entries(uow, shown, command, groups)
    found, following = _results(uow, batch, command)
    texts = _texts(uow, batch, [row[0] for row in found] + [i for g in failed[:SHOWN_FAILURES] for i in g.examples])
    story = _story(uow, batch)
    people = {batch.creator, *(each.by for each in batch.decisions), *(row.actor for row in story)} - {None}
    uow.users.remember(people)
    return Overview(
        batch,
        uow.now,
        shown.images_until,
        rows.name_of(uow, batch.creator),
        {uid: name for uid in people if uid and (name := rows.name_of(uow, uid))},
        standing.of(uow, batch, shown.images_until),
        groups,
        _moved(uow, batch),
        page.entries,
        _named(uow, batch, found, texts),
        page.next if page.entries or page.next is not None else following,
        [Failed(g, tuple((index, texts.get(index)) for index in g.examples)) for g in failed[:SHOWN_FAILURES]],
        other + sum(group.count for group in failed[SHOWN_FAILURES:]),
        [Event(row.at, rows.name_of(uow, row.actor) or _login(row), facts) for row in story if (facts := _facts(row))],
        _repeats(uow, batch),
        _titles(uow, groups, page.entries),
    )


def _titles(uow: UnitOfWork, groups: Sequence[Group], entries: Sequence[Entry]) -> dict[Named, str]:
    wanted: dict[str, set[str | int]] = {kind: set() for kind in NAMED.values()}
    values = [(each.stored.pointer, (each.before, each.after)) for each in groups]
    values += [(each.pointer, (each.before, each.after)) for entry in entries for each in entry.differences]
    for pointer, pair in values:
        if pointer in NAMED:
            wanted[NAMED[pointer]].update(value for value in pair if isinstance(value, str | int))
    return uow.names.of(wanted)


def _login(row: Any) -> str | None:
    return None if row.actor is None else str(row.principal)


def groups_of(uow: UnitOfWork, batch: Batch) -> list[Group]:
    """Equal changes together, the largest group first."""
    type_ = resource_types.find(batch.type)
    found = [(each, previews.shown_group(type_, each.group)) for each in previews.readable_groups(uow, batch)]
    return [Group(each.group, shown["before"], shown["after"], each.shows_before) for each, shown in found]


def _moved(uow: UnitOfWork, batch: Batch) -> tuple[int, bool] | None:
    """How many objects changed since the preview, counted to 99."""
    type_ = resource_types.find(batch.type)
    if batch.status is not Status.IN_REVIEW or type_ is None or type_.entity is None:
        return None
    count = uow.previews.moved(batch, type_.entity, limit=MOST_MOVED)
    return min(count, MOST_MOVED - 1), count >= MOST_MOVED


NOTHING = review_entries.Page([], None)


def _entries(uow: UnitOfWork, shown: documents.Shown, command: Look, groups: Sequence[Group]) -> review_entries.Page:
    batch = shown.batch
    is_kept = shown.images_until is None or shown.images_until > uow.now
    is_shown = batch.status is Status.IN_REVIEW or (command.with_preview and batch.status is not Status.CREATED)
    if not is_shown or batch.summary is None or not is_kept:
        return NOTHING
    wanted = Wanted(
        first=command.first,
        limit=command.limit,
        effects=command.effects,
        pointer=command.field,
        group=group_of(groups, command),
        find=command.find,
    )
    return review_entries.page(uow, batch, wanted)


def group_of(groups: Sequence[Group], command: Look) -> ChangeGroup | None:
    """The group that a page asks for; None where it asks for none, or for all changes of a member."""
    if command.field is None or (command.before is None and command.after is None):
        return None
    for group in groups:
        if (
            group.stored.pointer == command.field
            and command.after in (None, text_of(group.after))
            and command.before in (None, text_of(group.before))
        ):
            return group.stored
    return None


def text_of(value: Any) -> str:
    """A value in the address of a page: text as it is, nothing for null, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_numbers.encode(value).decode()


def _results(uow: UnitOfWork, batch: Batch, command: Look) -> tuple[list[results.Outcome_], int | None]:
    """Outcomes, and the index from which the next ones are read."""
    if batch.status not in WITH_RESULTS or command.with_preview:
        return [], None
    read = results.Read(
        batch=batch.number,
        moment=str,
        outcomes=command.outcomes,
        codes=command.codes,
        limit=command.limit,
        after=command.first - 1,
    )
    found = results.outcomes(uow, batch, read)
    return found[: command.limit], found[command.limit][0] if len(found) > command.limit else None


def _texts(uow: UnitOfWork, batch: Batch, indexes: Sequence[int]) -> dict[int, str | int | None]:
    return review_entries.texts(uow, batch, sorted(set(indexes)))


def _named(
    uow: UnitOfWork, batch: Batch, found: Sequence[results.Outcome_], texts: dict[int, str | int | None]
) -> list[Result]:
    type_ = resource_types.find(batch.type)
    objects: dict[str, Any] = {}
    if type_ is not None and type_.entity is not None and type_.sees is not None:
        uids = sorted({row[3] for row in found if row[3] is not None})
        repository = uow.objects(type_.entity)
        if uids:
            repository.load(uids)
        there = [each for uid in uids if (each := repository.find(uid)) is not None]
        seen = type_.sees(uow, there) if there else []
        objects = {each.uid: each for each, is_seen in zip(there, seen, strict=True) if is_seen}
    return [_result(row, texts.get(row[0]), objects.get(row[3] or "")) for row in found]


def _result(row: results.Outcome_, entry: str | int | None, there: Any) -> Result:
    index, error, unchanged, object_, _ = row
    failure = None if error is None else msgspec.json.decode(error)
    became = Became.SUCCESS if failure is None else Became.SKIPPED if failure["code"] == "stopped" else Became.FAILURE
    number = None if there is None else there.number
    return Result(index, entry, became, bool(unchanged), object_, number, review_entries.name_of(there), failure)


def _story(uow: UnitOfWork, batch: Batch) -> list[Any]:
    """Rows of history, the newest first; none where nothing happened but what the batch itself tells."""
    if batch.has_ended or batch.revision <= 2:
        return []
    task = uow.tasks.get(batch.number)
    return uow.history.page("task", batch.number, after=max(1, task.revision - STORY), limit=STORY)[::-1]


def _facts(row: Any) -> dict[str, Any]:
    changes = msgspec.json.decode(row.changes)
    pair = changes.get(FACTS)
    facts: dict[str, Any] = pair[1] if isinstance(pair, list) and isinstance(pair[1], dict) else {}
    return facts


def _repeats(uow: UnitOfWork, batch: Batch) -> list[int]:
    if not batch.has_ended:
        return []
    made = BatchFilter((Condition("origin_batch", "eq", (batch.uid,)),), uow.principal)
    return sorted(uow.batches.numbers(made))[-5:]


class Unusual(msgspec.Struct, frozen=True):
    """Find the entry of a preview that is out of the ordinary: the next one behind an index, or the last one ahead."""

    batch: Ref
    beyond: int
    backwards: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def unusual(uow: UnitOfWork, command: Unusual) -> int | None:
    """Its index; None where there is none. NotFound for a batch that the principal may not see."""
    batch = batches.get(uow, command.batch)
    type_ = resource_types.find(batch.type)
    entity = type_.entity if type_ is not None and batch.status is Status.IN_REVIEW else None
    return uow.previews.unusual(batch.number, entity, beyond=command.beyond, backwards=command.backwards)
