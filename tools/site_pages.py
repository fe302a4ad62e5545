"""MkDocs hooks: pages that follow the code, pages outside of docs/, and links between them.

Dialects and decisions are added to the navigation by their files, so that a new one changes no list. On a forge, pages
link to files of the repository; on the site these links lead to the pages made from those files.
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
LINK = re.compile(r"\[(?P<text>[^\]\n]*)\]\((?P<target>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add dialects and decisions to the navigation."""
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
    """Add the pages that are outside of docs/."""
    for source, place in outside().items():
        text = source.read_text(encoding="utf-8")
        if source.name == "README.md" and source.is_relative_to(ROOT / DIALECTS):
            text = text.replace(title_line(source), f"# {title_of(source)}: quirks", 1)
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as the site needs them; a link to a file that the site doesn't have becomes text."""
    places = {source.relative_to(ROOT).as_posix(): place for source, place in outside().items()}
    sources = {place: source for source, place in places.items()}
    here = page.file.src_uri
    folder = posixpath.dirname(sources.get(here, f"docs/{here}"))

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found["target"]))
        place = places.get(target, target.removeprefix("docs/") if target.startswith("docs/") else None)
        if place is None:
            return found["text"]
        return f"[{found['text']}]({posixpath.relpath(place, posixpath.dirname(here))}{found['anchor'] or ''})"

    return LINK.sub(link, markdown)


def chapters(page: Path) -> list[Any]:
    """A dialect's own part of the navigation."""
    here = "reference/dialects"
    return [{"Operations": f"{here}/{page.name}"}, {"Quirks": f"{here}/{page.stem}-quirks.md"}]


def outside() -> dict[Path, str]:
    """Pages of the repository that are outside of docs/, and their places on the site."""
    dialects = sorted((ROOT / DIALECTS).glob("*/README.md"))
    return {
        ROOT / "CONTRIBUTING.md": "contributing.md",
        ROOT / "SECURITY.md": "security.md",
        ROOT / "CHANGELOG.md": "changelog.md",
        ROOT / "findings" / "README.md": "findings.md",
        **{readme: f"reference/dialects/{readme.parent.name}-quirks.md" for readme in dialects},
    }


def title_of(page: Path) -> str:
    """The title in the page's first line."""
    return title_line(page).removeprefix("# ")


def title_line(page: Path) -> str:
    """The page's first line."""
    return page.read_text(encoding="utf-8").partition("\n")[0]
