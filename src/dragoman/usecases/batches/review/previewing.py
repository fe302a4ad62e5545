"""Making previews: the entries of a slice are done as the run does them, in a transaction that is rolled back, and what
became of each is stored by the next one.

A preview goes on at the first entry without a row. Each entry is shown as if those before it had been done.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import bulk_failures, json_numbers
from dragoman.domain.bulk import Batch, Effect, Method, Preview, Status
from dragoman.domain.bulk_failures import FailureCode
from dragoman.domain.bulk_sums import Change
from dragoman.domain.errors import Conflict, Expected
from dragoman.domain.job import Job
from dragoman.domain.pointers import ABSENT, Difference, differences
from dragoman.store.unit.overlay import MustBeExclusive, RowKey
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.execution import entries as batch_entries
from dragoman.usecases.batches.execution import runs as batch_runs
from dragoman.usecases.batches.execution.entries import Doing, Result
from dragoman.usecases.batches.review import earlier, images
from dragoman.usecases.batches.review.differences import between, of_new
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.uow import Entries, UnitOfWork

SLICE_CHARACTERS = 8 * 1024 * 1024
"""A slice ends behind the entry with which its images have more."""

EFFECTS = {
    FailureCode.NOT_FOUND: Effect.MISSING,
    FailureCode.AMBIGUOUS: Effect.AMBIGUOUS,
    FailureCode.FORBIDDEN: Effect.FORBIDDEN,
}
"""The effect of each failure; all others are invalid."""


class Step(StrEnum):
    """What is to be done next for a new batch."""

    OVER = "over"
    SELECT = "select"
    CLEAR = "clear"
    PREVIEW = "preview"
    PREPARE = "prepare"


class Stage(msgspec.Struct, frozen=True):
    """How far the preparation of a batch is. `cursor` is the first entry without a row."""

    step: Step
    cursor: int = 0
    dialect: str = ""


class Begin(msgspec.Struct, frozen=True):
    """Look what a new batch needs."""

    hold: Hold

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def begin(uow: UnitOfWork, command: Begin) -> Stage:
    """Completes the job if the batch is prepared already, or deleted."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.status is not Status.CREATED:
        jobs.complete(uow, job)
        return Stage(Step.OVER)
    return stage_of(uow, batch)


def stage_of(uow: UnitOfWork, batch: Batch) -> Stage:
    """What a batch in `created` needs next."""
    dialect = batch.dialect or uow.dialect
    if batch.selection is not None and batch.field is None:
        return Stage(Step.SELECT, dialect=dialect)
    if not batch.review or batch.previewed >= batch.size:
        return Stage(Step.PREPARE, batch.previewed, dialect)
    is_old = batch.previewed == 0 and uow.previews.has_any(batch.number)
    return Stage(Step.CLEAR if is_old else Step.PREVIEW, batch.previewed, dialect)


