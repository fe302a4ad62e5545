"""Generated documentation: tables between `<!-- begin NAME -->` and `<!-- end NAME -->`, and the dialects' pages.

python -m tools.check_docs            fail if a table is stale or missing, or a link is dead
python -m tools.check_docs --write    write them
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools import dialect_pages, reference

ROOT = Path(__file__).resolve().parents[1]
MARKED = re.compile(r"<!-- begin (?P<name>[a-z-]+) -->\n(?P<old>.*?)<!-- end (?P=name) -->", re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(#[^)\s]*)?\)")

TABLES: dict[str, Callable[[], str]] = {
    "commands": reference.commands,
    "core-codes": dialect_pages.core_codes,
    "dialects": dialect_pages.overview,
    "error-statuses": dialect_pages.statuses,
    "errors": reference.errors,
    "job-kinds": reference.job_kinds,
    "job-states": reference.job_states,
    "metrics": reference.metrics,
    "presets": reference.presets,
    "scopes": reference.scopes,
    "settings": reference.settings,
    "timers": reference.timers,
}


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that is not wholly generated."""
    folders = ("bench", "changes", "docs", "findings", "src/dragoman", "tests")
    return sorted(
        {page for pattern in ("*.md", *(f"{folder}/**/*.md" for folder in folders)) for page in root.glob(pattern)}
    )


def renewed(page: str, tables: dict[str, str]) -> str:
    """The page with its tables regenerated. Raises ValueError for an unknown table."""

    def table(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in tables:
            raise ValueError(f"no table is called {name}; there are {', '.join(tables)}")
        return f"<!-- begin {name} -->\n{tables[name]}<!-- end {name} -->"

    return MARKED.sub(table, page)


def dead_links(page: Path) -> Iterator[str]:
    """Links to missing files."""
    for found in LINK.finditer(page.read_text()):
        target = found["target"]
        if ":" not in target and not (page.parent / target).exists():
            yield f"{page.relative_to(ROOT)}: dead link to {target}"


def made_pages(made: dict[str, str], *, write: bool, root: Path = ROOT) -> Iterator[str]:
    """The faults of wholly generated pages: stale, missing, or left over; with `write` they are mended instead."""
    there = {str(page.relative_to(root)) for page in (root / dialect_pages.FOLDER).glob("*.md")}
    for name in sorted(made.keys() | there):
        page, text = root / name, made.get(name)
        if page.exists() and page.read_text() == text:
            continue
        if not write:
            yield f"{name} is stale: `make docs` writes it"
        elif text is None:
            page.unlink()
        else:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text)


def main(arguments: list[str]) -> int:
    """The exit status: 0 if every page is up to date, or was updated."""
    tables = {name: make() for name, make in TABLES.items()}
    faults = list(made_pages(dialect_pages.pages(), write=arguments == ["--write"]))
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
