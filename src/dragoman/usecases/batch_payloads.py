"""What a batch was sent with, as its runs read it: taken apart once in a process, since it never changes."""

from collections import OrderedDict
from threading import Lock as Guard

import msgspec

from dragoman.domain import batch_report
from dragoman.domain.batch import Batch, Method
from dragoman.usecases.keys import Keys, Lock, Ref
from dragoman.usecases.uow import UnitOfWork

KEPT = 4
"""So many stay in memory: one of 100,000 entries takes some ten megabytes."""

_entries_of = msgspec.json.Decoder(list[str | int]).decode
_items_of = msgspec.json.Decoder(list[msgspec.Raw]).decode

_kept: "OrderedDict[tuple[int, str], Content]" = OrderedDict()
_guard = Guard()


class Content(msgspec.Struct, frozen=True):
    """The entries of a batch and what is sent for each: one text for all of them, or one for each."""

    entries: list[str | int] | None
    texts: list[msgspec.Raw]

    def text(self, index: int) -> bytes:
        """What was sent for an entry, as JSON text."""
        return bytes(self.texts[index if len(self.texts) > 1 else 0])

    def key(self, index: int, field: str | None, natural: str) -> str:
        """What names the entry in a report: JSON text."""
        if self.entries is None:
            return batch_report.key_of_content(natural, self.text(index))
        return batch_report.key_of_entry(field or "", self.entries[index])


class Load(msgspec.Struct, frozen=True):
    """Read what a batch was sent with."""

    batch: Ref

    def keys(self) -> Keys:
        return Keys().also("batch", [self.batch], Lock.NONE)


def load(uow: UnitOfWork, command: Load) -> Content | None:
    """None when the batch is gone. For readers."""
    batch = uow.batches.find(command.batch)
    if batch is None:
        return None
    ref = (batch.tenant, batch.uid)
    with _guard:
        known = _kept.get(ref)
        if known is not None:
            _kept.move_to_end(ref)
            return known
    content = _taken_apart(uow, batch)
    if content is not None:
        _keep(ref, content)
    return content


def _taken_apart(uow: UnitOfWork, batch: Batch) -> Content | None:
    payload = uow.payloads.find(batch.uid)
    if payload is None:
        return None
    entries = None if batch.method is Method.POST else _entries_of(payload.entries or "[]")
    return Content(entries, [] if batch.method is Method.DELETE else _texts(payload.data or "{}"))


def _texts(data: str) -> list[msgspec.Raw]:
    """One object is for every entry, and so is an array of one; a longer array is paired by position."""
    if data.lstrip().startswith("["):
        return _items_of(data)
    return [msgspec.Raw(data.encode())]


def _keep(ref: tuple[int, str], content: Content) -> None:
    with _guard:
        _kept[ref] = content
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
