"""Tables of the documentation that are made from the code, between `<!-- begin NAME -->` and `<!-- end NAME -->`.

python -m tools.check_docs            fail when a table is stale or missing, or a link leads nowhere
python -m tools.check_docs --write    write them
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools import reference

ROOT = Path(__file__).resolve().parents[1]
MARKED = re.compile(r"<!-- begin (?P<name>[a-z-]+) -->\n(?P<old>.*?)<!-- end (?P=name) -->", re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(#[^)\s]*)?\)")

TABLES: dict[str, Callable[[], str]] = {
    "commands": reference.commands,
    "dialects": reference.dialects,
    "errors": reference.errors,
    "job-kinds": reference.job_kinds,
    "job-states": reference.job_states,
    "settings": reference.settings,
    "timers": reference.timers,
}


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that we write by hand or in part."""
    found = [root / "README.md", root / "CHANGELOG.md", *root.glob("changes/*.md"), *root.glob("docs/**/*.md")]
    return sorted(found + list(root.glob("src/dragoman/**/*.md")) + list(root.glob("tests/**/*.md")))


def renewed(page: str, tables: dict[str, str]) -> str:
    """The page with its tables made anew. ValueError for a name that no table has."""

    def table(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in tables:
            raise ValueError(f"no table is called {name}; there are {', '.join(tables)}")
        return f"<!-- begin {name} -->\n{tables[name]}<!-- end {name} -->"

    return MARKED.sub(table, page)


def dead_links(page: Path) -> Iterator[str]:
    """Links to files that aren't there."""
    for found in LINK.finditer(page.read_text()):
        target = found["target"]
        if ":" not in target and not (page.parent / target).exists():
            yield f"{page.relative_to(ROOT)}: the link to {target} leads nowhere"


def main(arguments: list[str]) -> int:
    """The exit status: 0 when every page is up to date, or was made so."""
    tables = {name: make() for name, make in TABLES.items()}
    faults = []
    shown: set[str] = set()
    for page in pages():
        text = page.read_text()
        shown |= {found["name"] for found in MARKED.finditer(text)}
        new = renewed(text, tables)
        if new != text and arguments == ["--write"]:
            page.write_text(new)
        elif new != text:
            faults.append(f"{page.relative_to(ROOT)} is stale: `make docs` writes it")
        faults += dead_links(page)
    faults += [f"no page shows the table {name}" for name in tables.keys() - shown]
    print(*sorted(faults), sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
