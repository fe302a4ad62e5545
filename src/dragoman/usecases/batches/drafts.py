"""Drafts of batches: made, filled in, thrown away, and made into batches. Each is for its maker alone."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.batch_draft import KEPT_SECONDS, MOST, Draft
from dragoman.domain.batch_policy import requires_review
from dragoman.domain.bulk import Policy
from dragoman.domain.clock import later
from dragoman.domain.errors import Conflict, NotFound
from dragoman.usecases.batches import creations
from dragoman.usecases.batches.content import staging
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.review import policies
from dragoman.usecases.inbox import filters, search
from dragoman.usecases.uow import UnitOfWork


class Add(msgspec.Struct, frozen=True):
    """Begin a draft with these fields."""

    content: dict[str, str]
    file: str | None = None  # that is staged

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def add(uow: UnitOfWork, command: Add) -> Draft:
    """The new draft. Those whose time is over are deleted, and of the user's own the oldest beyond MOST.

    Unavailable where its file was staged too long ago.
    """
    files = uow.batch_drafts.forget_expired(uow.now)
    if beyond := uow.batch_drafts.begun(_me(uow), uow.now)[MOST - 1 :]:
        files += uow.batch_drafts.forget([each.uid for each in beyond])
    for file in files:
        staging.drop_file(uow, file)
    if command.file is not None:
        staging.adopt_file(uow, command.file)
    draft = Draft(
        uow.tenant,
        uow.new_id(),
        _me(uow),
        command.content,
        command.file,
        created_at=uow.now,
        expires_at=later(uow.now, seconds=KEPT_SECONDS),
    )
    return uow.batch_drafts.add(draft)


class Begun(msgspec.Struct, frozen=True):
    """List the drafts of the principal."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def begun(uow: UnitOfWork, command: Begun) -> list[Draft]:
    """Without their content, the one that was changed last first. For readers."""
    return [] if uow.principal.user is None else uow.batch_drafts.begun(uow.principal.user, uow.now)


class Get(msgspec.Struct, frozen=True):
    """Read a draft."""

    draft: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def get(uow: UnitOfWork, command: Get) -> Draft:
    """NotFound for one that is another's, is sent already, or whose time is over."""
    return _mine(uow, command.draft)


class Fill(msgspec.Struct, frozen=True):
    """Fill in fields of a draft whose file was `seen`, and let it have this `file`: the same, a staged one, or none."""

    draft: str
    content: dict[str, str]
    seen: str | None = None
    file: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def fill(uow: UnitOfWork, command: Fill) -> Draft:
    """The draft with these fields; the file that it had before is deleted.

    NotFound as `get`; Conflict where it has another file by now; Unavailable where the new one was staged too long ago.
    """
    draft = _mine(uow, command.draft)
    _check_file(draft, command.seen)
    if command.file != draft.file:
        if command.file is not None:
            staging.adopt_file(uow, command.file)
        _drop_file(uow, draft)
    content, expires_at = {**draft.content, **command.content}, later(uow.now, seconds=KEPT_SECONDS)
    return uow.batch_drafts.save(replace(draft, content=content, file=command.file, expires_at=expires_at))


class ReadFile(msgspec.Struct, frozen=True):
    """Read a piece of the file of a draft."""

    draft: str
    file: str
    place: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def read_file(uow: UnitOfWork, command: ReadFile) -> str | None:
    """The text; None behind the last piece. NotFound as `get`; Conflict where the draft has another file by now. For
    readers."""
    _check_file(_mine(uow, command.draft), command.file)
    return uow.file_pieces.at(command.file, command.place)


class Discard(msgspec.Struct, frozen=True):
    """Throw a draft away."""

    draft: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def discard(uow: UnitOfWork, command: Discard) -> None:
    """Its file goes with it. NotFound as `get`."""
    _remove(uow, _mine(uow, command.draft))


class Send(msgspec.Struct, frozen=True):
    """Make a draft into a batch."""

    draft: str
    order: NewBatch

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def send(uow: UnitOfWork, command: Send) -> Shown:
    """The batch; the draft is gone with its file, so that sending it twice makes one. NotFound as `get`, and what
    creations raise."""
    draft = _mine(uow, command.draft)
    made = creations.create(uow, creations.Create(command.order))
    _remove(uow, draft)
    return made.shown


class Inspect(msgspec.Struct, frozen=True):
    """Look at what would become of a batch before it is made."""

    order: NewBatch

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Outlook(msgspec.Struct, frozen=True):
    """What the rules ask of its review, whether it must have one, and why its data would be refused."""

    policy: Policy
    needs_review: bool
    warning: str | None


def inspect(uow: UnitOfWork, command: Inspect) -> Outlook:
    """For readers."""
    order = command.order
    size = None if order.selection is not None else order.size
    rules = policies.matching_rules(uow, order.type, order.method, size)
    asked = policies.asked(uow, order.type, order.method, size)
    return Outlook(asked, requires_review(rules), creations.warning(uow, order))


class Count(msgspec.Struct, frozen=True):
    """Count what a filter finds. `dialects` are the names that its key `dialect` takes."""

    text: str
    dialects: tuple[str, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Counted(msgspec.Struct, frozen=True):
    """The filter as it was read, and how many tasks it finds, counted to `search.COUNTED`; None with faults."""

    found: filters.Filter
    count: int | None


def count(uow: UnitOfWork, command: Count) -> Counted:
    """For readers."""
    found = filters.read(uow, command.text, command.dialects)
    if found.faults:
        return Counted(found, None)
    return Counted(found, search.counts(uow, [(found.wanted, found.tests)])[0])


def _me(uow: UnitOfWork) -> str:
    if uow.principal.user is None:
        raise NotFound("draft_not_found", "There is no such draft.")
    return uow.principal.user


def _remove(uow: UnitOfWork, draft: Draft) -> None:
    uow.batch_drafts.remove(draft)
    _drop_file(uow, draft)


def _drop_file(uow: UnitOfWork, draft: Draft) -> None:
    if draft.file is not None:
        staging.drop_file(uow, draft.file)


def _check_file(draft: Draft, seen: str | None) -> None:
    if draft.file != seen:
        raise Conflict("draft_changed", "The draft has another file by now.")


def _mine(uow: UnitOfWork, uid: str) -> Draft:
    draft = uow.batch_drafts.find(uid)
    if draft is None or draft.owner != uow.principal.user or draft.expires_at <= uow.now:
        raise NotFound("draft_not_found", "There is no such draft.")
    return draft
