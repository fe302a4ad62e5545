"""What MkDocs is told beside mkdocs.yml: pages that come and go with the code, and links that leave docs/.

A dialect's page and its README, and each decision, find their place by themselves, so that a new dialect or decision
changes no list. On a forge the pages link to files of the repository; on the site these links lead to the pages made
from them.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DIALECTS = "src/dragoman/dialects"
LINK = re.compile(r"\]\((?P<target>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put dialects and decisions into the navigation."""
    docs = Path(config.docs_dir)
    tabs = {title: items for tab in config.nav or () for title, items in tab.items()}
    for entry in tabs["Reference"]:
        if "Dialects" in entry:
            entry["Dialects"] += [
                {title_of(page): chapters(page)} for page in sorted(docs.glob("reference/dialects/*"))
            ]
    decisions = sorted(docs.glob("decisions/[0-9]*.md"))
    tabs["Decisions"] += [{title_of(page): f"decisions/{page.name}"} for page in decisions]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what stands outside of docs/: each dialect's README."""
    for readme in readmes():
        text = readme.read_text(encoding="utf-8").replace(title_line(readme), f"# {title_of(readme)}: quirks", 1)
        files.append(File.generated(config, site_place(readme), content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as they are needed on the site."""
    here = posixpath.dirname(page.file.src_uri)
    outside = {readme.relative_to(ROOT).as_posix(): site_place(readme) for readme in readmes()}

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", here, found["target"]))
        if target not in outside:
            return found[0]
        return f"]({posixpath.relpath(outside[target], here)}{found['anchor'] or ''})"

    return LINK.sub(link, markdown)


def chapters(page: Path) -> list[Any]:
    """A dialect's own part of the navigation."""
    here = "reference/dialects"
    return [{"Operations": f"{here}/{page.name}"}, {"Quirks": f"{here}/{page.stem}-quirks.md"}]


def readmes() -> list[Path]:
    """The README of each dialect."""
    return sorted((ROOT / DIALECTS).glob("*/README.md"))


def site_place(readme: Path) -> str:
    """Where a dialect's README is on the site."""
    return f"reference/dialects/{readme.parent.name}-quirks.md"


def title_of(page: Path) -> str:
    """What the page is called by its first line."""
    return title_line(page).removeprefix("# ")


def title_line(page: Path) -> str:
    """The page's first line."""
    return page.read_text(encoding="utf-8").partition("\n")[0]
