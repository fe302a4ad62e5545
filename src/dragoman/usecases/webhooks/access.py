"""Who may have webhooks, and which ones a principal is shown."""

from dragoman.command import Lock
from dragoman.domain.access import Principal, require_admin
from dragoman.domain.errors import NotFound
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import User
from dragoman.domain.webhook import Webhook
from dragoman.usecases.identity.users import principal_of
from dragoman.usecases.uow import UnitOfWork

NOBODY = "00000000-0000-0000-0000-000000000000"


def check(uow: UnitOfWork) -> None:
    """Forbidden for users who may have no webhooks."""
    if not uow.terms.webhooks.is_for_everybody:
        require_admin(uow.principal)


def owner_shown(uow: UnitOfWork) -> str | None:
    """Whose webhooks the principal is shown; None for everybody's."""
    check(uow)
    return None if uow.principal.is_admin else uow.principal.user or NOBODY


def found(uow: UnitOfWork, uid: str, lock: Lock = Lock.NONE) -> Webhook:
    """The webhook of this id. NotFound for another user's, too, unless the principal is an administrator."""
    owner, key = owner_shown(uow), uuid_of(uid)
    if key is not None:
        uow.webhooks.load([key], lock)
    webhook = None if key is None else uow.webhooks.find(key, lock)
    if webhook is None or owner not in (None, webhook.owner):
        raise NotFound("webhook_not_found", f"There is no webhook {uid}.", id=uid)
    return webhook


def owner_of(uow: UnitOfWork, webhook: Webhook) -> Principal | None:
    """The owner with the rights of today; None for one who was disabled or deleted."""
    user: User | None = uow.users.find(webhook.owner)
    if user is None or user.disabled_at is not None or user.deleted_at is not None:
        return None
    groups = [group for uid in user.groups if (group := uow.groups.find(uid)) is not None]
    return principal_of(user, groups)
