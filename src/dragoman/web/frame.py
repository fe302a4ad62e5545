"""The frame of every page for users who are signed in: the lists with their counts, the saved views, the places."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from dragoman.domain.access import Principal
from dragoman.web.words import N_, Words

ADMINISTRATORS = "administrators"


class Entry(NamedTuple):
    """A link of the frame."""

    key: str
    href: str
    icon: str
    label: str
    shown: str = ""  # its count
    id: str = ""


class Frame(NamedTuple):
    """The three groups of links."""

    lists: tuple[Entry, ...]
    views: tuple[Entry, ...]
    places: tuple[Entry, ...]


LISTS = (
    Entry("mine", "/ui/inbox/mine", "hand", N_("Mine")),
    Entry("available", "/ui/inbox/available", "inbox", N_("Available to me")),
    Entry("all", "/ui/inbox/all", "all", N_("All I may see")),
    Entry("review", "/ui/inbox/review", "eye", N_("To review")),
    Entry("overdue", "/ui/inbox/overdue", "late", N_("Overdue")),
    Entry("done", "/ui/inbox/done", "done", N_("Done")),
)
PLACES = (
    Entry("batches", "/ui/batches", "layers", N_("Batches")),
    Entry("contacts", "/ui/contacts", "people", N_("Contacts & cases")),
    Entry("schemas", "/ui/schemas", "braces", N_("Schemas")),
    Entry("traffic", "/ui/traffic", "pulse", N_("Traffic")),
    Entry("overview", "/ui/overview", "chart", N_("Overview")),
    Entry("connect", "/ui/connect", "plug", N_("Connect")),
    Entry("admin", "/ui/admin", "gear", N_("Administration")),
)
OF_ADMINISTRATORS = frozenset({"traffic", "admin"})
"""The places that others may not enter."""


def frame(principal: Principal, said: Words, counts: dict[str, str], views: Sequence[Entry]) -> Frame:
    """The frame for a user. `counts`: of the lists that have one, as they are shown."""
    shown = tuple(counts.get(entry.key, "") for entry in LISTS)
    return _frame(said, shown, tuple(views), principal.is_admin)


@lru_cache(500)
def _frame(said: Words, counts: tuple[str, ...], views: tuple[Entry, ...], is_admin: bool) -> Frame:
    lists = (entry._replace(label=said.gettext(entry.label), shown=n) for entry, n in zip(LISTS, counts, strict=True))
    places = (entry._replace(label=said.gettext(entry.label)) for entry in places_of(is_admin=is_admin))
    return Frame(tuple(lists), views, tuple(places))


def places_of(*, is_admin: bool) -> Sequence[Entry]:
    """The places that a user may enter."""
    return [entry for entry in PLACES if is_admin or entry.key not in OF_ADMINISTRATORS]


def initials(name: str) -> str:
    """One or two letters for a person."""
    parts = [part for part in name.split() if part]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"
