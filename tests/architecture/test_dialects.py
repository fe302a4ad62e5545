"""Every dialect folder has the same files. Without this rule one dialect's quirks stood in a page nobody found, and
another had no case that showed them."""

from pathlib import Path

import pytest

from tests.architecture.source import CODE

FILES = (
    "__init__.py",
    "operations.py|operations",
    "handlers.py|handlers",
    "wire.py|wire",
    "errors.py",
    "README.md",
    "authorization.toml",
)
DIALECTS = sorted(
    folder for folder in (CODE / "dialects").iterdir() if folder.is_dir() and folder.name not in ("kit", "__pycache__")
)


def missing(folder: Path) -> list[str]:
    """What a dialect's folder lacks. A file that outgrew the eye may be a folder of the same name."""
    lacks = [names for names in FILES if not any((folder / name).exists() for name in names.split("|"))]
    if not any(folder.glob("cases/**/*.toml")):
        lacks.append("cases/*.toml")
    return lacks


@pytest.mark.parametrize("folder", DIALECTS, ids=lambda folder: folder.name)
def test_a_dialect_has_its_files(folder: Path) -> None:
    assert not missing(folder)


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "README.md").touch()
    assert missing(tmp_path) == [
        "__init__.py",
        "operations.py|operations",
        "wire.py|wire",
        "errors.py",
        "authorization.toml",
        "cases/*.toml",
    ]
