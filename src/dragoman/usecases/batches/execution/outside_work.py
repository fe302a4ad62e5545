"""What a job does for one entry of an outside type between two transactions: the entry, and what was known of it."""

from hashlib import blake2b
from typing import Any

import msgspec

from dragoman.domain import bulk_failures, json_numbers
from dragoman.domain.bulk import Effect, Method, OnChange, OnConflict, Preview
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.merge_patch import merged_value
from dragoman.domain.pointers import differing


class Work(msgspec.Struct, frozen=True):
    """One entry. `row` is what the preview showed, unless nothing is compared with it; `was_tried`: an earlier run may
    have sent the request and lost the reply."""

    batch: str
    index: int
    method: Method
    type: str
    field: str = ""
    value: str = ""
    data: bytes = b"{}"
    on_change: OnChange = OnChange.FAIL
    row: Preview | None = None
    was_tried: bool = False
    is_kept: bool = False  # whether the object before and after is stored, for an undo
    back: str | None = None  # of an undo: what the other batch changed, as JSON text
    on_conflict: OnConflict = OnConflict.FAIL

    def content(self) -> dict[str, Any] | None:
        """The data of the entry; None if it is no object."""
        content = json_numbers.decode(self.data)
        return content if isinstance(content, dict) else None


class Found(msgspec.Struct, frozen=True):
    """What the preview found: how many objects, and the one if it is one. `failure` is JSON text; `key` is the one that
    finds an object in the way of another that is to be made again."""

    objects: int = 0
    id: str | None = None
    etag: str | None = None
    document: Any = None
    failure: str | None = None
    key: str | None = None


class Touched(msgspec.Struct, frozen=True):
    """What entries before this one made of an object; without a document they deleted it."""

    document: Any = None


def row_of(work: Work, found: Found, touched: Touched | None = None) -> Preview:
    """The row of the preview for what was found."""
    content = work.content() if work.method is not Method.DELETE else {}
    if content is None:
        return Preview(work.index, Effect.INVALID, error=not_an_object())
    if work.method is Method.POST:
        return _created(work, content)
    row = row_without_object(work, found, touched)
    if row is not None:
        return row
    before = found.document if touched is None else touched.document
    after = merged_value(before, content) if work.method is Method.PATCH else None
    changed = [] if after is None else differing(before, after)
    is_no_op = work.method is Method.PATCH and not changed
    return Preview(
        work.index,
        Effect.NO_OP if is_no_op else Effect.WILL_CHANGE,
        object=found.id,
        number=number_of(found.id or ""),
        version=None if touched is not None else found.etag,
        before=text_of(before),
        after=None if is_no_op else text_of(after),
        changed=text_of(changed),
    )


def row_without_object(work: Work, found: Found, touched: Touched | None) -> Preview | None:
    """The row of an entry that finds no single object; None if it finds one."""
    if found.failure is not None:
        return Preview(work.index, Effect.INVALID, error=found.failure)
    if found.objects == 0 or (touched is not None and touched.document is None):
        return Preview(work.index, Effect.MISSING, error=bulk_failures.not_found(work.type, work.field))
    if found.objects > 1:
        return Preview(work.index, Effect.AMBIGUOUS, error=bulk_failures.ambiguous(work.field, found.objects))
    return None


def left_by(row: Preview) -> Touched | None:
    """What a row left of its object; None if it did nothing to it."""
    if row.effect is Effect.WILL_CHANGE:
        return Touched(value_of(row.after))
    is_untouched = row.effect is not Effect.NO_OP or row.version is not None
    return None if is_untouched else Touched(value_of(row.before))


def _created(work: Work, content: dict[str, Any]) -> Preview:
    after = merged_value({}, content)
    changed = text_of(differing({}, after))
    return Preview(work.index, Effect.WILL_CHANGE, after=text_of(after), changed=changed)


def number_of(id_: str) -> int:
    """A number for the id of an outside object, by which rows about it are found. Others may have it, too."""
    return int.from_bytes(blake2b(id_.encode(), digest_size=8).digest(), "big") >> 1


def text_of(value: Any) -> str | None:
    """A JSON value as text; None for None."""
    return None if value is None else json_numbers.encode(value).decode()


def value_of(text: str | None) -> Any:
    """A JSON value from its text."""
    return None if text is None else json_numbers.decode(text)


def not_an_object() -> str:
    """The failure of an entry whose data is no object."""
    problem = Problem("", "type", "must be an object")
    return bulk_failures.refused(Invalid("invalid_body", "must be an object", (problem,)))
