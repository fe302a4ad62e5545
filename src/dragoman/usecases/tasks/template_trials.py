"""Templates as administrators look at them: every version, with holders by name."""

from collections.abc import Mapping

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import require_admin
from dragoman.domain.errors import NotFound
from dragoman.domain.template import Template
from dragoman.domain.work_item import EVERYBODY, Role
from dragoman.usecases.identity import lookup
from dragoman.usecases.tasks.templates import GROUP
from dragoman.usecases.uow import UnitOfWork


class Try(msgspec.Struct, frozen=True):
    """One version of a template, by its uid."""

    uid: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Tried(msgspec.Struct, frozen=True):
    """A version with all versions of its name, the newest first, and its holders: logins, names of groups, or `*`."""

    template: Template
    versions: list[Template]
    holders: Mapping[Role, list[str]]


def try_one(uow: UnitOfWork, command: Try) -> Tried:
    """For administrators. NotFound when there is none."""
    require_admin(uow.principal)
    template = next((each for each in uow.templates.all() if each.uid == command.uid), None)
    if template is None:
        raise NotFound("template_not_found", "There is no template of this id.")
    holders = {role: [_name(uow, holder) for holder in held] for role, held in template.roles.items()}
    return Tried(template, uow.templates.by_name(template.name), holders)


def _name(uow: UnitOfWork, holder: str) -> str:
    if holder == EVERYBODY:
        return holder
    if holder.startswith(GROUP):
        group = lookup.find_group(uow, holder.removeprefix(GROUP))
        return holder if group is None else group.name
    user = lookup.find(uow, holder)
    return holder if user is None else user.login
