"""Names by which a user signs in, when he no longer has them."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.usecases.uow import UnitOfWork


class ReleaseLogin(msgspec.Struct, frozen=True):
    """Let others have a login or address of this user; run under the directory tenant."""

    login: str
    user: str

    def keys(self) -> Keys:
        return Keys().also("login_name", [self.login], Lock.CHANGE)


def release_login(uow: UnitOfWork, command: ReleaseLogin) -> None:
    """Nothing if it is another user's, or nobody's."""
    known = uow.login_names.find(command.login, Lock.CHANGE)
    if known is not None and known.user == command.user:
        uow.login_names.remove(known)
