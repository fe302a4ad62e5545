"""Work lists: named places that tasks wait in, and the people who may move them. A task is in one at most.

A list gives no right to see a task: who sees it is decided by the task alone (`domain.access`).
"""

from enum import StrEnum
from typing import Any

import msgspec

from dragoman.domain.access import Principal, holds
from dragoman.domain.clock import Moment

LONGEST_NAME = 254
"""In bytes of UTF-8."""


class ListRole(StrEnum):
    """What somebody may do with a list. All of them see it."""

    READER = "reader"
    OPENER = "opener"  # nothing more than a reader: decision 0058
    APPENDER = "appender"  # moves tasks into it
    DISTRIBUTOR = "distributor"  # moves its tasks to its targets
    TRANSFER_INITIATOR = "transfer_initiator"  # moves its tasks anywhere


DISTRIBUTING = frozenset({ListRole.DISTRIBUTOR, ListRole.TRANSFER_INITIATOR})


class WorkList(msgspec.Struct, frozen=True):
    """One list. Holders in `roles` are spelled as in work items, `targets` are uids of other lists; `owner` is a user's
    uid, and gives no right."""

    tenant: int
    number: int
    uid: str
    name: str
    display_name: str | None = None
    description: str | None = None
    owner: str | None = None
    roles: dict[str, tuple[str, ...]] = {}
    targets: tuple[str, ...] = ()
    extras: dict[str, dict[str, Any]] = {}
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    revision: int = 1
    row_version: int = 1
    head_hash: str = ""

    @property
    def label(self) -> str:
        """The text to display."""
        return self.display_name or self.name


def roles_of(principal: Principal, work_list: WorkList) -> frozenset[ListRole]:
    """The principal's roles on a list; an administrator has all of them."""
    if principal.is_admin:
        return frozenset(ListRole)
    return frozenset(
        role for role in ListRole if any(holds(principal, holder) for holder in work_list.roles.get(role, ()))
    )
