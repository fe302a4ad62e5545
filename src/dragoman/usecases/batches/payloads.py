"""The entries and data of a batch, parsed once for each run."""

import msgspec

from dragoman.command import Keys, Lock, Ref
from dragoman.domain import bulk_failures
from dragoman.domain.bulk import Method
from dragoman.usecases.uow import UnitOfWork

_entries_of = msgspec.json.Decoder(list[str | int]).decode
_items_of = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Content(msgspec.Struct, frozen=True):
    """The entries of a batch and their data: one text for all entries, or one for each."""

    entries: list[str | int] | None
    texts: list[msgspec.Raw]

    def text(self, index: int) -> bytes:
        """The data of an entry as JSON text."""
        return bytes(self.texts[index if len(self.texts) > 1 else 0])

    def key(self, index: int, field: str | None, natural: str) -> str:
        """The key of an entry in a failure: JSON text."""
        if self.entries is None:
            return bulk_failures.key_of_content(natural, self.text(index))
        return bulk_failures.key_of_entry(field or "", self.entries[index])


class Load(msgspec.Struct, frozen=True):
    """Read the entries and data of a batch."""

    batch: Ref

    def keys(self) -> Keys:
        return Keys().also("batch", [self.batch], Lock.NONE)


def load(uow: UnitOfWork, command: Load) -> Content | None:
    """None if the batch is deleted. For readers."""
    batch = uow.batches.find(command.batch)
    payload = None if batch is None else uow.payloads.find(batch.uid)
    if batch is None or payload is None:
        return None
    entries = None if batch.method is Method.POST else _entries_of(payload.entries or "[]")
    return Content(entries, [] if batch.method is Method.DELETE else _texts(payload.data or "{}"))


def _texts(data: str) -> list[msgspec.Raw]:
    """One object, or an array of one, applies to every entry; a longer array is paired by position."""
    if data.lstrip().startswith("["):
        return _items_of(data)
    return [msgspec.Raw(data.encode())]
