"""The first user: an administrator, made on a page while there is no user of any tenant.

The page is for people at the machine itself, and for those who have the code that `serve` prints. The code is stored
until the first user is made, so that all nodes take the same one.
"""

import hmac
import secrets

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.errors import Forbidden, NotFound
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.identity import adding
from dragoman.usecases.identity.sessions import USUAL, Life, open_session
from dragoman.usecases.uow import UnitOfWork

CODE = "first_run_code"
OPERATION = "first_run"


class Look(msgspec.Struct, frozen=True):
    """Whether the first user is still to be made."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def is_open(uow: UnitOfWork, command: Look) -> bool:
    """Whether no tenant has a user. Once one has, this never changes again."""
    return not uow.login_names.are_any()


class DrawCode(msgspec.Struct, frozen=True):
    """The code to print."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def draw_code(uow: UnitOfWork, command: DrawCode) -> str | None:
    """The stored code, or a new one; None when there is a user."""
    known = uow.settings.find(CODE, Lock.CHANGE)
    if uow.login_names.are_any():
        if known is not None:
            uow.settings.remove(known)
        return None
    if known is None:
        known = uow.settings.add(Setting(tenant=uow.tenant, name=CODE, value=secrets.token_urlsafe(16)))
    return known.value


class Begin(msgspec.Struct, frozen=True):
    """Make the first user, and open a session for him. `is_near`: the browser runs on this machine.

    Run in the main tenant as the server itself.
    """

    user: adding.AddUser
    is_near: bool = False
    code: str = ""
    browser: str | None = None
    address: str | None = None
    life: Life = USUAL

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def begin(uow: UnitOfWork, command: Begin) -> str:
    """The text of the cookie of the session. Of two at once one is refused.

    NotFound when there is a user already; Forbidden (`wrong_code`) from elsewhere without the code; other errors as in
    `adding.add_user`.
    """
    known = uow.settings.find(CODE, Lock.CHANGE)
    if uow.login_names.are_any():
        raise NotFound("unknown_path", "There is no such page.")
    if not command.is_near and (known is None or not hmac.compare_digest(known.value.encode(), command.code.encode())):
        raise Forbidden("wrong_code", "This is not the code that the server printed.")
    user = adding.add_user(uow, command.user)
    if known is not None:
        uow.settings.remove(known)
    return open_session(uow, user, "password", command.browser, command.address, command.life)
