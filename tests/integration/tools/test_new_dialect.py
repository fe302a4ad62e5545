"""A dialect made by `make dialect` is good before anybody has touched it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tools import new_dialect

PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
COPIED = ("src", "tests", "tools", "changes", "docs", "findings", "pyproject.toml", *PAGES)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, in which a dialect with a longer name was made."""
    copy = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name)  # with the modules that are compiled already
        else:
            shutil.copy(ROOT / name, copy / name)
    if (ROOT / ".mypy_cache").is_dir():  # what mypy knows of all other files, if it ran before the tests
        shutil.copytree(ROOT / ".mypy_cache", copy / ".mypy_cache")
    run(copy, "tools.new_dialect", "wheel_works")
    return copy


def run(project: Path, module: str, *arguments: str) -> None:
    """`python -m MODULE` in the copy; fails with what it said."""
    paths = os.pathsep.join(str(folder) for folder in (project / "src", project))
    environment = {**os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_passes_its_own_tests_and_the_houses(project: Path) -> None:
    folders = ("tests/dialects", "tests/security/authorization", "tests/architecture", "src")
    its_own = "wheel_works and not (document and postgresql)"
    run(project, "pytest", "-q", "-p", "no:cacheprovider", "-k", its_own, *folders)


def test_it_passes_the_linters(project: Path) -> None:
    folder = "src/dragoman/dialects/wheel_works"
    run(project, "ruff", "check", folder)
    run(project, "ruff", "format", "--check", folder)
    run(project, "mypy", "--strict", folder)


@pytest.mark.parametrize("name", ["", "Acme", "ac-me", "kit", "4th", "acme__x", "class"])
def test_a_name_that_will_not_do_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name for a dialect"):
        new_dialect.make(name, tmp_path)


def test_a_dialect_that_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "dragoman" / "dialects" / "acme"
    folder.mkdir(parents=True)
    with pytest.raises(ValueError, match="already"):
        new_dialect.make("acme", tmp_path)
    assert not list(folder.iterdir())
