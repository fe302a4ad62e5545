"""One sentence for users stands in `changes/NAME.KIND.md` with each change; a release gathers them in CHANGELOG.md.

python -m tools.changelog                   check the fragments
python -m tools.changelog release 0.2.0     gather them under that version and remove them
"""

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("security", "added", "changed", "deprecated", "removed", "fixed")
NAME = re.compile(r"(?P<name>[a-z0-9]+(-[a-z0-9]+)*)\.(?P<kind>[a-z]+)\.md")
LONGEST = 400
RELEASES_BEGIN = "<!-- releases -->\n"


@dataclass(frozen=True)
class Fragment:
    """One sentence and where it belongs."""

    kind: str
    sentence: str


def faults(folder: Path) -> list[str]:
    """What is wrong with the fragments, one line each."""
    return [fault for file in _files(folder) for fault in _faults_of(file)]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.name != "README.md")


def _faults_of(file: Path) -> list[str]:
    found = NAME.fullmatch(file.name)
    if found is None or found["kind"] not in KINDS:
        return [f"{file.name}: a fragment is called what-it-is.KIND.md, KIND one of {', '.join(KINDS)}"]
    sentence = file.read_text().strip()
    said = []
    if "\n" in sentence or not sentence.endswith(".") or re.search(r"[.!?] [A-Z]", sentence):
        said.append(f"{file.name}: a fragment is one sentence on one line, with its full stop")
    if len(sentence) > LONGEST:
        said.append(f"{file.name}: {len(sentence)} characters; {LONGEST} say enough")
    return said


def fragments(folder: Path) -> list[Fragment]:
    """All of them, by kind and then by name."""
    found = [Fragment(file.name.split(".")[1], file.read_text().strip()) for file in _files(folder)]
    return sorted(found, key=lambda fragment: KINDS.index(fragment.kind))


def section(version: str, day: str, among: list[Fragment]) -> str:
    """What CHANGELOG.md says of one release."""
    kinds = [kind for kind in KINDS if any(fragment.kind == kind for fragment in among)]
    parts = [f"## {version} ({day})\n"]
    for kind in kinds:
        sentences = "".join(f"- {fragment.sentence}\n" for fragment in among if fragment.kind == kind)
        parts.append(f"### {kind.capitalize()}\n\n{sentences}")
    return "\n".join(parts)


def release(root: Path, version: str, day: str) -> None:
    """Move the fragments into CHANGELOG.md, the newest release first."""
    page, folder = root / "CHANGELOG.md", root / "changes"
    head, found, releases = page.read_text().partition(RELEASES_BEGIN)
    if not found:
        raise ValueError(f"CHANGELOG.md has no line {RELEASES_BEGIN.strip()}")
    page.write_text(f"{head}{found}\n{section(version, day, fragments(folder))}{releases}")
    for file in _files(folder):
        file.unlink()


def main(arguments: list[str]) -> int:
    """The exit status: 0 when every fragment is well formed."""
    wrong = faults(ROOT / "changes")
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    match arguments:
        case []:
            return 0
        case ["release", version]:
            release(ROOT, version, datetime.now(UTC).date().isoformat())
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
