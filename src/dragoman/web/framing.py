"""What the frame shows of the reader's own: the counts beside the lists, and the saved views."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from dragoman.domain.clock import uptime
from dragoman.domain.view import View
from dragoman.usecases.inbox import counts
from dragoman.usecases.inbox.counts import Counted
from dragoman.usecases.inbox.search import COUNTED
from dragoman.web.frame import Entry

if TYPE_CHECKING:
    from dragoman.runtime.application import Application
    from dragoman.web.visit import Visit

SECONDS = 5.0
"""How old counts may be."""
MOST_KEPT = 1_000
"""Readers whose counts are kept."""

Kept = tuple[float, Counted]

_kept: "WeakKeyDictionary[Application, dict[tuple[int, str | None], Kept]]" = WeakKeyDictionary()


async def gather(visit: "Visit") -> tuple[dict[str, str], Sequence[Entry]]:
    """List -> its count as shown; the links of the saved views."""
    found = await counted(visit)
    links = [Entry(f"view-{view.number}", href(view), "star", view.name) for view in found.views]
    return {name: shown(count) for name, count in found.counts.items()}, links


def href(view: View) -> str:
    """The address of a saved view."""
    return f"/ui/inbox/{view.list}?view={view.number}"


def is_fresh(visit: "Visit", seconds: float = SECONDS) -> bool:
    """Whether the counts are known still."""
    principal = visit.require()
    known = _kept.setdefault(visit.app, {}).get((principal.tenant, principal.user))
    return known is not None and uptime() - known[0] < seconds


async def counted(visit: "Visit", known: dict[str, int] | None = None, seconds: float = SECONDS) -> Counted:
    """The counts and views, at most so many seconds old. `known` are those of lists that were counted just now."""
    principal = visit.require()
    kept = _kept.setdefault(visit.app, {})
    who = principal.tenant, principal.user
    if is_fresh(visit, seconds):
        return kept[who][1]
    found = await visit.read(counts.count, counts.Count(known or {}))
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[who] = uptime(), found
    return found


def known(visit: "Visit") -> dict[str, int]:
    """The counts that the reader saw last, as far as this process knows."""
    principal = visit.require()
    found = _kept.get(visit.app, {}).get((principal.tenant, principal.user))
    return {} if found is None else found[1].counts


def shown(count: int) -> str:
    """A count as it is shown: exact, or "999+" from where counting stops; nothing for none."""
    if not count:
        return ""
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count)


def forget() -> None:
    """Count anew at the next page."""
    _kept.clear()
