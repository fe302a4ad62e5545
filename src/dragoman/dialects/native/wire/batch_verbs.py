"""Reading decisions and changes of batches: the body first, then the path, as their order of checks asks."""

from typing import Any, Literal

from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.conditions import tags_of
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.batch_orders import FAULTS, refuse_others, text_of
from dragoman.dialects.native.wire.batches import LONGEST_PURPOSE
from dragoman.domain.errors import Invalid

IfMatch = frozenset[int] | Literal["*"] | None

NOUN = "batch"
LARGEST = 2**63


def parse_reason(request: Request) -> str | None:
    """The reason in a body, which may be missing. Invalid with every fault."""
    if not request.body:
        return None
    reading.check_media(request, reading.JSON)
    value: Any = json.parse(request.body)
    problems = Problems()
    if not isinstance(value, dict):
        problems.add("", "type", "must be an object")
        value = {}
    refuse_others(value, ("reason",), problems)
    reason = text_of(value["reason"], "/reason", problems, LONGEST_PURPOSE) if "reason" in value else None
    problems.raise_if_any(message=FAULTS)
    return reason


def must_be_empty(request: Request) -> None:
    """Invalid for a body with members."""
    if not request.body:
        return
    reading.check_media(request, reading.JSON)
    value: Any = json.parse(request.body)
    problems = Problems()
    if isinstance(value, dict):
        refuse_others(value, (), problems)
    else:
        problems.add("", "type", "must be an object")
    problems.raise_if_any(message=FAULTS)


def parse_if_match(request: Request) -> IfMatch:
    """The revisions that If-Match names: those of whole tags, or alone; `*` for any, None without the header.

    A weak tag names none. Invalid `invalid_if_match` when the header can't be read.
    """
    header = request.headers.get("if-match")
    if header is None:
        return None
    if header.strip() == "*":
        return "*"
    tags = tags_of(header)
    if tags is None:
        raise Invalid("invalid_if_match", 'If-Match is a list of tags such as "2-0" or "2", or *.')
    return frozenset(revision for tag in tags if (revision := _revision(tag)) is not None)


def _revision(tag: str) -> int | None:
    """The revision of `"R-N"` or `"R"`."""
    revision, dash, activity = tag[1:-1].partition("-")
    if not tag.startswith('"') or not _is_number(revision) or (dash and not _is_number(activity)):
        return None
    return int(revision)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < LARGEST
