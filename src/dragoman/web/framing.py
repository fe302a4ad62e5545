"""What the frame shows of the reader's own: the counts beside the lists, and the saved views."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dragoman.web.frame import Entry

if TYPE_CHECKING:
    from dragoman.web.visit import Visit


async def gather(visit: "Visit") -> tuple[dict[str, str], Sequence[Entry]]:
    """List -> its count as shown; the links of the saved views."""
    return {}, ()
