"""Undoing what entries did on another server: what a batch left of an object is compared with what the object is now.

PATCH: the members that the entry changed get their old values. POST makes a deleted object again, DELETE deletes a new
one. What an entry of an undo needs is stored with it, since the other batch may be deleted before the undo runs.
"""

from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from dragoman.domain import bulk_failures, json_numbers
from dragoman.domain.bulk import Effect, Method, OnConflict, Preview
from dragoman.domain.bulk_failures import Detail
from dragoman.domain.pointers import differing, escaped
from dragoman.domain.restoring import Path, at, changed_paths, put
from dragoman.usecases.batches.execution.outside_work import (
    Found,
    Touched,
    Work,
    number_of,
    row_without_object,
    text_of,
    value_of,
)
from dragoman.usecases.batches.outcomes.undoing import CHANGED, EXISTS, LEFT

NOT_STORED = "what the batch changed was not stored"


class Taken(NamedTuple):
    """An entry taken back: the change to send, the object afterwards, why it can't be done (JSON text), and a warning
    about members that are left as they are."""

    content: dict[str, Any]
    after: Any = None
    failure: str | None = None
    warning: str | None = None


# What is stored with an entry


def stored(method: Method, id_: str, image: str | None) -> str | None:
    """What an undo by this method needs of an outcome's image, as JSON text; None if there is no image."""
    images = value_of(image)
    if not isinstance(images, dict):
        return None
    before, after = images.get("before"), images.get("after")
    if method is Method.PATCH:
        members = [_member(before, after, path) for path in changed_paths(before, after)]
        return None if before is None or after is None else text_of({"id": id_, "members": members})
    if method is Method.POST:
        return None if before is None else text_of({"id": id_, "before": before})
    return text_of({"id": id_, "after": after})


def _member(before: Any, after: Any, path: Path) -> dict[str, Any]:
    """A member that changed; a value that isn't there is left out."""
    values = {"before": at(before, path), "after": at(after, path)}
    return {"path": list(path), **{name: value for name, value in values.items() if value is not UNSET}}


def data_of(method: Method, back: str | None) -> msgspec.Raw:
    """The data of an entry of an undo, which tells what it restores."""
    kept = value_of(back) or {}
    if method is Method.POST:
        return msgspec.Raw(json_numbers.encode(kept.get("before", {})))
    change: Any = {}
    for member in kept.get("members", ()):
        change = put(change, tuple(member["path"]), member.get("before"))
    return msgspec.Raw(json_numbers.encode(change))


# The comparison


def taken_back(work: Work, now: Any) -> Taken:
    """What takes an entry back on its object as it is now."""
    kept = value_of(work.back)
    if not isinstance(kept, dict):
        return Taken({}, now, bulk_failures.server_failed(NOT_STORED))
    return _unmade(work, kept, now) if work.method is Method.DELETE else _restored(work, kept["members"], now)


def _unmade(work: Work, kept: dict[str, Any], now: Any) -> Taken:
    if work.on_conflict is OnConflict.OVERWRITE:
        return Taken({})
    left = kept.get("after")
    names = [work.field] if left is None else [pointer.removeprefix("/") for pointer in differing(left, now)]
    return Taken({}, failure=_changed(names) if names else None)


def _restored(work: Work, members: list[dict[str, Any]], now: Any) -> Taken:
    changed: list[str] = []
    after = now
    for member in members:
        path = tuple(member["path"])
        was, present = member.get("before", UNSET), at(now, path)
        is_done = _same(present, was)
        if not _same(present, member.get("after", UNSET)) and not (is_done and work.was_tried):
            changed.append("/".join(map(escaped, path)))
            if work.on_conflict is OnConflict.MERGE:
                continue
        if not is_done:
            after = put(after, path, was)
    if changed and work.on_conflict is OnConflict.FAIL:
        return Taken({}, now, _changed(changed))
    warning = f"{LEFT} {', '.join(sorted(changed))}" if changed and work.on_conflict is OnConflict.MERGE else None
    return Taken(_change(now, after), after, warning=warning)


def _change(now: Any, after: Any) -> dict[str, Any]:
    """The merge patch from one document to another."""
    change: Any = {}
    for path in changed_paths(now, after):
        value = at(after, path)
        change = put(change, path, None if value is UNSET else value)
    return change if isinstance(change, dict) else {}


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same. In a merge patch null and an absent member are."""
    return json_numbers.are_same(None if one is UNSET else one, None if other is UNSET else other)


def _changed(names: list[str]) -> str:
    return bulk_failures.changed_since_batch(*(Detail(CHANGED, field=name) for name in sorted(names)))


# The preview


def row_of(work: Work, found: Found, touched: Touched | None = None) -> Preview:
    """The row of the preview for what an entry of an undo found."""
    if work.method is Method.POST:
        return _row_of_return(work, found)
    row = row_without_object(work, found, touched)
    if row is not None:
        return row
    before = found.document if touched is None else touched.document
    version = None if touched is not None else found.etag
    taken = taken_back(work, before)
    if taken.failure is not None:
        return Preview(work.index, Effect.INVALID, object=found.id, version=version, error=taken.failure)
    is_no_op = work.method is Method.PATCH and not taken.content
    return Preview(
        work.index,
        Effect.NO_OP if is_no_op else Effect.WILL_CHANGE,
        object=found.id,
        number=number_of(found.id or ""),
        version=version,
        before=text_of(before),
        after=None if is_no_op else text_of(taken.after),
        changed=text_of([] if work.method is Method.DELETE else differing(before, taken.after)),
        warning=taken.warning,
    )


def _row_of_return(work: Work, found: Found) -> Preview:
    """The row for a deleted object that is made again."""
    row = Preview(work.index, Effect.INVALID, error=found.failure)
    if found.failure is not None:
        return row
    if value_of(work.back) is None:
        return replace(row, error=bulk_failures.server_failed(NOT_STORED))
    if found.objects and work.on_conflict is not OnConflict.OVERWRITE:
        is_own = found.key == work.field
        detail = Detail(EXISTS if is_own else "is taken", field=found.key, reference=found.id)
        return replace(row, error=bulk_failures.changed_since_batch(detail))
    if found.objects and found.key == work.field:
        before = text_of(found.document)
        return Preview(work.index, Effect.NO_OP, object=found.id, version=found.etag, before=before, changed="[]")
    after = work.content()
    changed = text_of(differing({}, after))
    return Preview(work.index, Effect.WILL_CHANGE, after=text_of(after), changed=changed)
