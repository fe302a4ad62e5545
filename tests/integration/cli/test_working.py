"""`work`: background work without serving, and how it ends."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import add_user
from tests.integration.cli.command import refused, well
from tests.support.postgres import free_port
from tests.support.server import PROGRAM, environment


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_and_ends_with_0(database_url: str, told: signal.Signals) -> None:
    process = subprocess.Popen(
        [PROGRAM, "work"],
        env=environment(database_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "dragoman ready to work\n"
        process.send_signal(told)
        assert said.read() == ""
    assert process.wait() == 0


def test_a_copy_is_not_put_in_the_place_of_a_file_that_is_worked_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/dragoman.db"
    add_user(url, "anna")
    well(url, "backup", str(tmp_path / "copy.db"))
    process = subprocess.Popen(
        [PROGRAM, "work"], env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "dragoman ready to work\n"
        assert "does background work" in refused(url, "restore", str(tmp_path / "copy.db"), "--force")
        process.terminate()
    assert process.wait() == 0
    well(url, "restore", str(tmp_path / "copy.db"), "--force")


def test_a_database_that_is_away_is_said_in_a_line() -> None:
    said = refused(f"postgresql://dragoman:secret@127.0.0.1:{free_port()}/dragoman", "work")
    assert "the database says" in said
    assert "secret" not in said
