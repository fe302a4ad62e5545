"""Sketches of cases: what lists by condition look at, without the rest of the case."""

from collections.abc import Iterator

from dragoman.domain.case import CaseKind
from dragoman.store.repositories.cases import Sketch
from dragoman.store.repositories.contacts import has_words
from dragoman.usecases.uow import UnitOfWork

__all__ = ["Sketch", "has_words", "sketches"]


def sketches(uow: UnitOfWork, kind: CaseKind, *, assignee: str | None = None) -> Iterator[Sketch]:
    """Those of a kind that the principal may see, or that a user is to see to, by number; read in slices. The command
    must be exclusive."""
    return uow.cases.sketches(kind, uow.principal, assignee=assignee)
