"""Files of exported services: so many in each, whole or not there."""

import json
from pathlib import Path

import pytest

from dragoman.dialects.genesys.handlers.files import Files
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Unavailable

NOON = Moment(17_900_000_000_000_000)


def test_each_file_holds_so_many_services(tmp_path: Path) -> None:
    with Files(tmp_path / "exports", NOON, per_file=2) as files:
        files.add([b'{"a":1}', b'{"a":2}', b'{"a":3}'])
        files.add([b'{"a":4}', b'{"a":5}'])
        names = files.finish()
    assert len(names) == 3
    assert all(name.count("_") == name.count(".") == 1 for name in names)
    found = [json.loads((tmp_path / "exports" / name).read_bytes()) for name in names]
    assert found == [[{"a": 1}, {"a": 2}], [{"a": 3}, {"a": 4}], [{"a": 5}]]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "exports").iterdir()} == {0o600}


def test_two_exports_of_one_moment_have_files_of_their_own(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        with Files(tmp_path, NOON) as files:
            files.add([b"{}"])
            names += files.finish()
    assert len(set(names)) == 2


def test_nothing_to_write_makes_no_file(tmp_path: Path) -> None:
    with Files(tmp_path / "exports", NOON) as files:
        files.add([])
        assert files.finish() == []
    assert not (tmp_path / "exports").exists()


def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    files = Files(tmp_path, NOON, per_file=1)
    files.add([b"{}", b"{}"])
    assert list(tmp_path.iterdir())
    files.__exit__(RuntimeError, None, None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_files_is_reported(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("no folder")
    with pytest.raises(Unavailable), Files(tmp_path / "exports", NOON) as files:
        files.add([b"{}"])
