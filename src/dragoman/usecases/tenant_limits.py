"""Limits of a tenant: how much of something it may have. A missing one is no limit."""

from dragoman.domain.errors import Conflict
from dragoman.usecases.uow import UnitOfWork

OPEN_TASKS, USERS, ATTACHMENT_BYTES = "open_tasks", "users", "attachment_bytes"
LIMITS = (USERS, OPEN_TASKS, ATTACHMENT_BYTES)


def make_room(uow: UnitOfWork, limit: str, count: int, most: int) -> None:
    """Conflict where `count` objects are there already, and the tenant may have `most` of them."""
    if count >= most:
        raise Conflict("tenant_full", f"The tenant may have {most} {limit.replace('_', ' ')}.", limit=limit, most=most)
