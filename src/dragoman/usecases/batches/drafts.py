"""Drafts of batches: made, filled in, thrown away, and made into batches. Each is for its maker alone."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.batch_draft import KEPT_SECONDS, MOST, Draft
from dragoman.domain.batch_policy import requires_review
from dragoman.domain.bulk import Policy
from dragoman.domain.clock import later
from dragoman.domain.errors import NotFound
from dragoman.usecases.batches import creations
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.review import policies
from dragoman.usecases.inbox import filters, search
from dragoman.usecases.uow import UnitOfWork


class Add(msgspec.Struct, frozen=True):
    """Begin a draft with these fields."""

    content: dict[str, str]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def add(uow: UnitOfWork, command: Add) -> Draft:
    """The new draft. Those whose time is over are deleted, and of the user's own the oldest beyond MOST."""
    uow.batch_drafts.forget_expired(uow.now)
    if beyond := uow.batch_drafts.begun(_me(uow), uow.now)[MOST - 1 :]:
        uow.batch_drafts.forget([each.uid for each in beyond])
    draft = Draft(
        uow.tenant,
        uow.new_id(),
        _me(uow),
        command.content,
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
    """Fill in fields of a draft."""

    draft: str
    content: dict[str, str]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def fill(uow: UnitOfWork, command: Fill) -> Draft:
    """The draft with these fields. NotFound as `get`."""
    draft = _mine(uow, command.draft)
    expires_at = later(uow.now, seconds=KEPT_SECONDS)
    return uow.batch_drafts.save(replace(draft, content={**draft.content, **command.content}, expires_at=expires_at))


class Discard(msgspec.Struct, frozen=True):
    """Throw a draft away."""

    draft: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def discard(uow: UnitOfWork, command: Discard) -> None:
    """NotFound as `get`."""
    uow.batch_drafts.remove(_mine(uow, command.draft))


class Send(msgspec.Struct, frozen=True):
    """Make a draft into a batch."""

    draft: str
    order: NewBatch

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def send(uow: UnitOfWork, command: Send) -> Shown:
    """The batch; the draft is gone, so that sending it twice makes one. NotFound as `get`, and what creations raise."""
    draft = _mine(uow, command.draft)
    made = creations.create(uow, creations.Create(command.order))
    uow.batch_drafts.remove(draft)
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


def _mine(uow: UnitOfWork, uid: str) -> Draft:
    draft = uow.batch_drafts.find(uid)
    if draft is None or draft.owner != uow.principal.user or draft.expires_at <= uow.now:
        raise NotFound("draft_not_found", "There is no such draft.")
    return draft
