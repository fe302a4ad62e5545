"""What an administrator sees of one user on a page: who he is, what he holds, where he is signed in, his aliases."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import require_admin
from dragoman.domain.people import Group, User
from dragoman.usecases.background import handing_over
from dragoman.usecases.background.handing_over import Held
from dragoman.usecases.identity import aliases, lookup, profiles, session_lists
from dragoman.usecases.identity.aliases import AliasItem
from dragoman.usecases.identity.profiles import Profile
from dragoman.usecases.identity.session_lists import Listed
from dragoman.usecases.uow import UnitOfWork

MOST_NAMED = 20
"""Tasks of a user that are named, beyond the counts."""
MOST_OFFERED = 200


class HeldTask(msgspec.Struct, frozen=True):
    """An open task of the user's."""

    number: int
    title: str | None


class PersonalFile(msgspec.Struct, frozen=True):
    """A user with what belongs to him. `groups` are all that there are, `others` those who may get his work."""

    profile: Profile
    owner: User | None
    held: Held
    tasks: tuple[HeldTask, ...]
    sessions: list[Listed]
    aliases: list[AliasItem]
    groups: list[Group]
    others: list[tuple[str, str]]  # login and name


class Look(msgspec.Struct, frozen=True):
    person: str  # id or login

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def look(uow: UnitOfWork, command: Look) -> PersonalFile:
    """For administrators. NotFound for no user."""
    require_admin(uow.principal)
    profile = profiles.read(uow, profiles.Read(command.person))
    user = profile.user
    return PersonalFile(
        profile,
        lookup.find(uow, user.owner),
        handing_over.held_by(uow, user.uid),
        tuple(HeldTask(number, title) for number, title in uow.holdings.named(user.uid, limit=MOST_NAMED)),
        session_lists.list_sessions(uow, session_lists.ListSessions(user.uid, limit=None)).items,
        aliases.list_page(uow, aliases.List(user.uid)).items,
        uow.groups.all(),
        [other for other in lookup.offered(uow, lookup.Offered(MOST_OFFERED)) if other[0] != user.login],
    )


class LookAtMany(msgspec.Struct, frozen=True):
    """What the form for a new user offers."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def groups(uow: UnitOfWork, command: LookAtMany) -> list[Group]:
    """All groups, by name. For administrators."""
    require_admin(uow.principal)
    return sorted(uow.groups.all(), key=lambda group: group.name.casefold())
