"""The drawings of `static/icons.svg`. A page holds those that it uses, once, at its end."""

import re
from functools import cache, lru_cache
from pathlib import Path

from markupsafe import Markup

from dragoman.web.verbs import IN_MENUS

FILE = Path(__file__).parent / "static" / "icons.svg"
SYMBOL = re.compile(r'<symbol id="([a-z_]+)".*?</symbol>')
USED = re.compile(r'<use href="#i-([a-z_]+)"')
STATES = frozenset(
    {
        *("inactive", "ready", "claimed", "running", "suspended", "completed", "failed", "terminated", "expired"),
        "pending_review",
    }
)
OF_ROWS = STATES | {act.icon for act in IN_MENUS} | {"more", "to", "warn"} | {"eye", "pen", "plus", "x"}
"""Those that rows of lists, and a task beside them, may use, so that they needn't be searched through."""
ROWS, ROWS_END = '<tbody id="rows">', "</tbody>"


@cache
def drawings() -> dict[str, str]:
    """Name -> its symbol, whose id begins so that it is no other element's."""
    return {found[1]: found[0].replace('id="', 'id="i-', 1) for found in SYMBOL.finditer(FILE.read_text())}


@cache
def icon(name: str) -> Markup:
    """An icon in a page. KeyError for an unknown name."""
    drawings()[name]
    return Markup('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>').format(name)


def sprite(page: str) -> str:
    """The symbols that a page uses. One that shows states or rows has all of theirs: a row may come to have others."""
    before, rows, after = page.partition(ROWS)
    if not rows:
        return _sprite(frozenset(USED.findall(page)))
    return _sprite(frozenset(USED.findall(before) + USED.findall(after, after.index(ROWS_END))) | OF_ROWS)


@lru_cache(1_000)
def _sprite(used: frozenset[str]) -> str:
    if used & STATES:
        used |= STATES
    symbols = "".join(drawings()[name] for name in sorted(used))
    return f'<svg class="sprite" aria-hidden="true">{symbols}</svg>'
