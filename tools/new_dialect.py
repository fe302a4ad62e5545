"""Creates the folder of a new dialect that passes its own tests: `make dialect NAME=acme`.

The template is a dialect called acme; its name is exchanged for the new one.
"""

import keyword
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).parent / "dialect_template"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def make(name: str, root: Path = ROOT) -> Path:
    """Write the new folder and its changelog fragment. ValueError for an unusable name, or one in use."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or name == "kit":
        raise ValueError(f"{name!r} is no name for a dialect; one is made like acme, or acme_tasks")
    folder = root / "src" / "dragoman" / "dialects" / name
    if folder.exists():
        raise ValueError(f"there is a dialect {name} already: {folder.relative_to(root)}")
    for file in sorted(TEMPLATE.rglob("*.*")):
        copy = folder / file.relative_to(TEMPLATE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(renamed(file.read_text(), name))
    fragment = root / "changes" / f"{name.replace('_', '-')}-dialect.added.md"
    fragment.write_text(f"Clients of {title(name)} can use Dragoman under `/{name}/v1`.\n")
    return folder


def renamed(text: str, name: str) -> str:
    """The template's text with the new name."""
    return re.sub(r"\bAcme\b", title(name), re.sub(r"\bacme\b", name, text))


def title(name: str) -> str:
    """The title of the name."""
    return name.replace("_", " ").capitalize()


def tidy(folder: Path) -> None:
    """Sort imports and format: the length of the name matters."""
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, str(folder)], check=True)


def main(arguments: list[str]) -> int:
    """The exit status."""
    if len(arguments) != 1 or not arguments[0]:
        print("usage: make dialect NAME=acme", file=sys.stderr)
        return 2
    try:
        folder = make(arguments[0])
    except ValueError as error:
        print(f"new_dialect: {error}", file=sys.stderr)
        return 1
    tidy(folder)
    print(f"Made {folder.relative_to(ROOT)}. What to do next: docs/guide/writing-a-dialect.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
