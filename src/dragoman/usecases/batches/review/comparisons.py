"""What was reviewed, compared with what an entry finds at the run, before anything is written.

What the batch itself wrote since is left out: history names the batch as the cause.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dragoman.domain import bulk_failures
from dragoman.domain.bulk import Batch, Effect, Method, OnChange, Preview
from dragoman.domain.errors import Conflict, Expected
from dragoman.domain.pointers import are_related, escaped
from dragoman.store.repositories.batch_previews import Seen
from dragoman.usecases.batches.review import images
from dragoman.usecases.batches.review.differences import between, pointer_of
from dragoman.usecases.batches.types.resource_types import Found, ResourceType
from dragoman.usecases.uow import UnitOfWork

FEW = 100
"""How many changes of others are looked at to name members."""
DONE = frozenset({Effect.WILL_CHANGE, Effect.NO_OP})
"""What the preview shows as done."""

_changes_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_document_of = msgspec.json.Decoder().decode


class Refused(Conflict):
    """An entry is refused with this failure (JSON text)."""

    def __init__(self, failure: str) -> None:
        super().__init__("entry_refused", "The entry was refused.", failure=failure)
        self.failure = failure


def refusal(error: Expected) -> str:
    """The failure of an entry that raised this."""
    return error.failure if isinstance(error, Refused) else bulk_failures.refused(error)


class Reviewed:
    """The rows of the preview for one slice. `rows` is empty where nothing is compared."""

    def __init__(self, batch: Batch, type_: ResourceType, rows: Mapping[int, Seen]) -> None:
        self._batch = batch
        self._type = type_
        self._entity = type_.entity or ""
        self._rows = rows

    @classmethod
    def of(cls, uow: UnitOfWork, batch: Batch, type_: ResourceType, entries: range) -> "Reviewed":
        """Nothing is compared without a preview, and with `proceed`."""
        if batch.summary is None or batch.on_change is OnChange.PROCEED:
            return cls(batch, type_, {})
        return cls(batch, type_, uow.previews.seen(batch.number, first=entries.start, stop=entries.stop))

    def must_be_found(self, index: int, match: Found) -> None:
        """Refused if the entry finds another object than the one of the preview, or none, or several."""
        row = self._rows.get(index)
        if row is not None and row.effect in DONE and row.number != match.number:
            raise self._changed()

    def must_be_unchanged(self, part: UnitOfWork, index: int, before: Any, text: Callable[[], bytes]) -> None:
        """Refused if somebody else changed the object since; with `merge` only if a member that the entry writes is
        another than before."""
        row = self._rows.get(index)
        if row is None or row.effect not in DONE:
            return
        if row.version is not None and str(before.revision) == row.version:
            return
        changes = self._by_others(part, before, row.version)
        if not changes:
            return
        shown = part.previews.page(self._batch.number, first=index, limit=1)[0]
        differing = self._differing(shown, before)
        if self._batch.on_change is OnChange.MERGE and self._batch.method is Method.PATCH:
            written = [*_written(text()), *msgspec.json.decode(shown.changed or "[]", type=list[str])]
            differing = [each for each in differing if any(are_related(each, pointer) for pointer in written)]
            if not differing:
                return
        raise self._changed(differing or named(self._entity, changes))

    def must_have_been_shown(self, part: UnitOfWork, index: int, before: Any) -> None:
        """Refused if the preview showed that the entry can't be done, after it was done."""
        row = self._rows.get(index)
        if row is None or row.effect in DONE:
            return
        known = before is not None and row.number == before.number and row.version is not None
        changes = self._by_others(part, before, row.version) if known else []
        raise self._changed(named(self._entity, changes))

    def taken(self, index: int, error: Conflict) -> Conflict:
        """The refusal of an object whose natural key was free in the preview and is taken now."""
        row = self._rows.get(index)
        was_free = row is not None and row.effect in DONE and error.code == "already_exists"
        return self._changed() if was_free else error

    def _by_others(self, part: UnitOfWork, before: Any, version: str | None) -> list[str]:
        """The changes since the preview that the batch did not make."""
        number, batch = before.number, self._batch.number
        versions = [version] if version is not None else part.previews.versions(batch, number)
        since = min((int(each) for each in versions), default=0)
        return part.history.by_others(self._entity, number, after=since, cause=batch, limit=FEW)

    def _differing(self, row: Preview, now: Any) -> list[str]:
        """Pointers of the members that are not as they were shown before the entry."""
        before = images.before(self._entity, row)
        return sorted(pointer for pointer, _, _ in between(before, now, now.__struct_fields__))

    def _changed(self, pointers: "list[str] | tuple[str, ...]" = ()) -> Refused:
        """With a Problem for each of these members, or for the key of the entry."""
        key = self._batch.field or self._type.natural_key
        fields = [pointer.removeprefix("/") for pointer in pointers] or [key]
        return Refused(bulk_failures.changed_since_review(fields))


def _written(text: bytes) -> list[str]:
    """The members that a merge patch writes, each as deep as it has objects."""
    return list(_leaves(_document_of(text), ""))


def _leaves(value: Any, above: str) -> list[str]:
    if not isinstance(value, dict) or (above and not value):
        return [above]
    return [leaf for name, each in value.items() for leaf in _leaves(each, f"{above}/{escaped(name)}")]


def named(entity: str, changes: list[str]) -> list[str]:
    """The members that rows of history name, as far as the object's document shows them."""
    names = dict.fromkeys(name for text in changes for name in _changes_of(text))
    return list(dict.fromkeys(pointer for name in names if (pointer := pointer_of(entity, name)) is not None))
