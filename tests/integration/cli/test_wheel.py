"""The wheel is whole: what it installs runs without this checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.support.server import environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, ROOT], check=True)
    return next(folder.glob("dragoman-*.whl"))


def test_it_holds_every_file_but_tests(wheel: Path) -> None:
    code = ROOT / "src"
    expected = {
        str(file.relative_to(code))
        for file in (code / "dragoman").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith("test_")
    }
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.startswith("dragoman/")} == expected


def test_what_it_installs_serves(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    program = [sys.executable, "-m", "dragoman"]
    variables = environment(f"sqlite:///{tmp_path}/d.db") | {"PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}
    where = [sys.executable, "-c", "import dragoman; print(dragoman.__file__)"]
    found = subprocess.run(where, env=variables, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()).is_relative_to(place)
    with subprocess.Popen(
        [*program, "serve", "--port", "0"],
        env=variables,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith(b"dragoman ready")
        os.kill(server.pid, 15)
    assert server.returncode == 0
