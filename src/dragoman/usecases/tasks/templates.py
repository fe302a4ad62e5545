"""Templates: loaded from what an administrator wrote, version by version, and found again.

A version stays as it is for as long as tasks may have been made from it: a change makes a new one. What alone may
change in place is whether it is stopped, since no task is made of that.
"""

import hashlib
from collections import Counter

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.access import Principal, holds, require_admin
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.template import Template
from dragoman.domain.work_item import EVERYBODY, Role
from dragoman.usecases.identity.lookup import is_uid
from dragoman.usecases.uow import UnitOfWork

GROUP = "group:"


class Entry(msgspec.Struct, frozen=True):
    """A template as a file says it: `uid` empty when it names none, holders by name, the line of each thing said."""

    draft: Template
    holders: dict[Role, tuple[str, ...]]
    lines: dict[str, int]  # by what is said: `name`, `tktid`, `roles.reader`; `` is the table itself

    def line(self, what: str) -> int:
        """Where it says so, or where it begins."""
        return self.lines.get(what) or self.lines[""]

    def digest(self) -> str:
        """Of all that a version is made of."""
        said = replace(self.draft, uid="", is_stopped=False)
        return hashlib.sha256(msgspec.json.encode([said, self.holders], order="deterministic")).hexdigest()


class LoadTemplates(msgspec.Struct, frozen=True):
    """Templates to be loaded, all or none. `faults` were found while they were read."""

    entries: tuple[Entry, ...]
    faults: tuple[Problem, ...] = ()

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Loaded(msgspec.Struct, frozen=True):
    """What became of an entry: `added`, `stopped`, `started` or `unchanged`."""

    template: Template
    outcome: str


def load(uow: UnitOfWork, command: LoadTemplates) -> list[Loaded]:
    """Keep what is new. Loading the same again changes nothing.

    Invalid (`bad_templates`) with every fault, its path the line, when there is any; then nothing is loaded.
    """
    require_admin(uow.principal)
    faults = list(command.faults) + _repeated(command.entries)
    drafts = [_resolved(uow, entry, faults) for entry in command.entries]
    if not command.faults:  # else an entry may say less than its table does
        faults += [fault for entry in command.entries for fault in _clash(uow, entry)]
    if faults:
        ordered = tuple(sorted(faults, key=lambda fault: int(fault.path)))
        raise Invalid("bad_templates", "Nothing was loaded.", ordered)
    return [_kept(uow, entry, draft) for entry, draft in zip(command.entries, drafts, strict=True)]


def _repeated(entries: tuple[Entry, ...]) -> list[Problem]:
    """Two versions of one name in one file must each have an id: else which one is meant by a third?"""
    ids = Counter(entry.draft.uid for entry in entries if entry.draft.uid)
    names = Counter(entry.draft.name for entry in entries)
    faults = [_fault(entry, "tktid", "this tktid stands here twice") for entry in entries if ids[entry.draft.uid] > 1]
    return faults + [
        _fault(entry, "name", f"there are two of the name {entry.draft.name}; give each a tktid")
        for entry in entries
        if entry.draft.name and names[entry.draft.name] > 1 and not entry.draft.uid
    ]


def _resolved(uow: UnitOfWork, entry: Entry, faults: list[Problem]) -> Template:
    """The draft with holders as work items spell them."""
    is_new = entry.digest() not in {known.digest for known in uow.templates.named(entry.draft.name)}
    roles: dict[Role, tuple[str, ...]] = {}
    for role, names in entry.holders.items():
        holders = [_holder(uow, name) for name in names]
        faults += [
            _fault(entry, f"roles.{role}", f"{name} is neither the login of a user nor the name of a group")
            for name, holder in zip(names, holders, strict=True)
            if holder is None
        ]
        faults += [
            _fault(entry, f"roles.{role}", f"{name} is a disabled user")
            for name, holder in zip(names, holders, strict=True)
            if holder is not None and is_new and _is_disabled(uow, holder)
        ]
        roles[role] = tuple(dict.fromkeys(holder for holder in holders if holder is not None))
    return replace(entry.draft, roles=roles, digest=entry.digest())


def _holder(uow: UnitOfWork, name: str) -> str | None:
    """A work item's holder by login, by the name of a group, or `*`; None when there is none of that name."""
    if name == EVERYBODY:
        return EVERYBODY
    user = None if name.startswith(GROUP) else uow.users.by_login(name)
    if user is not None:
        return user.uid
    group = uow.groups.by_name(name.removeprefix(GROUP))
    return None if group is None else f"{GROUP}{group.uid}"


def _is_disabled(uow: UnitOfWork, holder: str) -> bool:
    user = uow.users.find(holder) if is_uid(holder) else None
    return user is not None and user.disabled_at is not None


def _clash(uow: UnitOfWork, entry: Entry) -> list[Problem]:
    """A tktid that is taken by other contents: tasks were made from them, and would change their meaning."""
    known = uow.templates.find(entry.draft.uid) if entry.draft.uid else None
    if known is None or known.digest == entry.digest():
        return []
    message = f"this tktid is version {known.version} of {known.name}, which says otherwise; give the new one its own"
    return [_fault(entry, "tktid", message)]


def _kept(uow: UnitOfWork, entry: Entry, draft: Template) -> Loaded:
    versions = uow.templates.named(draft.name)
    newest = versions[0] if versions else None
    known = uow.templates.find(draft.uid) if draft.uid else newest
    if known is not None and known.digest == draft.digest:
        if known.is_stopped == draft.is_stopped:
            return Loaded(known, "unchanged")
        uow.templates.save(replace(known, is_stopped=draft.is_stopped))
        return Loaded(known, "stopped" if draft.is_stopped else "started")
    added = replace(
        draft,
        tenant=uow.tenant,
        uid=draft.uid or uow.new_id(),
        version=1 if newest is None else newest.version + 1,
        valid_from=draft.valid_from or uow.now,
        created_at=uow.now,
    )
    return Loaded(uow.templates.add(added), "added")


def _fault(entry: Entry, what: str, message: str) -> Problem:
    return Problem(str(entry.line(what)), what, message)


class ListTemplates(msgspec.Struct, frozen=True):
    """Every version of every template."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_all(uow: UnitOfWork, command: ListTemplates) -> list[Template]:
    """By name, the newest version first."""
    return uow.templates.all()


class GetTemplate(msgspec.Struct, frozen=True):
    """One version, by its uid."""

    uid: str

    def keys(self) -> Keys:
        return Keys().also("template", [self.uid], Lock.NONE)


def get(uow: UnitOfWork, command: GetTemplate) -> Template:
    """The version. NotFound when there is none."""
    return uow.templates.get(command.uid)


def may_create(principal: Principal, template: Template) -> bool:
    """The potential creators and administrators of the template; everybody if none is named."""
    creators = template.roles.get(Role.POTENTIAL_CREATOR, ())
    named = (*creators, *template.roles.get(Role.ADMINISTRATOR, ()))
    return principal.is_admin or not creators or any(holds(principal, holder) for holder in named)


def spelled(uid: str) -> str:
    """The id of a version as its file may name it: `_TKT:` and four hexadecimal words, without leading zeros."""
    digits = uid.replace("-", "")
    return "_TKT:" + ".".join(f"{int(digits[place : place + 8], 16):x}" for place in range(0, 32, 8))


def find(uow: UnitOfWork, uid: str | None) -> Template | None:
    """The version of a template with this id."""
    return None if uid is None else uow.templates.find(uid)
