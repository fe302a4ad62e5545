"""Keeps the catalogues of the pages up to date: takes the texts from templates and modules, one catalogue an area.

An area is the folder of a template or view below `templates/` or `views/`; what lies elsewhere in `web/` is of `frame`.
`--check` writes nothing and names what is missing, empty, fuzzy or unused; exit code 1 if there is any.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parent.parent / "src" / "dragoman" / "web"
LOCALES = WEB / "locale"
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "N_": None}
HEADER = "# Texts of the pages in this language. `make messages` adds new ones and drops those that are not used."


class Key(NamedTuple):
    """What a catalogue knows a text by."""

    id: Any  # a str, or a pair of singular and plural
    context: str | None  # of one whose translation depends on what it is said of


class Text(NamedTuple):
    """A text that is translated, and where it stands."""

    area: str
    key: Key
    place: str


def texts() -> Iterator[Text]:
    """All texts of the pages, in the order of files and lines."""
    for path in sorted([*WEB.rglob("*.py"), *WEB.rglob("*.html")]):
        method = "jinja2" if path.suffix == ".html" else "python"
        options = {"trimmed": "false", "newstyle_gettext": "true"} if method == "jinja2" else {}
        extractor: Any = "jinja2.ext:babel_extract" if method == "jinja2" else "python"
        if method == "jinja2":
            from jinja2.ext import babel_extract

            extractor = babel_extract
        with path.open("rb") as file:
            for line, found, _, context in extract(extractor, file, KEYWORDS, options=options):
                yield Text(area(path), key_of(found, context), f"{path.relative_to(WEB)}:{line}")


def key_of(id_: Any, context: str | None) -> Key:
    """The key of a text, as extraction and catalogues have it."""
    return Key(id_ if isinstance(id_, str) else tuple(id_), context)


def area(path: Path) -> str:
    """The area of a file."""
    parts = path.relative_to(WEB).parts
    return parts[1] if len(parts) > 2 and parts[0] in ("templates", "views") else "frame"


def wanted() -> dict[str, dict[Key, list[str]]]:
    """Area -> texts with their places. A text of several areas is kept in the first that has it."""
    found: dict[str, dict[Key, list[str]]] = {}
    owners: dict[Key, str] = {}
    for text in sorted(texts(), key=lambda each: each.area != "frame"):
        owner = owners.setdefault(text.key, text.area)
        found.setdefault(owner, {}).setdefault(text.key, []).append(text.place)
    return found


def read(file: Path, language: str) -> Catalog:
    """A catalogue; an empty one where there is no file yet."""
    if not file.exists():
        return Catalog(locale=language, fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def faults(language: str) -> list[str]:
    """What is wrong with the catalogues of a language, a sentence each."""
    known: dict[Key, Message] = {}
    for file in sorted((LOCALES / language).glob("*.po")):
        known |= {key_of(each.id, each.context): each for each in read(file, language) if each.id}
    needed = {key: places for texts_of in wanted().values() for key, places in texts_of.items()}
    found = [f"{places[0]}: not in the catalogue: {key.id!r}" for key, places in needed.items() if key not in known]
    for key, message in known.items():
        parts = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if key not in needed:
            found.append(f"not used: {key.id!r}")
        elif not all(parts):
            found.append(f"not translated: {key.id!r}")
        elif message.fuzzy:
            found.append(f"fuzzy: {key.id!r}")
        elif "%(" in str(key.id) and any(sorted(names(part)) != sorted(names(key.id)) for part in parts[-1:]):
            found.append(f"other names between the brackets: {key.id!r}")
    return found


def names(text: Any) -> set[str]:
    """The names of the values in a text."""
    import re

    return set(re.findall(r"%\((\w+)\)", text if isinstance(text, str) else text[-1]))


def write(language: str) -> None:
    """Bring the catalogues of a language up to date."""
    folder = LOCALES / language
    folder.mkdir(parents=True, exist_ok=True)
    before: dict[Key, Message] = {}
    for file in sorted(folder.glob("*.po")):
        before |= {key_of(each.id, each.context): each for each in read(file, language) if each.id}
    needed = wanted()
    for each, found in needed.items():
        catalogue = Catalog(locale=language, fuzzy=False, header_comment=HEADER)
        for key in found:
            known = before.get(key)
            catalogue.add(key.id, string=known.string if known is not None else None, context=key.context)
        with (folder / f"{each}.po").open("wb") as opened:
            write_po(opened, catalogue, width=120, omit_header=False, include_lineno=False, no_location=True)
        _tidy(folder / f"{each}.po")
    for file in folder.glob("*.po"):
        if file.stem not in needed:
            file.unlink()


def _tidy(file: Path) -> None:
    """Only the headers that a reader needs: the others would change each time."""
    lines = file.read_text().splitlines()
    kept = ("Language:", "Plural-Forms:", "Content-Type:", "Content-Transfer-Encoding:", "MIME-Version:")
    head = [line for line in lines[: lines.index("")] if not line.startswith('"') or line[1:].startswith(kept)]
    file.write_text("\n".join([*head, *lines[lines.index("") :]]).rstrip() + "\n")


def main() -> int:
    languages = sorted(path.name for path in LOCALES.iterdir() if path.is_dir())
    if "--check" not in sys.argv:
        for language in languages:
            write(language)
    found = [f"{language}: {fault}" for language in languages for fault in faults(language)]
    print("\n".join(found) or "All texts are translated.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
