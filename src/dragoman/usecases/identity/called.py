"""What users are called, for pages that speak of them."""

import re
from collections.abc import Iterable

from dragoman.usecases.uow import UnitOfWork

CATEGORY = re.compile(r'"category":\[(\d+|null),(\d+|null)\]')
UID = re.compile(r'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')


def names(uow: UnitOfWork, uids: Iterable[str | None]) -> dict[str, str]:
    """Uid -> name; users who are gone are left out. They are looked up in the directory, which is cached."""
    wanted = {uid for uid in uids if uid is not None}
    uow.users.remember(wanted)
    found = {uid: uow.users.find(uid) for uid in wanted}
    return {uid: user.display_name or user.login for uid, user in found.items() if user is not None}


def in_changes(changes: Iterable[str | None]) -> set[str]:
    """The ids that stand in changes of history (JSON text), those of users among them."""
    return {uid for text in changes if text is not None for uid in UID.findall(text)}


def categories(uow: UnitOfWork, changes: Iterable[str | None]) -> dict[int, str]:
    """Number -> title of the categories that stand in changes of history. For readers and exclusive commands."""
    pairs = [pair for text in changes if text is not None for pair in CATEGORY.findall(text)]
    numbers = {int(number) for pair in pairs for number in pair if number != "null"}
    return {int(number): title for (_, number), title in uow.names.of({"category": numbers}).items()}
