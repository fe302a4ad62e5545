"""Templates: loaded from an administrator's file, version by version.

A version is immutable, since tasks may have been created from it; a change creates a new version. Only `is_stopped` may
change in place.
"""

import hashlib
from collections import Counter
from typing import Any

import msgspec
from msgspec.structs import astuple, replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.access import Principal, holds, require_admin
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.template import Template
from dragoman.domain.work_item import EVERYBODY, Role
from dragoman.usecases.identity.lookup import is_uid
from dragoman.usecases.tasks import query_tables
from dragoman.usecases.uow import UnitOfWork

GROUP = "group:"


LATER = ("client_settings", "escalations")
"""Fields that came after versions had been stored: while they are empty, the hash of a version doesn't tell them."""
FIRST = tuple(name for name in Template.__struct_fields__ if name not in LATER)
_First = msgspec.defstruct("_First", FIRST)


class Entry(msgspec.Struct, frozen=True):
    """A template in a file: `uid` is empty without a `tktid`, holders are names, `lines` are positions of keys."""

    draft: Template
    holders: dict[Role, tuple[str, ...]]
    lines: dict[str, int]  # by key: `name`, `tktid`, `roles.reader`; `` is the table itself

    def line(self, what: str) -> int:
        """The line of a key, or of the table without it."""
        return self.lines.get(what) or self.lines[""]

    def digest(self) -> str:
        """A hash of the whole content of a version."""
        said = replace(self.draft, uid="", is_stopped=False)
        content: list[Any] = [_First(*astuple(said)[: len(FIRST)]), self.holders]
        if later := {name: value for name in LATER if (value := getattr(said, name))}:
            content.append(later)
        return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


class LoadTemplates(msgspec.Struct, frozen=True):
    """Load templates and query tables, all or none. `faults` were found while parsing."""

    entries: tuple[Entry, ...]
    faults: tuple[Problem, ...] = ()
    tables: tuple[query_tables.Given, ...] = ()

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Loaded(msgspec.Struct, frozen=True):
    """The outcome of an entry: `added`, `stopped`, `started` or `unchanged`."""

    template: Template
    outcome: str


class LoadedFile(msgspec.Struct, frozen=True):
    """The outcomes of all that a file holds."""

    templates: list[Loaded]
    tables: list[query_tables.LoadedTable]


def load(uow: UnitOfWork, command: LoadTemplates) -> LoadedFile:
    """Store new versions, and query tables. Loading the same file again changes nothing.

    Invalid (`bad_templates`) with every fault, its path the line, when there is any; then nothing is loaded.
    """
    require_admin(uow.principal)
    faults = list(command.faults) + _repeated(command.entries) + query_tables.faults(command.tables)
    drafts = [_resolved(uow, entry, faults) for entry in command.entries]
    if not command.faults:  # else an entry may be incomplete
        faults += [fault for entry in command.entries for fault in _clash(uow, entry)]
    if faults:
        ordered = tuple(sorted(faults, key=lambda fault: int(fault.path)))
        raise Invalid("bad_templates", "Nothing was loaded.", ordered)
    kept = [_kept(uow, entry, draft) for entry, draft in zip(command.entries, drafts, strict=True)]
    return LoadedFile(kept, query_tables.load(uow, command.tables))


def _repeated(entries: tuple[Entry, ...]) -> list[Problem]:
    """Faults of entries that share an id, or share a name without ids to tell the versions apart."""
    ids = Counter(entry.draft.uid for entry in entries if entry.draft.uid)
    names = Counter(entry.draft.name for entry in entries)
    faults = [
        _fault(entry, "tktid", "this tktid is used twice in the file") for entry in entries if ids[entry.draft.uid] > 1
    ]
    return faults + [
        _fault(entry, "name", f"two templates are named {entry.draft.name}; give each a tktid")
        for entry in entries
        if entry.draft.name and names[entry.draft.name] > 1 and not entry.draft.uid
    ]


def _resolved(uow: UnitOfWork, entry: Entry, faults: list[Problem]) -> Template:
    """The draft with the names of holders looked up."""
    is_new = entry.digest() not in {known.digest for known in uow.templates.by_name(entry.draft.name)}
    roles: dict[Role, tuple[str, ...]] = {}
    for role, names in entry.holders.items():
        roles[role] = _holders(uow, entry, f"roles.{role}", names, faults, is_new=is_new)
    escalations = tuple(
        replace(one, receivers=_holders(uow, entry, f"escalation.{place}", one.receivers, faults, is_new=is_new))
        for place, one in enumerate(entry.draft.escalations)
    )
    return replace(entry.draft, roles=roles, escalations=escalations, digest=entry.digest())


def _holders(
    uow: UnitOfWork, entry: Entry, what: str, names: tuple[str, ...], faults: list[Problem], *, is_new: bool
) -> tuple[str, ...]:
    """The holders of these names, each once; what is wrong with one is added to the faults."""
    holders = [_holder(uow, name) for name in names]
    for name, holder in zip(names, holders, strict=True):
        if holder is None:
            faults.append(_fault(entry, what, f"{name} is neither the login of a user nor the name of a group"))
        elif is_new and _is_disabled(uow, holder):
            faults.append(_fault(entry, what, f"{name} is a disabled user"))
    return tuple(dict.fromkeys(holder for holder in holders if holder is not None))


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
    """The fault of a tktid whose stored version has another content: tasks may have been created from it."""
    known = uow.templates.find(entry.draft.uid) if entry.draft.uid else None
    if known is None or known.digest == entry.digest():
        return []
    message = f"this tktid is version {known.version} of {known.name}, whose content differs; give the new one its own"
    return [_fault(entry, "tktid", message)]


def _kept(uow: UnitOfWork, entry: Entry, draft: Template) -> Loaded:
    versions = uow.templates.by_name(draft.name)
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
    """Whether the principal is a potential creator or administrator of the template, or none is named."""
    creators = template.roles.get(Role.POTENTIAL_CREATOR, ())
    named = (*creators, *template.roles.get(Role.ADMINISTRATOR, ()))
    return principal.is_admin or not creators or any(holds(principal, holder) for holder in named)


def render_tktid(uid: str) -> str:
    """The tktid of a version: `_TKT:` and four hexadecimal words without leading zeros."""
    digits = uid.replace("-", "")
    return "_TKT:" + ".".join(f"{int(digits[place : place + 8], 16):x}" for place in range(0, 32, 8))


def find(uow: UnitOfWork, uid: str | None) -> Template | None:
    """The version of a template with this id."""
    return None if uid is None else uow.templates.find(uid)
