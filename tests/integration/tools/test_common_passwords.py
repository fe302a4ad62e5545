"""The list of common passwords as it ships."""

import gzip

from dragoman.domain import common_passwords
from tools.common_passwords import FOLDER, packed


def test_the_list_is_sorted_whole_and_made_the_same_again() -> None:
    file = FOLDER / common_passwords.NAME
    lines = gzip.decompress(file.read_bytes()).decode().split("\n")
    assert lines == sorted(set(lines))
    assert len(lines) == len(common_passwords.words()) > 40_000
    assert packed(set(lines)) == file.read_bytes()
    assert {"counterstrike", "fallen_angel", "qwertyuiop"} <= common_passwords.words()


def test_the_licences_lie_beside_it() -> None:
    assert "Django Software Foundation" in (FOLDER / "LICENSE.django").read_text()
    assert "MIT License" in (FOLDER / "LICENSE.zxcvbn").read_text()
