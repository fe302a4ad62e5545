"""How a dialect shows one task, and calls of it that can be tried: what pages need to know of a dialect's addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dragoman.domain.contact import Contact
from dragoman.usecases.tasks.subjects import Samples, Subject

__all__ = [
    "Call",
    "Calls",
    "ContactIds",
    "Kind",
    "ListedAttribute",
    "ListedAttributes",
    "ListedValue",
    "NotShown",
    "Samples",
    "ShownTask",
    "Subject",
]


class NotShown(Exception):
    """The dialect has no address for the task: why not, as a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ShownTask:
    """The operation that shows one task, and the path below the usual prefix. `path` raises NotShown.

    `read` finds the UUID in an id of a task that only this dialect writes so; None for other texts.
    """

    operation: str
    path: Callable[[Subject], str]
    read: Callable[[str], str | None] | None = None


Kind = Literal["list", "one", "make", "change", "rehearse"]
"""What a call does: list, show one, create, change, or show what it would do."""


@dataclass(frozen=True)
class Call:
    """A call to try: what it does, its operation, method, path below the usual prefix, and the body."""

    kind: Kind
    operation: str
    method: str
    path: str
    body: str = ""
    media: str = "application/json"

    @property
    def is_read_only(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"


Calls = Callable[[Samples], tuple[Call, ...]]
"""Three calls that work with what there is, those that change nothing first."""

ContactIds = Callable[[Contact], Mapping[str, str]]
"""The ids of a contact in the dialect, by the members that hold them."""


@dataclass(frozen=True)
class ListedValue:
    """A value that a field may have: its id and name on the wire, and what people call it."""

    id: str
    name: str
    title: str = ""


@dataclass(frozen=True)
class ListedAttribute:
    """An attribute whose values the settings list. `fields` are those that take them, as the dialect names them."""

    id: str
    name: str
    title: str = ""
    fields: tuple[str, ...] = ()
    values: tuple[ListedValue, ...] = ()


@dataclass(frozen=True)
class ListedAttributes:
    """The attributes that an option of the dialect lists."""

    option: str
    attributes: tuple[ListedAttribute, ...]
