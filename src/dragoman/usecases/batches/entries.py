"""The entries of a batch: each is applied whole or not at all, and its failure is recorded.

An entry has the rights of the creator at the time it runs; approvers add none. It is like a command of its own, with
revisions and history in the name of the creator.
"""

from collections.abc import Callable, Sequence

import msgspec

from dragoman.command import Lock
from dragoman.domain import bulk_failures
from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Method
from dragoman.domain.errors import Conflict, Expected, NotFound
from dragoman.store.unit.overlay import MustBeExclusive
from dragoman.usecases.batches import resource_types
from dragoman.usecases.batches.payloads import Content
from dragoman.usecases.batches.resource_types import Found, Patch, ResourceType
from dragoman.usecases.identity import users as people
from dragoman.usecases.uow import Entries, UnitOfWork

OPERATION = "batch.run"
"""The operation that history names for changes of a batch."""


class EntryRefused(Conflict):
    """An entry with its own transaction was refused. The transaction is rolled back, and the next one records the
    failure."""


def outcomes(uow: UnitOfWork, batch: Batch, content: Content, dialect: str, entries: range) -> list[str | None]:
    """The failure of each entry (JSON text), or None for a success.

    Stops early if the next entry needs its own transaction; EntryRefused if an entry with its own transaction failed.
    """
    type_ = resource_types.find(batch.type)
    if type_ is None:
        return [bulk_failures.type_gone(batch.type)] * len(entries)
    creator, refusal = _creator(uow, batch, type_)
    if creator is None:
        return [refusal] * len(entries)
    named = uow.in_the_name_of(creator, dialect, OPERATION, cause=batch.number)
    if batch.field is not None and _changes_its_key(batch, content, entries):
        entries = entries[:1]  # an entry before may change which object the next one selects
    do = _doing(named, batch, type_, content, entries)
    errors: list[str | None] = []
    parts = named.entries()
    for index in entries:
        try:
            errors.append(_attempt(parts, do, index))
        except MustBeExclusive:
            if not errors:
                return [_alone(named, do, index)]
            break
    return errors


def _creator(uow: UnitOfWork, batch: Batch, type_: ResourceType) -> tuple[Principal | None, str | None]:
    """The creator of the batch with the present rights; or the failure of all entries."""
    user = None if batch.creator is None else uow.users.find(batch.creator, Lock.SHARED)
    if user is None or user.disabled_at is not None:
        return None, bulk_failures.forbidden("the creator of this task may do nothing any more")
    scopes = None if batch.scopes is None else frozenset(batch.scopes)
    creator = people.principal_of(user, scopes=scopes)
    wanted = type_.scopes[batch.method]
    if not creator.has_scope(wanted):
        return None, bulk_failures.scope_missing(wanted)
    return creator, None


def _changes_its_key(batch: Batch, content: Content, entries: range) -> bool:
    if batch.method is not Method.PATCH:
        return False
    spelled = msgspec.json.encode(batch.field)
    looked_at = entries if content.own is not None else entries[:1]
    return any(spelled in content.text(index) for index in looked_at)


Do = Callable[[UnitOfWork, int], str | None]
"""Runs one entry; returns a failure to find its object, and raises the errors of the object."""


def _doing(uow: UnitOfWork, batch: Batch, type_: ResourceType, content: Content, entries: range) -> Do:
    if batch.method is Method.POST:
        create = type_.create(uow, [content.text(index) for index in entries])

        def make(part: UnitOfWork, index: int) -> str | None:
            create(part, content.text(index))
            return None

        return make

    field, values = batch.field or "", _texts(content, entries)
    found = dict(zip(entries, type_.find(uow, field, values), strict=True))
    numbers = [match.number for match in found.values() if match.number is not None]
    change = _changing(uow, batch, type_, content, numbers)

    def pick(part: UnitOfWork, index: int) -> str | None:
        match = found[index]
        if match.number is None:
            return _unmatched(type_, field, match)
        try:
            change(part, index, match.number)
        except NotFound as gone:
            if gone.parameters.get("id") != match.number:
                raise
            return bulk_failures.not_found(type_.name, field)  # an entry before it deleted the object
        return None

    return pick


def _unmatched(type_: ResourceType, field: str, match: Found) -> str:
    if match.objects:
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

    def patch(part: UnitOfWork, index: int, number: int) -> None:
        text = content.text(index)
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


def _texts(content: Content, entries: range) -> list[str]:
    """The entries as text: a number and its text pick the same object."""
    return [str(content.entry(index)) for index in entries]


def _attempt(parts: Entries, do: Do, index: int) -> str | None:
    try:
        return parts.attempt(do, index)
    except Expected as refused:
        return bulk_failures.refused(refused)


def _alone(uow: UnitOfWork, do: Do, index: int) -> str | None:
    try:
        return do(uow, index)
    except Expected as refused:
        raise EntryRefused("entry_refused", refused.message, failure=bulk_failures.refused(refused)) from refused
