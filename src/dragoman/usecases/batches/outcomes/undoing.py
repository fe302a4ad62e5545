"""The entries of an undo: what an entry of another batch did to an object is taken back, from the object's history.

PATCH: the members that the entry changed get their old values, directly. POST brings a deleted object back, DELETE
deletes a new one. What was changed since the batch is refused, left as it is, or overwritten.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dragoman.command import Lock
from dragoman.domain import bulk_failures, json_numbers
from dragoman.domain.access import sees_all
from dragoman.domain.bulk import Batch, Method, OnConflict
from dragoman.domain.bulk_failures import Detail
from dragoman.domain.errors import Conflict
from dragoman.domain.pointers import escaped
from dragoman.domain.restoring import Plan, as_deleted, restored, values
from dragoman.store.repositories.history import Change, Tombstone
from dragoman.store.repositories.sight import DECIDING
from dragoman.usecases.along import Companion, Went, along
from dragoman.usecases.batches.content.payloads import Content, Source
from dragoman.usecases.batches.review.comparisons import Refused, named
from dragoman.usecases.batches.types.resource_types import ResourceType, Undoing
from dragoman.usecases.uow import UnitOfWork

CHANGED = "was changed since the batch"
EXISTS = "exists again"
LEFT = "Changed since the batch, left as they are:"
ENDS = re.compile('"(?:state|suspended)":')
"""In changes that parts follow."""
FEW = 100
"""How many later changes are looked at to name members."""


class Undo:
    """Takes back the entries of one slice. What they need is looked up once for all."""

    def __init__(self, uow: UnitOfWork, batch: Batch, type_: ResourceType, content: Content, entries: range) -> None:
        self.warning: str | None = None  # what the last entry left as it is
        self._batch, self._type, self._content = batch, type_, content
        self._entity, self._undoing = type_.entity or "", type_.undoing
        self._how = batch.on_conflict or OnConflict.FAIL
        sources = [content.source(index) for index in entries]
        places = [(source.number, source.revision) for source in sources]
        self._rows = uow.history.rows(self._entity, places)
        numbers = [source.number for source in sources]
        self._tombstones: dict[int, Tombstone] = {}
        self._held: frozenset[int] = frozenset()
        self._along = self._went_along(uow)
        if batch.method is Method.POST and type_.undoing is not None:
            uow.objects(self._entity).load(numbers, Lock.CHANGE)
            self._tombstones = uow.history.tombstones(self._entity, numbers)
            self._add = type_.undoing.adding(uow, [left.snapshot for left in self._tombstones.values()])
        elif batch.method is Method.DELETE and type_.undoing is not None:
            known = {(went.entity, went.number, went.revision) for each in self._along.values() for went in each}
            self._held = frozenset(type_.undoing.held(uow, numbers, known))
            self._remove = type_.remove if type_.removing is None else type_.removing(uow, numbers)

    def _went_along(self, uow: UnitOfWork) -> dict[int, list[Went]]:
        """What the entries changed beside their objects."""
        method, companions = self._batch.method, {} if self._undoing is None else self._undoing.along
        rows = [row for row in self._rows.values() if method is not Method.PATCH or ENDS.search(row.changes)]
        if method is Method.DELETE:
            rows = [row for row in rows if row.revision > 1]  # an undo brought the object back
        return along(uow, self._entity, companions, rows, are_deleted=method is Method.POST)

    def __call__(self, part: UnitOfWork, index: int, number: int) -> None:
        """Take an entry back on the object that it names. Raises the errors of the object, and Refused."""
        source, undoing = self._source(index)
        present = part.objects(self._entity).find(number, Lock.CHANGE)
        if number != source.number or present is None:
            raise Refused(bulk_failures.not_found(self._type.name, self._batch.field or ""))
        if self._batch.method is Method.DELETE:
            self._delete(part, present, source)
        else:
            self._restore(part, undoing, present, source)

    def overwritten(self, part: UnitOfWork, index: int) -> Any:
        """The deleted object of an entry that somebody brought back since, where the undo overwrites it; else None."""
        source, _ = self._source(index)
        there = part.objects(self._entity).find(source.number, Lock.CHANGE)
        if there is None or self._how is not OnConflict.OVERWRITE or self._is_own(part, there):
            return None
        return there

    def overwrite(self, part: UnitOfWork, index: int, there: Any) -> int:
        """Give an object that was brought back what it had when it was deleted; its number."""
        source, undoing = self._source(index)
        found = as_deleted(there, _later(part, self._entity, source), undoing.plan)
        if found.entity != there:
            undoing.save(part, there, found.entity, found.fields)
        for went in self._along.get(source.number, ()):
            self._overwrite_companion(part, went)
        return source.number

    def _overwrite_companion(self, part: UnitOfWork, went: Went) -> None:
        companion, present = self._companion(went), part.objects(went.entity).find(went.number, Lock.CHANGE)
        if present is None:
            self._add_companion(part, went)
            return
        later = part.history.since(went.entity, went.number, after=went.revision)
        found = as_deleted(present, later, companion.plan)
        if found.entity != present:
            companion.save(part, present, found.entity)

    def bring_back(self, part: UnitOfWork, index: int) -> int:
        """Store the deleted object of an entry again; its number."""
        source, undoing = self._source(index)
        there = part.objects(self._entity).find(source.number, Lock.CHANGE)
        left = self._tombstones.get(source.number)
        if there is not None:
            if self._is_own(part, there):  # it came back with its whole
                return source.number
            raise _changed([Detail(EXISTS, field=self._type.id_key, reference=there.uid)])
        if left is None:
            raise Refused(bulk_failures.not_found(self._type.name, self._type.id_key))
        if left.revision != source.revision and self._how is not OnConflict.OVERWRITE:
            raise _changed([Detail(CHANGED, field=self._type.id_key)])
        deleted = _as_deleted(part, self._entity, source, left.again(part.now), undoing.plan, left)
        try:
            self._add(part, deleted)
        except Conflict as refused:
            if refused.code != "already_exists" or self._how is OnConflict.OVERWRITE:
                raise
            field, other = refused.parameters.get("field"), refused.parameters.get("reference")
            detail = Detail(
                refused.message, None if field is None else str(field), None if other is None else str(other)
            )
            raise _changed([detail]) from refused
        for went in self._along.get(source.number, ()):
            if part.objects(went.entity).find(went.number, Lock.CHANGE) is None:
                self._add_companion(part, went)
        return source.number

    def _add_companion(self, part: UnitOfWork, went: Went) -> None:
        if went.left is not None:
            self._companion(went).add(part, went.left.again(part.now))

    def _companion(self, went: Went) -> Companion:
        assert self._undoing is not None  # noqa: S101 - nothing went along otherwise
        return self._undoing.along[went.entity]

    def _source(self, index: int) -> tuple[Source, Undoing]:
        undoing = self._type.undoing
        if undoing is None:
            raise Refused(bulk_failures.type_gone(self._type.name))
        self.warning = None
        return self._content.source(index), undoing

    def _restore(self, part: UnitOfWork, undoing: Undoing, present: Any, source: Source) -> None:
        row = self._rows.get((source.number, source.revision))
        if row is None:
            raise Refused(bulk_failures.server_failed("its history is incomplete"))
        found = restored(present, row.changes, undoing.plan, self._how)
        if found.changed and self._how is OnConflict.FAIL:
            raise _changed([Detail(CHANGED, field=path) for path in found.changed])
        if found.changed and self._how is OnConflict.MERGE:
            self.warning = f"{LEFT} {', '.join(found.changed)}"
        along = self._along.get(source.number, ())
        parts_first = bool(getattr(present, "open_children", 0))  # else they would follow the object by themselves
        if along and parts_first:
            self._restore_along(part, along)
            present = part.objects(self._entity).find(source.number, Lock.CHANGE)
            found = restored(present, row.changes, undoing.plan, self._how)
        if found.entity != present or not _same(found.entity, present):
            undoing.save(part, present, found.entity, found.fields)
        if along and not parts_first:
            self._restore_along(part, along)

    def _restore_along(self, part: UnitOfWork, along: Sequence[Went]) -> None:
        for went in along:
            self._restore_one(part, went)

    def _restore_one(self, part: UnitOfWork, went: Went) -> None:
        """Restore what ended or was suspended with the object, by the same rules."""
        companion = self._companion(went)
        present = part.objects(went.entity).find(went.number, Lock.CHANGE)
        if present is None:
            return
        found = restored(present, went.changes, companion.plan, self._how)
        if found.changed and self._how is OnConflict.FAIL:
            raise _changed([Detail(CHANGED, path, present.uid) for path in found.changed])
        if found.changed and self._how is OnConflict.MERGE:
            names = f"{', '.join(found.changed)} of {present.uid}"
            self.warning = f"{self.warning}; {names}" if self.warning else f"{LEFT} {names}"
        if found.entity != present:
            companion.save(part, present, found.entity)

    def _delete(self, part: UnitOfWork, present: Any, source: Source) -> None:
        if self._how is not OnConflict.OVERWRITE:
            if present.revision != source.revision:
                raise _changed(self._since(part, source))
            if present.number in self._held:
                raise _changed([Detail("others refer to it since the batch", field=self._type.id_key)])
        self._remove(part, present.number)

    def _since(self, part: UnitOfWork, source: Source) -> list[Detail]:
        """The members of its document that others changed behind the batch."""
        texts = part.history.by_others(
            self._entity, source.number, after=source.revision, cause=self._batch.number, limit=FEW
        )
        members = named(self._entity, texts) or [f"/{self._type.id_key}"]
        return [Detail(CHANGED, field=member.removeprefix("/")) for member in members]

    def _is_own(self, part: UnitOfWork, there: Any) -> bool:
        """Whether this undo wrote an object last."""
        last = part.history.rows(self._entity, [(there.number, there.revision)]).get((there.number, there.revision))
        return last is not None and last.cause == self._batch.number


def _same(one: Any, other: Any) -> bool:
    """Whether two states have the same text: values of clients compare as numbers do, and are not."""
    return json_numbers.encode(one) == json_numbers.encode(other)


def _changed(details: Sequence[Detail]) -> Refused:
    return Refused(bulk_failures.changed_since_batch(*details))


# What an undo says that it does


def seen(uow: UnitOfWork, type_: ResourceType, numbers: Sequence[int]) -> frozenset[int]:
    """Those of the objects that the principal may see, also of deleted ones."""
    entity = type_.entity
    if entity not in DECIDING or type_.sees is None or sees_all(uow.principal):
        return frozenset(numbers)
    there = uow.sight.present(entity, numbers)
    there |= uow.sight.past(entity, set(numbers) - there.keys())
    return frozenset(
        number for number, is_seen in zip(there, type_.sees(uow, list(there.values())), strict=True) if is_seen
    )


def data_of(
    uow: UnitOfWork, type_: ResourceType, method: Method, sources: Sequence[Source]
) -> list[msgspec.Raw] | None:
    """The data of each entry of an undo, which tells the values that it restores; None for DELETE."""
    entity, undoing = type_.entity, type_.undoing
    if method is Method.DELETE or entity is None or undoing is None:
        return None
    if method is Method.POST:
        left = uow.history.tombstones(entity, [source.number for source in sources])
        known: dict[int, Any] = {}
        for source in sources:
            gone = left.get(source.number)
            last = uow.objects(entity).find(source.number) if gone is None else gone.snapshot
            if last is not None:
                known[source.number] = _as_deleted(uow, entity, source, last, undoing.plan, gone)
        return [_text(_document(uow, type_, known.get(source.number))) for source in sources]
    rows = uow.history.rows(entity, [(source.number, source.revision) for source in sources])
    return [_text(_members(type_, undoing, rows.get((source.number, source.revision)))) for source in sources]


def _as_deleted(uow: UnitOfWork, entity: str, source: Source, last: Any, plan: Plan, left: Tombstone | None) -> Any:
    """An object as an entry deleted it, from its last state; `left` if it is deleted."""
    if left is not None and left.revision == source.revision:
        return last
    return as_deleted(last, _later(uow, entity, source), plan).entity


def _later(uow: UnitOfWork, entity: str, source: Source) -> list[str]:
    """The changes of an object behind what an entry did."""
    return uow.history.since(entity, source.number, after=source.revision)


def _document(uow: UnitOfWork, type_: ResourceType, deleted: Any) -> Mapping[str, Any]:
    return {} if deleted is None or type_.show is None else type_.show(uow, deleted)


def _members(type_: ResourceType, undoing: Undoing, row: Change | None) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for path, value in () if row is None else values(row.changes, undoing.plan):
        inner = members
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = type_.member("/" + "/".join(map(escaped, path)), value)
    return members


def _text(members: Mapping[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(json_numbers.encode(members))
