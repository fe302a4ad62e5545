"""Fetches the files of others that pages load, as `vendor.toml` lists them, from the registry of npm.

A file whose digest differs is refused: a new version is entered in the list first.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "dragoman" / "web" / "static" / "vendor"


def main() -> int:
    """Fetch all of them; the exit code."""
    wanted = tomllib.loads((FOLDER / "vendor.toml").read_text())["file"]
    with tempfile.TemporaryDirectory() as folder:
        for entry in wanted:
            package = Path(folder) / f"{entry['package']}-{entry['version']}.tgz"
            if not package.exists():
                name = f"{entry['package']}@{entry['version']}"
                subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True)  # noqa: S607 - pinned
            with tarfile.open(package) as archive:
                member = archive.extractfile(f"package/{entry['path']}")
                content = b"" if member is None else member.read()
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                print(f"{entry['name']}: another digest than that of the list", file=sys.stderr)
                return 1
            (FOLDER / entry["name"]).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