class Clear(msgspec.Struct, frozen=True):
    """Delete up to `size` rows of a preview that is made again."""

    hold: Hold
    size: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def clear(uow: UnitOfWork, command: Clear) -> Stage:
    """What is next."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.status is not Status.CREATED:
        jobs.complete(uow, job)
        return Stage(Step.OVER)
    if not batch.previewed:
        uow.previews.forget(batch.number, limit=command.size)
    return stage_of(uow, batch)


class Slice(msgspec.Struct, frozen=True):
    """Try up to `size` entries from `first` on. `members` are what entries before them change, `made` is how many
    objects those make; `touches_others` whether they touch objects beside their own."""

    hold: Hold
    content: Content
    dialect: str
    first: int
    size: int
    members: frozenset[str] = frozenset()
    made: int = 0
    touches_others: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Tried(msgspec.Struct, frozen=True):
    """What became of the entries of a slice: their rows, the changes of each, and rows for other objects."""

    rows: list[Preview] = []
    changes: list[list[Change]] = []
    beside: list[Preview] = []


class SliceTried(Conflict):
    """A slice was tried. Its transaction is rolled back, and the next one stores what was found."""

    def __init__(self, tried: Tried) -> None:
        super().__init__("slice_tried", "The entries were tried.")
        self.tried = tried


def try_slice(uow: UnitOfWork, command: Slice) -> None:
    """Try the entries of a slice. Always raises SliceTried, unless another error is raised."""
    batch = _batch(uow, jobs.held(uow, command.hold))
    if batch is None or batch.status is not Status.CREATED or batch.previewed != command.first:
        raise SliceTried(Tried())
    stop = min(command.first + command.size, command.content.stop)
    raise SliceTried(tried(uow, batch, command, range(command.first, stop)))


def tried(uow: UnitOfWork, batch: Batch, command: Slice, entries: range) -> Tried:
    """What would become of these entries. The transaction must be rolled back afterwards."""
    type_ = resource_types.find(batch.type)
    named, refused = batch_entries.creator_of(uow, batch, type_, command.dialect)
    if named is None or type_ is None or type_.entity is None:
        rows = [refused_row(index, refused) for index in entries]
        return Tried(rows, [[] for _ in rows])
    return _Trial(named, batch, type_, type_.entity, command).run(entries)


class Images(NamedTuple):
    """Of a row: the images before and after, the pointers of what changed, and the number of a new object."""

    before: str | None
    after: str | None
    changed: str | None
    number: int | None = None


NO_IMAGES = Images(None, None, None)


class _Trial:
    """Tries the entries of one slice, and collects their rows."""

    def __init__(self, uow: UnitOfWork, batch: Batch, type_: ResourceType, entity: str, command: Slice) -> None:
        self._uow, self._batch, self._type, self._entity = uow, batch, type_, entity
        self._content, self._command = command.content, command
        self._objects = uow.objects(entity)
        self._rows: list[Preview] = []
        self._changes: list[list[Change]] = []
        self._touched: set[int] = set()  # objects that entries before touched: of this slice
        self._left: set[int] = set()  # of earlier ones
        self._own: dict[int, Any] = {}  # objects as the last row of an entry has them
        self._based: set[int] = set()  # objects of which a row of this slice names the version
        self._has_all = command.first == 0
        self._is_over = False
        self._characters = 0
        self._stored = uow.try_only(entity, self._earlier, command.made)

    def run(self, entries: range) -> Tried:
        """Try them in order. Ends early behind many images, and behind an entry that can't be undone by itself."""
        self._put(entries)
        index, span = entries.start, len(entries)
        with self._uow.watch() as touched:
            while index < entries.stop and not self._is_over:
                done = self._run_some(range(index, min(index + span, entries.stop)), touched)
                span = max(2 * done, 1)
                index += done
        return Tried(self._rows, self._changes, self._beside(index - 1))

    def _earlier(self, numbers: Sequence[int]) -> dict[int, Any]:
        """What earlier slices made of these objects."""
        if self._command.first == 0:
            return {}
        found = earlier.left(self._uow, self._batch, self._type, numbers, with_others=self._command.touches_others)
        self._left.update(found)
        return found

    def _put(self, entries: range) -> None:
        """Let the tables hold what conditions of these entries must find."""
        if self._command.first == 0:
            return
        if self._batch.method is Method.POST:
            contents = [self._content.text(index) for index in entries]
            earlier.load_named(self._uow, self._batch, self._type, contents)
            return
        field = self._batch.field or ""
        moving = {field, self._type.natural_key, "parent", *self._type.moved_by.get(field, ())}
        has_condition = field not in (self._type.id_key, self._type.natural_key)
        if not moving.isdisjoint(self._command.members) or (has_condition and self._command.touches_others):
            self._put_all()

    def _put_all(self) -> None:
        if not self._has_all:
            self._has_all = True
            earlier.load_all(self._uow, self._batch, self._type)

    def _run_some(self, entries: range, touched: set[RowKey]) -> int:
        """Try entries whose objects are found at once; how many were tried."""
        entries = batch_entries.together(self._batch, self._type, self._content, entries)
        doing = Doing(self._uow, self._batch, self._type, self._content, entries)
        parts = self._uow.entries()
        touched.clear()
        for index in entries:
            is_alone, result = self._attempt(parts, doing, index, touched)
            must_look_again = is_alone or doing.must_look_again(touched)
            self._add(index, result)
            self._touch(touched)
            if self._is_over or must_look_again:
                return index - entries.start + 1
        return len(entries)

    def _attempt(self, parts: Entries, doing: Doing, index: int, touched: set[RowKey]) -> tuple[bool, Result]:
        """Whether the entry needed the transaction to itself, and its result."""
        try:
            return False, doing.attempt(parts, index)
        except MustBeExclusive:
            self._put_all()
        try:
            result = doing(self._uow, index)
        except Expected as refused:
            self._uow.clear()
            self._is_over = bool(touched)  # what it wrote before it was refused stays until the transaction ends
            touched.clear()
            return True, doing.failed(refused)
        self._uow.close()
        return True, result

    def _touch(self, touched: set[RowKey]) -> None:
        for name, key in touched:
            if name == self._entity and isinstance(key, int):
                self._touched.add(key)
        touched.clear()

    def _add(self, index: int, result: Result) -> None:
        """Add the row of an entry."""
        before, changes = result.before, list[Change]()
        is_first = before is not None and self._stored.get(before.number) == before.revision
        if is_first:
            self._based.add(before.number)
        images_, changes = (NO_IMAGES, changes) if result.error is not None else self._images(result)
        if result.error is None:
            self._own[result.number or 0] = result.after
        row = Preview(
            index,
            _effect(result),
            None if before is None else before.uid,
            images_.number if before is None else before.number,
            str(before.revision) if is_first else None,
            images_.before,
            images_.after,
            images_.changed,
            result.error,
            result.warning,
        )
        self._rows.append(row)
        self._changes.append(changes)
        self._characters += len(row.before or "") + len(row.after or "")
        self._is_over = self._is_over or self._characters > SLICE_CHARACTERS

    def _images(self, result: Result) -> tuple["Images", list[Change]]:
        """The images of what was done, and its changes."""
        before, after = result.before, result.after
        if before is None:
            found = _texts(of_new(after))
            natural = None if self._type.naturals is None else after.natural
            number = after.number if natural is None else earlier.hashed(natural)
            return Images(None, images.whole(after), _pointers(found), number), found
        image = images.whole(before)
        if after is None or before.revision == after.revision:
            return Images(image, None, "[]"), []
        names = tuple(self._objects.mapping.differing(before, after))
        found = _texts(between(before, after, names))
        changed = images.of_fields(after, [name for name in names if name not in STORED])
        return Images(image, changed, _pointers(found)), found

    def _beside(self, last: int) -> list[Preview]:
        """The rows for objects that entries up to `last` touched beside their own."""
        others = []
        for number in sorted(self._touched):
            now = self._objects.find(number)
            has_base = number in self._based or number in self._left
            if not has_base or number not in self._own or not _is_same(self._own[number], now):
                others.append((number, self._stored.get(number), now))
        return earlier.rows_beside(last, others)


