"""Makes the list of common passwords again, from the wheels of Django and zxcvbn: `python -m tools.common_passwords`.

The wheels are downloaded into a temporary folder; nothing is installed. Their licences are copied beside the list.
"""

import ast
import gzip
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "src" / "dragoman" / "domain" / "common_passwords"
SOURCES = ("django==5.2.19", "zxcvbn==4.5.0")
OF_DJANGO = "django/contrib/auth/common-passwords.txt.gz"
OF_ZXCVBN = "zxcvbn/frequency_lists.py"


def main() -> None:
    """Download both wheels, and write the list and the licences."""
    with tempfile.TemporaryDirectory() as place:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*download, "--dest", place, *SOURCES], check=True)
        django, zxcvbn = sorted(Path(place).glob("*.whl"), key=lambda file: file.name.lower())
        words = {*_of_django(django), *_of_zxcvbn(zxcvbn)}
        _copy_licence(django, "LICENSE", FOLDER / "LICENSE.django")
        _copy_licence(zxcvbn, "LICENSE.txt", FOLDER / "LICENSE.zxcvbn")
    (FOLDER / "common_passwords.txt.gz").write_bytes(packed(words))
    print(f"{len(words)} passwords")


def packed(words: set[str]) -> bytes:
    """The words in lower case, sorted, one a line, compressed; the same bytes for the same words."""
    lines = sorted({word.strip().casefold() for word in words if word.strip()})
    return gzip.compress("\n".join(lines).encode(), compresslevel=9, mtime=0)


def _of_django(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return gzip.decompress(archive.read(OF_DJANGO)).decode().splitlines()


def _of_zxcvbn(wheel: Path) -> list[str]:
    """Its module has a dictionary of texts that are split at commas, read here without running it."""
    with zipfile.ZipFile(wheel) as archive:
        tree = ast.parse(archive.read(OF_ZXCVBN))
    lists = next(node.value for node in ast.walk(tree) if isinstance(node, ast.Assign))
    if not isinstance(lists, ast.Dict):
        raise ValueError(f"{OF_ZXCVBN} has another form now")
    for name, split in zip(lists.keys, lists.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == "passwords":
            return next(str(node.value) for node in ast.walk(split) if isinstance(node, ast.Constant)).split(",")
    raise ValueError(f"{OF_ZXCVBN} has no passwords any more")


def _copy_licence(wheel: Path, name: str, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        ends = (f".dist-info/{name}", f".dist-info/licenses/{name}")
        inside = next(each for each in archive.namelist() if each.endswith(ends))
        target.write_bytes(archive.read(inside))


if __name__ == "__main__":
    main()
