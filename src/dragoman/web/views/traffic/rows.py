"""Requests as the page lists them, and what they caused as links."""

from collections.abc import Mapping, Sequence

import msgspec

from dragoman.domain.traffic import Entry
from dragoman.usecases.admin.traffic import Caused
from dragoman.web.moments import Moments, Written

PLACES = {"task": "/ui/tasks", "contact": "/ui/contacts", "case": "/ui/cases", "batch": "/ui/batches"}
FAILED = 400
MOST_SHOWN = 3
"""Objects that a row names; the page of the request names all."""


class Link(msgspec.Struct, frozen=True):
    """An object that a request changed. Without an address it has no page."""

    entity: str
    number: int
    href: str = ""


class Row(msgspec.Struct, frozen=True):
    """A request in the list."""

    entry: Entry
    at: Written
    clock: str
    is_failed: bool
    caused: Sequence[Link]
    more: int


def rows(entries: Sequence[Entry], caused: Mapping[str, Sequence[Caused]], moments: Moments) -> list[Row]:
    """The requests with what they caused."""
    made = []
    for entry in entries:
        links = links_of(caused.get(entry.request, ()))
        shown = links[:MOST_SHOWN]
        is_failed = entry.status >= FAILED
        made.append(
            Row(entry, moments.of(entry.at), moments.clock(entry.at), is_failed, shown, len(links) - len(shown))
        )
    return made


def links_of(caused: Sequence[Caused]) -> list[Link]:
    """Each object once, in the order of the changes."""
    named = dict.fromkeys((change.entity, change.number) for change in caused)
    return [Link(entity, number, href(entity, number)) for entity, number in named]


def href(entity: str, number: int) -> str:
    """The address of an object's page; empty where it has none."""
    return f"{PLACES[entity]}/{number}" if entity in PLACES else ""
