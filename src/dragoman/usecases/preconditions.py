"""Preconditions: a client names the revision it has read. Writers of different fields never conflict (DESIGN 3, 3)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman.domain.errors import Invalid, StaleVersion
from dragoman.domain.extension import fold
from dragoman.usecases.uow import UnitOfWork

Revisions = frozenset[int]
PAGE = 200

_names_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class OutOfRange(msgspec.Struct, frozen=True):
    """Values outside the limits of an API. They are accepted only when unchanged, since another API may have stored
    them."""

    values: Mapping[str, Any]
    refusal: Invalid


def must_be_unchanged(entity: Any, out_of_range: OutOfRange | None) -> None:
    """Raise the refusal unless every value equals the present one."""
    if out_of_range is not None and any(getattr(entity, name) != value for name, value in out_of_range.values.items()):
        raise out_of_range.refusal.with_traceback(None)


def check(
    uow: UnitOfWork, kind: str, entity: Any, revisions: Revisions | None, written: frozenset[str] | None = None
) -> None:
    """StaleVersion, with the present state, unless the entity is at one of the revisions, or nothing of what is to be
    `written` (names as history spells them) was changed since. None of `revisions` asks nothing; None of `written` is
    everything.
    """
    if revisions is None or entity.revision in revisions:
        return
    seen = max((revision for revision in revisions if revision < entity.revision), default=None)
    if seen is None or written is None:
        raise _stale(kind, entity, frozenset())
    changed = _changed_since(uow, kind, entity, seen) & frozenset(folded(name) for name in written)
    if changed:
        raise _stale(kind, entity, changed)


def check_absent(entity: Any, is_there: bool) -> None:
    """StaleVersion when the entity that a client wants to create exists."""
    if is_there:
        raise StaleVersion("exists", "It exists already.", entity)


def check_present(entity: Any, is_there: bool) -> None:
    """StaleVersion when the entity that a client wants to replace doesn't exist."""
    if not is_there:
        raise StaleVersion("absent", "It does not exist.", entity)


def folded(name: str) -> str:
    """A history field name for comparison: extension names are compared without regard to case."""
    return fold(name) if name.startswith("extensions.") else name


def _changed_since(uow: UnitOfWork, kind: str, entity: Any, revision: int) -> frozenset[str]:
    names: set[str] = set()
    while revision < entity.revision:
        rows = uow.history.page(kind, entity.number, after=revision, limit=PAGE)
        for row in rows:
            names.update(folded(name) for name in _names_of(row.changes))
        if len(rows) < PAGE:
            break
        revision = rows[-1].revision
    return frozenset(names)


def _stale(kind: str, entity: Any, changed: frozenset[str]) -> StaleVersion:
    which = f" Changed since: {', '.join(sorted(changed))}." if changed else ""
    return StaleVersion(
        "stale", f"The {kind} is at revision {entity.revision}.{which}", entity, changed=tuple(sorted(changed))
    )
