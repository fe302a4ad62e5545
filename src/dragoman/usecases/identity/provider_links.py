"""Links between users and subjects of providers, as administrators make them by hand."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.people import ProviderIdentity, User, UserKind
from dragoman.domain.provider import NAME
from dragoman.usecases.identity import lookup
from dragoman.usecases.uow import UnitOfWork


class Link(msgspec.Struct, frozen=True):
    """Link a user, by id or login, to a subject of a provider, instead of the one that he was linked to."""

    person: str
    provider: str
    subject: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Linked(msgspec.Struct, frozen=True):
    """The link, and whether the user had none at this provider before."""

    identity: ProviderIdentity
    is_new: bool


def link(uow: UnitOfWork, command: Link) -> Linked:
    """Conflict for a subject of another user, and for a service account. The same again changes nothing."""
    user = _user(uow, command.person)
    if not NAME.fullmatch(command.provider):
        raise NotFound("provider_not_found", f"There is no provider {command.provider}.")
    if user.kind is not UserKind.PERSON:
        raise Conflict("service_account", "A service account can't sign in.")
    known = uow.identities.find((command.provider, command.subject), Lock.CHANGE)
    if known is not None and known.user != user.uid:
        raise Conflict("identity_taken", "This subject is linked to another user.")
    before = _links(uow, user, command.provider)
    for identity in before:
        if identity != known:
            _end(uow, identity)
    if known is None:
        uow.record("user", user.uid, "identity.linked", {"identity": [None, command.provider]})
        known = uow.identities.add(ProviderIdentity(uow.tenant, command.provider, command.subject, user.uid, uow.now))
    return Linked(known, not before)


class Unlink(msgspec.Struct, frozen=True):
    """End the link of a user, by id or login, at a provider."""

    person: str
    provider: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def unlink(uow: UnitOfWork, command: Unlink) -> None:
    """The sessions that it opened end with it. Repeating it changes nothing."""
    for identity in _links(uow, _user(uow, command.person), command.provider):
        _end(uow, identity)


def _user(uow: UnitOfWork, person: str) -> User:
    require_admin(uow.principal)
    user = lookup.find(uow, uow.principal.user) if person == "me" else lookup.by_id_or_login(uow, person)
    if user is None or user.deleted_at is not None:
        raise NotFound("user_not_found", f"There is no user {person}.")
    return user


def _links(uow: UnitOfWork, user: User, provider: str) -> list[ProviderIdentity]:
    return [identity for identity in uow.identities.of_user(user.uid) if identity.provider == provider]


def _end(uow: UnitOfWork, identity: ProviderIdentity) -> None:
    uow.identities.remove(identity)
    uow.record("user", identity.user, "identity.unlinked", {"identity": [identity.provider, None]})
    for session in uow.sessions.of_user(identity.user):
        if session.via == f"oidc:{identity.provider}":
            uow.sessions.remove(session)
