"""Texts that clients wrote, as pages show them: as text, with links to web addresses and nothing else."""

import re
from collections.abc import Iterator
from typing import NamedTuple

LINK = re.compile(r"https?://[^\s<>\"'\u2028\u2029]+")
TRAILING = ".,;:!?)]}"


class Part(NamedTuple):
    """A part of a text; `href` is empty unless it is an address."""

    text: str
    href: str = ""


def parts(text: str) -> Iterator[Part]:
    """The text in parts, of which addresses are links. A sign that ends the sentence isn't part of an address."""
    at = 0
    for found in LINK.finditer(text):
        href = found[0].rstrip(TRAILING)
        if found.start() > at:
            yield Part(text[at : found.start()])
        yield Part(href, href)
        at = found.start() + len(href)
    if at < len(text):
        yield Part(text[at:])
