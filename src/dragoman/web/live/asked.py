"""What a page says of itself: the rows that it shows, their revisions, and the list that they are of."""

import re
from typing import NamedTuple

from dragoman.dialects.kit import Request
from dragoman.domain.errors import Invalid

MOST_SHOWN = 500
"""Rows that a page may show."""
MOST_ASKED = 100
"""Rows that are drawn at a time."""
ROW = re.compile(r"(\d{1,18})\.(\d{1,18})", re.ASCII)
NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class Asked(NamedTuple):
    """The parameters of a request for live news. `list` is empty for a page that is no list."""

    rows: dict[int, int]  # number -> the revision shown
    batches: dict[int, int]
    list: str
    q: str | None


def asked(request: Request) -> Asked:
    """What the page shows. Invalid for what can't be read."""
    return Asked(
        rows=_revisions(request, "rows"),
        batches=_revisions(request, "batches"),
        list=request.first("list") or "",
        q=request.first("q"),
    )


def numbers(request: Request) -> tuple[int, ...]:
    """The rows that are asked for, each once. Invalid for what can't be read, and for too many."""
    parts = _parts(request, "n")
    if len(parts) > MOST_ASKED or not all(map(NUMBER.fullmatch, parts)):
        raise Invalid("bad_rows", f"The parameter n takes up to {MOST_ASKED} numbers of tasks, such as 4711,4706.")
    return tuple(dict.fromkeys(map(int, parts)))


def _revisions(request: Request, name: str) -> dict[int, int]:
    parts = _parts(request, name)
    found = [ROW.fullmatch(part) for part in parts]
    if len(parts) > MOST_SHOWN or not all(found):
        why = f"The parameter {name} takes up to {MOST_SHOWN} numbers with revisions, such as 4711.9,4706.3."
        raise Invalid("bad_rows", why)
    return {int(each[1]): int(each[2]) for each in found if each is not None}


def _parts(request: Request, name: str) -> list[str]:
    text = request.first(name) or ""
    return text.split(",") if text else []
