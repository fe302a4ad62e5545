"""What the frame shows of the reader's own: the counts beside the lists, and the saved views."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from dragoman.domain.access import Principal
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
LISTS_KEPT = 20
"""Lists of each reader whose counts are kept."""

Kept = tuple[float, Counted]

Reader = tuple[int, str | None]
List = tuple[str, str | None]
"""The name of a list, and its filter."""

_kept: "WeakKeyDictionary[Application, dict[Reader, Kept]]" = WeakKeyDictionary()
_kept_lists: "WeakKeyDictionary[Application, dict[Reader, dict[List, tuple[float, int]]]]" = WeakKeyDictionary()


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


def count_of(visit: "Visit", list_: List) -> int | None:
    """The count of a list with its filter, as far as it is known still."""
    at, count = _lists_of(visit).get(list_, (0.0, None))
    return count if uptime() - at < SECONDS else None


def keep_count(visit: "Visit", list_: List, count: int) -> None:
    """Know the count of a list for a while."""
    kept = _lists_of(visit)
    if list_ in kept and uptime() - kept[list_][0] < SECONDS:
        return
    if len(kept) >= LISTS_KEPT:
        kept.clear()
    kept[list_] = uptime(), count


def outdate(app: "Application", principal: Principal) -> None:
    """The reader changed something: count anew."""
    for kept in (_kept, _kept_lists):
        kept.get(app, {}).pop((principal.tenant, principal.user), None)


def _lists_of(visit: "Visit") -> dict[List, tuple[float, int]]:
    principal = visit.require()
    readers = _kept_lists.setdefault(visit.app, {})
    if len(readers) >= MOST_KEPT:
        readers.clear()
    return readers.setdefault((principal.tenant, principal.user), {})


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
    _kept_lists.clear()
