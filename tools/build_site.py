"""Builds the pages of docs/ as a site with MkDocs. A warning is a fault, and so is anything loaded from other hosts.

python -m tools.build_site            build it into site/
python -m tools.build_site --check    build it in a temporary folder
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
LOADING = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("img", "srcset"), ("link", "href")}
NOT_LOADED = {"canonical", "next", "prev", "edit"}
"""The relations of a `link` that a browser doesn't fetch."""


def build(folder: Path) -> None:
    """Build the site in the folder. Raises CalledProcessError if MkDocs finds a fault, which it prints."""
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--clean", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=True)


def loads_from_elsewhere(folder: Path) -> Iterator[str]:
    """What a browser would load from another host, with the file that contains it."""
    for page in sorted(folder.rglob("*.html")):
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        yield from (f"{page.relative_to(folder)}: loads {address}" for address in loads.found)
    for style in sorted(folder.rglob("*.css")):
        found = IN_STYLE.finditer(style.read_text(encoding="utf-8"))
        yield from (f"{style.relative_to(folder)}: loads {each[1]}" for each in found)


class Loads(HTMLParser):
    """The URLs of other hosts among those that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link" and dict(attrs).get("rel") in NOT_LOADED:
            return
        values = [value for name, value in attrs if (tag, name) in LOADING and value is not None]
        self.found += [value for value in values if ELSEWHERE.match(value)]


def main(arguments: list[str]) -> int:
    """The exit status: 0 if the site was built and loads nothing from other hosts."""
    with tempfile.TemporaryDirectory(prefix="dragoman-site-") as temporary:
        folder = Path(temporary) if arguments == ["--check"] else ROOT / "site"
        try:
            build(folder)
        except subprocess.CalledProcessError:
            return 1
        faults = list(loads_from_elsewhere(folder))
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
