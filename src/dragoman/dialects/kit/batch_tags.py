"""The tag of a batch, and the revisions that If-Match names: what dialects share of both (REVIEWED-BULK 2)."""

from dragoman.dialects.kit.conditions import ANY, tags_of
from dragoman.dialects.kit.request import Request
from dragoman.domain.bulk import Batch
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.control import IfMatch

LARGEST = 2**63


def tag_of(batch: Batch) -> tuple[str, str]:
    """The header with the revision, and the number that moves with counts and decisions."""
    return "ETag", f'"{batch.revision}-{batch.activity}"'


def parse_if_match(request: Request) -> IfMatch:
    """The revisions that If-Match names: those of whole tags, or alone; `*` for any, None without the header.

    A weak tag names none. Invalid `invalid_if_match` when the header can't be read.
    """
    header = request.headers.get("if-match")
    if header is None:
        return None
    if header.strip() == ANY:
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
