"""The entries of a batch: each is applied whole or not at all, and its failure is recorded.

An entry has the rights of the creator at the time it runs; approvers add none. It is like a command of its own, with
revisions and history in the name of the creator. The preview runs the same code and undoes it (`previewing.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from dragoman.command import Lock
from dragoman.domain import bulk_failures
from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Method, Origin
from dragoman.domain.errors import Conflict, Expected, NotFound
from dragoman.store.unit.overlay import MustBeExclusive, RowKey
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.outcomes.undoing import Undo
from dragoman.usecases.batches.review.comparisons import Reviewed, refusal
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import Found, Patch, ResourceType
from dragoman.usecases.identity import users as people
from dragoman.usecases.uow import Entries, UnitOfWork

OPERATION = "batch.run"
"""The operation that history names for changes of a batch."""


class Result(msgspec.Struct, frozen=True):
    """What became of an entry: its failure (JSON text), or null; and the object, before and after, where it has one."""

    error: str | None = None
    before: Any = None
    after: Any = None
    warning: str | None = None  # what an undo left as it is

    @property
    def subject(self) -> Any:
        """The object, or null."""
        return self.before if self.before is not None else self.after

    @property
    def unchanged(self) -> bool:
        """Whether the entry succeeded and found nothing to do."""
        if self.error is not None or self.before is None or self.after is None:
            return False
        return bool(self.before.revision == self.after.revision)

    @property
    def object(self) -> str | None:
        """The id that the type's paths take."""
        subject = self.subject
        return None if subject is None else str(subject.uid)

    @property
    def number(self) -> int | None:
        """The object's own number."""
        subject = self.subject
        return None if subject is None else int(subject.number)

    @property
    def revision(self) -> int | None:
        """That of the object after the entry; a deleted one has one more than before. Null for a failure."""
        if self.error is not None or self.subject is None:
            return None
        return int(self.before.revision) + 1 if self.after is None else int(self.after.revision)


class EntryRefused(Conflict):
    """An entry with its own transaction was refused. The transaction is rolled back, and the next one records the
    failure."""

    def __init__(self, message: str, result: Result) -> None:
        super().__init__("entry_refused", message)
        self.result = result


def outcomes(uow: UnitOfWork, batch: Batch, content: Content, dialect: str, entries: range) -> list[Result]:
    """What became of each entry.

    Stops early if the next entry needs its own transaction, and behind the failure that is one too many; EntryRefused
    if an entry with its own transaction failed.
    """
    type_ = resource_types.find(batch.type)
    named, refused = creator_of(uow, batch, type_, dialect)
    if named is None or type_ is None:
        left = batch.failures_left()
        return [Result(refused)] * (len(entries) if left is None else min(len(entries), left + 1))
    entries = together(batch, type_, content, entries)
    doing = Doing(named, batch, type_, content, entries)
    doing.reviewed = Reviewed.of(uow, batch, type_, entries)  # after the locks: to take them in order repeats all this
    results: list[Result] = []
    parts, left = named.entries(), batch.failures_left()
    with uow.watch() as touched:
        for index in entries:
            touched.clear()
            try:
                results.append(doing.attempt(parts, index))
            except MustBeExclusive:
                if not results:
                    return [_alone(named, doing, index)]
                break
            if left is not None and results[-1].error is not None:
                left -= 1
            if doing.must_look_again(touched) or (left is not None and left < 0):
                break
    return results


def creator_of(
    uow: UnitOfWork, batch: Batch, type_: ResourceType | None, dialect: str
) -> tuple[UnitOfWork | None, str | None]:
    """The unit of work in the name of the batch's creator, with the present rights; or the failure of all entries."""
    if type_ is None:
        return None, bulk_failures.type_gone(batch.type)
    creator, refused = _creator(uow, batch, type_)
    if creator is None:
        return None, refused
    return uow.in_the_name_of(creator, dialect, OPERATION, cause=batch.number), None


def _creator(uow: UnitOfWork, batch: Batch, type_: ResourceType) -> tuple[Principal | None, str | None]:
    user = None if batch.creator is None else uow.users.find(batch.creator, Lock.SHARED)
    if user is None or user.disabled_at is not None:
        return None, bulk_failures.forbidden("the creator of this task may do nothing any more")
    scopes = None if batch.scopes is None else frozenset(batch.scopes)
    creator = people.acting(uow, user, scopes=scopes)
    wanted = type_.scopes[batch.method]
    if not creator.has_scope(wanted):
        return None, bulk_failures.scope_missing(wanted)
    return creator, None


def together(batch: Batch, type_: ResourceType, content: Content, entries: range) -> range:
    """Those of the entries whose objects may be found at once: the first one alone where it may change which object the
    next one selects."""
    if batch.method is not Method.PATCH or batch.field is None:
        return entries
    words = [msgspec.json.encode(word) for word in (batch.field, *type_.moved_by.get(batch.field, ()))]
    texts = content.texts(entries if content.own is not None else entries[:1])
    changes_key = any(word in texts for word in words)
    return entries[:1] if changes_key else entries