STORED = frozenset({"row_version", "head_hash"})
"""Fields that the store sets."""


def _is_same(one: Any, other: Any) -> bool:
    if one is other or one is None or other is None:
        return one is other
    return bool(one == replace(other, row_version=one.row_version, head_hash=one.head_hash))


def _effect(result: Result) -> Effect:
    if result.error is None:
        return Effect.NO_OP if result.unchanged else Effect.WILL_CHANGE
    effect = EFFECTS.get(FailureCode(bulk_failures.code_of(result.error)), Effect.INVALID)
    return Effect.INVALID if effect is Effect.MISSING and result.before is not None else effect


def changes_between(before: Any, after: Any) -> list[Change]:
    """What differs between two documents of an outside type; none if there is one alone behind."""
    return [] if after is None else _texts(differences({} if before is None else before, after))


def refused_row(index: int, failure: str | None) -> Preview:
    """The row of an entry that nothing is known of but its failure."""
    return Preview(index, _effect(Result(failure)), error=failure)


def _texts(found: Iterable[Difference]) -> list[Change]:
    """Differences with values as JSON texts, sorted."""
    return sorted([(pointer, _text(old), _text(new)) for pointer, old, new in found])


def _text(value: Any) -> str | None:
    return None if value is None or value is ABSENT else json_numbers.encode(value).decode()


def _pointers(changes: Sequence[Change]) -> str:
    return msgspec.json.encode([pointer for pointer, _, _ in changes]).decode()


class Store(msgspec.Struct, frozen=True):
    """Store the rows of the entries from `first` on, and those beside them."""

    hold: Hold
    first: int
    rows: list[Preview]
    beside: list[Preview] = []

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def store(uow: UnitOfWork, command: Store) -> Stage:
    """What is next. Stores nothing for a batch whose preview is at another entry."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.status is not Status.CREATED:
        jobs.complete(uow, job)
        return Stage(Step.OVER)
    if batch.previewed == command.first:
        uow.previews.record(batch.number, [*command.rows, *command.beside])
        batch = uow.batches.save(replace(batch, previewed=command.first + len(command.rows)))
        if batch_runs.begun_anew(uow, job, batch):
            return Stage(Step.OVER)
    return stage_of(uow, batch)


class Count(msgspec.Struct, frozen=True):
    """Read the changes of up to `limit` stored rows from `first` on."""

    batch: int
    first: int
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def count(uow: UnitOfWork, command: Count) -> Tried:
    """The rows without images, and the changes of each. For readers."""
    batch = uow.batches.find(command.batch)
    type_ = None if batch is None else resource_types.find(batch.type)
    rows = uow.previews.page(command.batch, first=command.first, limit=command.limit, max_bytes=SLICE_CHARACTERS)
    changes = [_changes_of(None if type_ is None else type_.entity, row) for row in rows]
    others = uow.previews.has_beside(command.batch)
    return Tried([replace(row, before=None, after=None) for row in rows], changes, rows[:1] if others else [])


def _changes_of(entity: str | None, row: Preview) -> list[Change]:
    if row.after is None or row.effect is not Effect.WILL_CHANGE:
        return []
    if entity is None:
        return changes_between(
            *(None if text is None else json_numbers.decode(text) for text in (row.before, row.after))
        )
    before, after = images.before(entity, row), images.after(entity, row)
    return _texts(of_new(after) if before is None else between(before, after, after.__struct_fields__))


def _batch(uow: UnitOfWork, job: Job) -> Batch | None:
    return None if job.subject is None else uow.batches.find(job.subject, Lock.CHANGE)
