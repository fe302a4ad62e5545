"""The entries of a batch on an outside collection: looked up for the preview, and done in the run.

What the preview didn't show is not done: the object that an entry finds now is compared with the one that was seen, by
its ETag, before anything is sent, and by `If-Match` when it is.
"""

from typing import Any

from msgspec.structs import replace

from dragoman.delivery import failures
from dragoman.delivery.collection import Collection, Done, Entry, Seen
from dragoman.delivery.pace import Later
from dragoman.domain import bulk_failures, json_numbers
from dragoman.domain.bulk import Effect, Method, OnChange, Outcome, Preview
from dragoman.domain.bulk_failures import Failure, FailureCode
from dragoman.domain.merge_patch import merged_value
from dragoman.domain.pointers import differing
from dragoman.domain.restoring import at, changed_paths, put
from dragoman.usecases.batches.execution.outside_work import Found, Work, not_an_object, number_of, text_of, value_of
from dragoman.usecases.batches.outcomes import outside_undo

SHOWN = frozenset({Effect.WILL_CHANGE, Effect.NO_OP})


async def look(collection: Collection, work: Work) -> Found:
    """What an entry finds, for its row in the preview."""
    if work.method is Method.POST:
        return Found() if work.back is None else await _in_the_way(collection, work)
    seen = await collection.look(work.field, work.value)
    if isinstance(seen, Failure):
        return Found(failure=bulk_failures.stored(seen))
    return Found(seen.objects, seen.id, seen.etag, seen.document)


async def perform(collection: Collection, work: Work) -> Outcome:
    """Do one entry; its outcome, without the key and the moment."""
    content = {} if work.method is Method.DELETE else work.content()
    if content is None:
        return _failed(work, not_an_object())
    if work.method is Method.POST and work.back is not None:
        return await _returned(collection, work, content)
    if work.method is Method.POST:
        return await _made(collection, work, merged_value({}, content))
    seen = await _seen(collection, work, content)
    if isinstance(seen, Outcome):
        return seen
    if isinstance(seen, Failure):
        return _failed(work, bulk_failures.stored(seen))
    if work.back is not None:
        taken = outside_undo.taken_back(work, seen.document)
        if taken.failure is not None:
            return _failed(work, taken.failure, seen.id)
        content = taken.content
    if work.method is Method.PATCH and seen.document is not None and _is_done(seen.document, content):
        return _unchanged(work, seen)
    done = await _sent(collection, work, seen, content)
    if isinstance(done, Failure) and done.code == FailureCode.CHANGED_SINCE_REVIEW:
        done = failures.changed(await _changes(collection, work, seen), work.field)
    return _changed(work, seen, content, done)


async def _sent(collection: Collection, work: Work, seen: Seen, content: dict[str, Any]) -> Done | Failure:
    if work.method is Method.DELETE:
        return await collection.delete(seen.id or "", seen, _entry(work))
    return await collection.patch(seen.id or "", content, seen, _entry(work))


# The object that is changed


async def _seen(collection: Collection, work: Work, content: dict[str, Any]) -> Seen | Failure | Outcome:
    """The object, if it is the one that the preview showed. An outcome if nothing is left to do."""
    row = work.row
    if row is None and work.method is Method.DELETE and collection.is_id(work.field) and not _needs_document(work):
        return Seen(1, work.value)
    if row is not None and _is_sent_as_seen(collection, work, row):
        return Seen(1, row.object, row.version, value_of(row.before))
    seen = await collection.look(work.field, work.value)
    if isinstance(seen, Failure):
        return seen
    if seen.objects == 0 and work.method is Method.DELETE and work.was_tried and _was_shown(row):
        return _succeeded(work, *(() if row is None else (row.object, value_of(row.before))))
    if row is None or (seen.objects != 1 and row.effect not in SHOWN):
        return _single(work, seen)
    return _compared(work, row, seen, content)


def _needs_document(work: Work) -> bool:
    return work.is_kept or work.back is not None


def _is_sent_as_seen(collection: Collection, work: Work, row: Preview) -> bool:
    """Whether `If-Match` alone tells if the object is the one that was shown."""
    is_strict = work.on_change is OnChange.FAIL or work.method is Method.DELETE
    return (
        is_strict
        and row.effect is Effect.WILL_CHANGE
        and row.version is not None
        and collection.is_id(work.field)
        and collection.compares
    )


def _was_shown(row: Preview | None) -> bool:
    return row is None or row.effect in SHOWN


def _single(work: Work, seen: Seen) -> Seen | Failure:
    if seen.objects == 1:
        return seen
    return (
        failures.not_found(work.type, work.field) if not seen.objects else failures.ambiguous(work.field, seen.objects)
    )


