"""Parts of pages that are drawn once, with marks where values go, and filled in for each page.

A template that is drawn so gets `v`, whose values may only stand in its text: it can't branch on them.
"""

import re

from markupsafe import Markup

MARK = re.compile("\x00([^\x00]*)\x00")


class Marks(dict[str, str]):
    """A mark for each value that a template asks for."""

    def __missing__(self, name: str) -> str:
        return Markup(f"\x00{name}\x00")  # noqa: S704 - a name in a template


def pattern(drawn: str) -> str:
    """What was drawn with marks, to be formatted with values that are escaped."""
    return MARK.sub(r"%(\1)s", drawn.replace("%", "%%"))
