"""Users who join: made, and given a link by which they choose their password, in one transaction."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.people import User, UserKind
from dragoman.usecases.identity import adding, password_links
from dragoman.usecases.uow import UnitOfWork


class AddWithLink(msgspec.Struct, frozen=True):
    """Add a user; a person without a password gets a link to choose one, made of `secret` or of random bits."""

    user: adding.AddUser
    secret: bytes | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Added(msgspec.Struct, frozen=True):
    """The new user, and the link, which can't be shown again."""

    user: User
    link: password_links.NewLink | None = None


def add_with_link(uow: UnitOfWork, command: AddWithLink) -> Added:
    """Errors as in `adding.add_user`."""
    user = adding.add_user(uow, command.user)
    if user.kind is not UserKind.PERSON or user.password_hash is not None:
        return Added(user)
    return Added(user, password_links.create_link(uow, password_links.CreateLink(user.uid, secret=command.secret)))