def _compared(work: Work, row: Preview, seen: Seen, content: dict[str, Any]) -> Seen | Failure | Outcome:
    if work.back is not None and seen.objects == 1:
        taken = outside_undo.taken_back(work, seen.document)
        if taken.failure is not None and row.effect not in SHOWN:
            return _failed(work, taken.failure, seen.id)
        content = taken.content
    if row.effect not in SHOWN or seen.objects != 1 or seen.id != row.object:
        return failures.changed([], work.field)
    if row.version is None or seen.etag is None or seen.etag == row.version:
        is_new = row.effect is Effect.NO_OP and row.version is not None and not _is_done(seen.document, content)
        return failures.changed([], work.field) if is_new else seen
    before = value_of(row.before)
    if work.was_tried and work.method is Method.PATCH and _is_done(seen.document, content):
        # An earlier run did it, and its outcome was not stored.
        return _succeeded(work, seen.id, before, _left(before, work.content() or {}, seen.document))
    if work.on_change is OnChange.MERGE and work.method is Method.PATCH:
        clashes = [name for name in _written(content) if not _agree(before, seen.document, name)]
        return failures.changed(clashes, work.field) if clashes else seen
    return failures.changed(differing(before, seen.document), work.field)


def _is_done(document: Any, content: dict[str, Any]) -> bool:
    return json_numbers.are_same(merged_value(document, content), document)


def _written(content: Any) -> list[str]:
    """Pointers of the members that a change writes."""
    return [pointer for pointer in differing({}, _present(content)) if pointer]


def _present(content: Any) -> Any:
    """The change with a mark in place of null, so that a member that goes is one that is written."""
    if isinstance(content, dict):
        return {name: _present(value) for name, value in content.items()}
    return True if content is None else content


def _agree(before: Any, now: Any, pointer: str) -> bool:
    return not any(f"{each}/".startswith(f"{pointer}/") for each in differing(before, now))


async def _changes(collection: Collection, work: Work, seen: Seen) -> list[str]:
    """The members that others changed, as far as they can be seen now."""
    now = await collection.look(work.field, work.value)
    if isinstance(now, Failure) or now.objects != 1 or seen.document is None:
        return []
    return differing(seen.document, now.document)


# Objects that are made


async def _made(collection: Collection, work: Work, content: dict[str, Any]) -> Outcome:
    done = await collection.create(content, _entry(work))
    if isinstance(done, Failure):
        return _failed(work, bulk_failures.stored(done))
    after = await _shown_when_made(collection, done, content) if work.is_kept else None
    return _succeeded(work, done.id, None, after)


async def _shown_when_made(collection: Collection, done: Done, content: dict[str, Any]) -> Any:
    """The new object as its server shows it: in the reply, or else when it is asked for."""
    if isinstance(done.document, dict) and content.keys() <= done.document.keys():
        return done.document
    try:
        return None if done.id is None else await collection.whole(done.id)
    except Later:
        return None  # the object is made: its outcome can't wait


async def _returned(collection: Collection, work: Work, content: dict[str, Any]) -> Outcome:
    """Make a deleted object again, unless it or another with its natural key is there."""
    if not work.was_tried:
        now = outside_undo.row_of(work, await _in_the_way(collection, work))
        if now.error is not None:
            return _failed(work, now.error)
        if work.row is not None and work.row.effect is not now.effect:
            return _failed(work, bulk_failures.stored(failures.changed([], work.field)))
        if now.effect is Effect.NO_OP:
            return replace(_succeeded(work, now.object), unchanged=True)
    return await _made(collection, work, content)


async def _in_the_way(collection: Collection, work: Work) -> Found:
    """The object with the id of a deleted one, or else one with its natural key."""
    kept, content = value_of(work.back) or {}, work.content() or {}
    natural = collection.natural_key
    values = {work.field: kept.get("id"), **({} if natural is None else {natural: content.get(natural)})}
    for key, value in values.items():
        seen = await collection.look(key, str(value)) if value is not None else Seen(0)
        if isinstance(seen, Failure):
            return Found(failure=bulk_failures.stored(seen))
        if seen.objects:
            return Found(seen.objects, seen.id, seen.etag, seen.document, key=key)
    return Found()


def _left(before: Any, content: dict[str, Any], reply: Any) -> Any:
    """The object behind a change: the members that were written have the values of a reply that shows the object."""
    after = merged_value(before, content)
    if not isinstance(reply, dict) or not isinstance(before, dict) or before.keys() & after.keys() - reply.keys():
        return after
    for path in list(changed_paths(before, after)):
        after = put(after, path, at(reply, path))
    return after


# Outcomes


def _entry(work: Work) -> Entry:
    return Entry(work.batch, work.index, work.field, work.was_tried)


def _changed(work: Work, seen: Seen, content: dict[str, Any], done: Done | Failure) -> Outcome:
    if isinstance(done, Failure):
        return _failed(work, bulk_failures.stored(done), seen.id)
    after = None
    if work.method is Method.PATCH:
        after = _left(seen.document, content, done.document)
    return _succeeded(work, seen.id, seen.document, after)


def _unchanged(work: Work, seen: Seen) -> Outcome:
    return replace(_succeeded(work, seen.id), unchanged=True)


def _succeeded(work: Work, object_: str | None, before: Any = None, after: Any = None) -> Outcome:
    image = text_of({"before": before, "after": after}) if work.is_kept else None
    number = None if object_ is None else number_of(object_)
    return Outcome(work.index, object=object_, number=number, image=image)


def _failed(work: Work, failure: str, object_: str | None = None) -> Outcome:
    return Outcome(work.index, error=failure, code=bulk_failures.code_of(failure), object=object_)
