"""Labels: words that users put on contacts, cases and opportunities. Two that differ only in case are the same."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.text import folded

LONGEST_LABEL = 255
MOST_LABELS = 100
"""Maximum labels of one contact or case."""


class Labelled(StrEnum):
    """What labels are put on. Each kind has a vocabulary of its own."""

    CONTACT = "contact"
    CASE = "case"
    OPPORTUNITY = "opportunity"


class Label(msgspec.Struct, frozen=True):
    """A word of a vocabulary, with or without anything that bears it. `folded` is its key."""

    tenant: int
    kind: Labelled
    folded: str
    title: str
    created_at: Moment = Moment(0)
    row_version: int = 1


def check_label(title: str) -> str:
    """The label. Invalid for an empty one, and for one that is too long."""
    if not title.strip():
        raise Invalid("bad_label", "A label has text.", (Problem("/label", "required", "is empty"),))
    if len(title) > LONGEST_LABEL:
        why = f"is longer than {LONGEST_LABEL} characters"
        raise Invalid("bad_label", f"The label {why}.", (Problem("/label", "too_long", why),))
    return title


def distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels, each once, in the spelling that came first; without blank ones."""
    first: dict[str, str] = {}
    for label in labels:
        if label.strip():
            first.setdefault(folded(label), label)
    return tuple(first.values())


def with_label(labels: tuple[str, ...], title: str) -> tuple[str, ...]:
    """The labels and this one, which is there once. Conflict beyond MOST_LABELS."""
    if folded(title) in map(folded, labels):
        return labels
    if len(labels) >= MOST_LABELS:
        raise Conflict("too_many_labels", f"There can be at most {MOST_LABELS} labels.", limit=MOST_LABELS)
    return (*labels, title)


def without_label(labels: tuple[str, ...], title: str) -> tuple[str, ...]:
    """The labels but this one."""
    return tuple(label for label in labels if folded(label) != folded(title))