class Doing:
    """Runs the entries of one slice: finds their objects, compares them with what was reviewed, and changes them."""

    def __init__(self, uow: UnitOfWork, batch: Batch, type_: ResourceType, content: Content, entries: range) -> None:
        self._batch, self._type, self._content = batch, type_, content
        self.reviewed = Reviewed(batch, type_, {})  # nothing to compare with
        self._entity = type_.entity
        self._part: UnitOfWork | None = None  # of the last entry, and its objects
        self._objects: Any = None
        self._before: Any = None  # the object of the entry that runs
        self._undo = Undo(uow, batch, type_, content, entries) if batch.origin is Origin.UNDO else None
        if batch.method is Method.POST:
            if self._undo is None:
                self._create = type_.create(uow, [content.text(index) for index in entries])
            return
        values = [str(content.entry(index)) for index in entries]  # a number and its text pick the same object
        self._found = dict(zip(entries, type_.find(uow, batch.field or "", values), strict=True))
        numbers = [match.number for match in self._found.values() if match.number is not None]
        self._change = self._undo or _changing(uow, batch, type_, content, numbers)

    def attempt(self, parts: Entries, index: int) -> Result:
        """What becomes of an entry; a refused one leaves nothing. MustBeExclusive when it needs a set."""
        try:
            return parts.attempt(self, index)
        except Expected as refused:
            return self.failed(refused)

    def failed(self, refused: Expected) -> Result:
        """The result of the entry that raised this."""
        return Result(refusal(refused), before=self._before)

    def __call__(self, part: UnitOfWork, index: int) -> Result:
        """Do one entry. Raises the errors of the object, and Refused."""
        self._before = None
        return self._made(part, index) if self._batch.method is Method.POST else self._picked(part, index)

    def _made(self, part: UnitOfWork, index: int) -> Result:
        there = None if self._undo is None else self._undo.overwritten(part, index)
        if self._undo is not None and there is not None:
            self._before = there
            self.reviewed.must_be_unchanged(part, index, there, lambda: b"{}")
            number = self._undo.overwrite(part, index, there)
            self.reviewed.must_have_been_shown(part, index, there)
            return Result(before=there, after=self._object(part, number))
        try:
            number = self._make(part, index)
        except Conflict as refused:
            raise self.reviewed.taken(index, refused) from refused
        self.reviewed.must_have_been_shown(part, index, None)
        return Result(after=self._object(part, number))

    def _make(self, part: UnitOfWork, index: int) -> int:
        """Store a new object, or a deleted one again; its number."""
        if self._undo is not None:
            return self._undo.bring_back(part, index)
        return self._create(part, self._content.text(index))

    def _picked(self, part: UnitOfWork, index: int) -> Result:
        match = self._found[index]
        before = None if match.number is None else self._object(part, match.number)
        if match.number is None or (before is None and self._entity is not None):
            self.reviewed.must_be_found(index, Found(match.objects))
            return Result(_unmatched(self._type, self._batch.field or "", match))
        self._before = before
        self.reviewed.must_be_found(index, match)
        self.reviewed.must_be_unchanged(part, index, before, lambda: self._content.text(index))
        try:
            self._change(part, index, match.number)
        except NotFound as gone:
            if gone.parameters.get("id") != match.number:
                raise
            self._before = None
            return Result(bulk_failures.not_found(self._type.name, self._batch.field or ""))  # hidden by now
        self.reviewed.must_have_been_shown(part, index, before)
        warning = None if self._undo is None else self._undo.warning
        return Result(before=before, after=self._object(part, match.number), warning=warning)

    def _object(self, part: UnitOfWork, number: int) -> Any:
        if self._entity is None:
            return None
        if part is not self._part:  # most entries of a slice have the same
            self._part, self._objects = part, part.objects(self._entity)
        return self._objects.find(number, Lock.CHANGE)

    def must_look_again(self, touched: set[RowKey]) -> bool:
        """Whether an entry that touched these rows may have changed which objects have the keys of the next ones."""
        if self._batch.method is not Method.DELETE or self._batch.field in (self._type.id_key, self._type.natural_key):
            return False
        return sum(name == self._entity for name, _ in touched) > 1


def _unmatched(type_: ResourceType, field: str, match: Found) -> str:
    if match.objects > 1:
        return bulk_failures.ambiguous(field, match.objects)
    return bulk_failures.not_found(type_.name, field)


def _changing(
    uow: UnitOfWork, batch: Batch, type_: ResourceType, content: Content, numbers: Sequence[int]
) -> Callable[[UnitOfWork, int, int], None]:
    """Applies the method of the batch to the object that an entry selects."""
    if batch.method is Method.DELETE:
        remove = type_.remove if type_.removing is None else type_.removing(uow, numbers)
        return lambda part, index, number: remove(part, number)
    patches: dict[bytes, Patch | Expected] = {}
    shared = content.text(content.first) if content.own is None else None

    def patch(part: UnitOfWork, index: int, number: int) -> None:
        text = shared if shared is not None else content.text(index)
        apply = patches.get(text)
        if apply is None:
            apply = patches[text] = _patch(uow, type_, text)
        if isinstance(apply, Expected):
            raise apply.with_traceback(None)
        apply(part, number)

    return patch


def _patch(uow: UnitOfWork, type_: ResourceType, text: bytes) -> Patch | Expected:
    try:
        return type_.patch(uow, text)
    except Expected as refused:
        return refused


def _alone(uow: UnitOfWork, doing: Doing, index: int) -> Result:
    try:
        return doing(uow, index)
    except Expected as refused:
        raise EntryRefused(refused.message, doing.failed(refused)) from refused
