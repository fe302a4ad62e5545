"""What the address of a list asks for, and addresses with another filter, page or choice of columns."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

import msgspec

from dragoman.dialects.kit import Request

SIZES = (25, 50, 100)
USUAL_SIZE = 50
OF_PAGES = frozenset({"after", "before"})
OF_ONE_LOOK = frozenset({"add", "value", "edit", "peek", "select"})
"""Parameters that open something on the page; a link elsewhere leaves them out."""
KEPT = ("list", "q", "after", "before", "limit", "cols", "view")
"""The others."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a list. `q` is None where there is no filter, which isn't an empty one."""

    list: str
    q: str | None = None
    after: str | None = None
    before: str | None = None
    limit: int = USUAL_SIZE
    cols: str | None = None
    view: int | None = None
    peek: int | None = None
    add: str | None = None
    value: str | None = None
    edit: str | None = None
    select: str | None = None

    def href(self, **changes: Any) -> str:
        """The address of the list with these parameters changed. Another filter begins with the first page."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in KEPT}
        if not OF_PAGES.isdisjoint(changes) or "q" in changes:
            kept |= dict.fromkeys(OF_PAGES)
        kept |= changes
        name = kept.pop("list")
        if kept["limit"] == USUAL_SIZE:
            kept["limit"] = None
        query = "&".join(f"{key}={_quoted(str(value))}" for key, value in kept.items() if value is not None)
        return f"/ui/inbox/{name}{'?' if query else ''}{query}"


@lru_cache(1_000)
def _quoted(text: str) -> str:
    return quote_plus(text)


def asked(name: str, request: Request) -> Asked:
    """The parameters of a request."""
    query = {key: values[0] for key, values in request.query.items() if values}
    columns = [part for value in request.query.get("cols", ()) for part in value.split(",") if part]
    return of_query(name, query | ({"cols": ",".join(columns)} if "cols" in request.query else {}))


def of_query(name: str, query: Mapping[str, str]) -> Asked:
    """The parameters of a query."""
    limit = _number(query.get("limit"))
    return Asked(
        list=name,
        limit=limit if limit in SIZES else USUAL_SIZE,
        view=_number(query.get("view")),
        peek=_number(query.get("peek")),
        **{key: query.get(key) for key in ("q", "after", "before", "cols", "add", "value", "edit", "select")},
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 18 else None


def replaced(wanted: Asked, **changes: Any) -> Asked:
    """The parameters with these changed."""
    return msgspec.structs.replace(wanted, **changes)
