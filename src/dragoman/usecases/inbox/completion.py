"""What may be typed next into a filter: keys, people, categories, values. Bounded, and the same for everybody but what
the reader may not see."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.extension import Owner
from dragoman.domain.task_query import keys
from dragoman.domain.task_query.keys import Takes
from dragoman.domain.text import folded
from dragoman.store.repositories.user_pages import UserFilter
from dragoman.usecases.uow import UnitOfWork

MOST = 20


class Complete(msgspec.Struct, frozen=True):
    """What fits after this text: the values of a key, or keys where it is empty."""

    key: str
    text: str
    dialects: tuple[str, ...] = ()
    most: int = MOST

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Completion(msgspec.Struct, frozen=True):
    """One proposal: what is put into the filter, and what it is called."""

    value: str
    label: str = ""


def complete(uow: UnitOfWork, command: Complete) -> list[Completion]:
    """The proposals, best first. Nothing for an unknown key. For readers."""
    if not command.key:
        return _fitting(command, [Completion(key) for key in (*keys.KEYS, *_families(uow))])
    kind = keys.takes(command.key)
    if kind is Takes.WORD:
        return _fitting(command, [Completion(word) for word in keys.words_of(command.key, command.dialects)])
    if kind is Takes.CATEGORY:
        found = [Completion(category.title) for category in uow.categories.all()]
        return _fitting(command, [*found, Completion(keys.NONE)])
    if kind is Takes.PERSON:
        return _people(uow, command)
    if kind is Takes.ORDER:
        return _fitting(command, [Completion(sign + word) for word in keys.SORTS for sign in ("", "-")])
    if kind is Takes.MOMENT:
        return _fitting(command, [Completion(word) for word in ("today", "tomorrow", "<today", "<=+7d", keys.NONE)])
    return []


def _fitting(command: Complete, known: list[Completion]) -> list[Completion]:
    text = folded(command.text)
    begun = [each for each in known if folded(each.value).startswith(text)]
    within = [each for each in known if text in folded(each.value) and each not in begun]
    return [*begun, *within][: command.most]


def _people(uow: UnitOfWork, command: Complete) -> list[Completion]:
    wanted = UserFilter(text=folded(command.text) or None, disabled=False, deleted=False)
    found = [
        Completion(user.login, user.display_name) for user in uow.users.page(wanted, limit=command.most, after=None)
    ]
    own = _fitting(command, [Completion(keys.ME), Completion(keys.NONE)])
    return [*own, *found][: command.most]


def _families(uow: UnitOfWork) -> list[str]:
    extensions = [
        name
        for schema in uow.schemas.all(Owner.TASK)
        for name in (
            f"{keys.EXTENSION}{schema.name}",
            *(f"{keys.EXTENSION}{schema.name}.{each.name}" for each in schema.attributes),
        )
    ]
    return [*extensions, keys.PROPERTY]
