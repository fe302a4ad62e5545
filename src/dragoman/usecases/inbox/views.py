"""Saved views: made, changed and deleted by their owners; those that are shared, by administrators."""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal, require_to
from dragoman.domain.errors import Conflict, Invalid, NotFound, Problem
from dragoman.domain.people import Group
from dragoman.domain.task_query.keys import LONGEST
from dragoman.domain.view import EVERYBODY, LONGEST_NAME, MOST, View
from dragoman.usecases.inbox.lists import NAMES
from dragoman.usecases.uow import UnitOfWork

MOST_SHOWN = 100


class ListViews(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_views(uow: UnitOfWork, command: ListViews) -> list[View]:
    """The views that the principal has among the saved ones, by name. For readers."""
    return uow.views.seen_by(uow.principal, limit=MOST_SHOWN)


class GetView(msgspec.Struct, frozen=True):
    number: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def get(uow: UnitOfWork, command: GetView) -> View:
    """The view. NotFound for one that is neither the principal's nor shared with him."""
    return _get(uow, command.number)


class Groups(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def groups(uow: UnitOfWork, command: Groups) -> list[Group]:
    """The groups with which the principal may share: all, for administrators."""
    return uow.groups.all() if uow.principal.is_admin else []


class SaveView(msgspec.Struct, frozen=True, kw_only=True):
    """Make a view, or with a number change that one. `shared_with` is empty, `*`, or the uid of a group."""

    number: int | None = None
    name: str
    list: str
    q: str = ""
    columns: str | None = None
    shared_with: str = ""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def save(uow: UnitOfWork, command: SaveView) -> View:
    """The stored view. Invalid for a missing name, Forbidden for sharing without the right, Conflict beyond `MOST`."""
    _check(uow, command)
    content: dict[str, Any] = {name: getattr(command, name) for name in ("name", "list", "q", "columns", "shared_with")}
    content["name"] = command.name.strip()
    if command.number is not None:
        view = _editable(uow, command.number)
        return uow.views.save(replace(view, modified_at=uow.now, **content))
    owner = uow.principal.user
    if owner is None:
        raise Conflict("nobody_saves", "Only a user can save a view.")
    if uow.views.count_of(owner) >= MOST:
        raise Conflict("too_many_views", f"A user has at most {MOST} saved views; delete one first.")
    made = View(uow.tenant, uow.numbers.draw("view"), owner, created_at=uow.now, modified_at=uow.now, **content)
    return uow.views.add(made)


class DeleteView(msgspec.Struct, frozen=True):
    number: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def delete(uow: UnitOfWork, command: DeleteView) -> View:
    """The view that is gone now."""
    view = _editable(uow, command.number)
    uow.views.remove(view)
    return view


def may_change(principal: Principal, view: View) -> bool:
    """Whether the principal may change the view: one's own, and as an administrator a shared one."""
    return view.owner == principal.user or (principal.is_admin and bool(view.shared_with))


def _get(uow: UnitOfWork, number: int) -> View:
    view = uow.views.find(number)
    if view is None or not view.is_seen_by(uow.principal.user, uow.principal.groups):
        raise NotFound("view_not_found", f"There is no saved view {number}.", id=number)
    return view


def _editable(uow: UnitOfWork, number: int) -> View:
    view = _get(uow, number)
    require_to(may_change(uow.principal, view), uow.principal, "change this view")
    return view


def _check(uow: UnitOfWork, command: SaveView) -> None:
    problems = []
    if not 0 < len(command.name.strip()) <= LONGEST_NAME:
        problems.append(Problem("/name", "length", f"needs 1 to {LONGEST_NAME} characters"))
    if command.list not in NAMES:
        problems.append(Problem("/list", "unknown", "is not a list of the inbox"))
    if len(command.q) > LONGEST:
        problems.append(Problem("/q", "length", f"has at most {LONGEST} characters"))
    known = command.shared_with in ("", EVERYBODY) or uow.groups.find(command.shared_with) is not None
    if not known:
        problems.append(Problem("/shared_with", "unknown", "is not a group"))
    if problems:
        raise Invalid("invalid_view", "The view isn't as it should be; each fault is listed.", tuple(problems))
    require_to(uow.principal.is_admin or not command.shared_with, uow.principal, "share views")
