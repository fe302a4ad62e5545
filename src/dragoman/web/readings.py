"""What several pages show of people in the same way: languages to choose from, and sessions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dragoman.usecases.identity.session_lists import Listed
from dragoman.web import browsers

if TYPE_CHECKING:
    from dragoman.web.visit import Visit

LANGUAGES = (("en", "English"), ("de", "Deutsch"))
"""Those that the pages have, each as it calls itself."""


def languages(present: str, none: str) -> list[tuple[str, str]]:
    """The choices of a field for a language: none, those that there are, and the present one where it is another."""
    known = [("", none), *LANGUAGES]
    return known if present in dict(known) else [*known, (present, present)]


def sessions(visit: "Visit", listed: Iterable[Listed]) -> list[dict[str, Any]]:
    """Sessions for a table, the newest first."""
    return [
        {
            "id": item.session.uid,
            "browser": browsers.named(item.session.browser),
            "full": item.session.browser or "",
            "address": item.session.address or "",
            "began": visit.moments.of(item.session.created_at),
            "used": visit.moments.of(item.session.seen_at),
            "is_current": item.is_current,
        }
        for item in reversed(list(listed))
    ]
