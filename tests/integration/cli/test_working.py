"""`work`: background work without serving, and how it ends."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.cli.command import refused
from tests.support.postgres import free_port
from tests.support.server import PROGRAM, environment


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_and_ends_with_0(postgres_url: str, told: signal.Signals) -> None:
    process = subprocess.Popen(
        [PROGRAM, "work"],
        env=environment(postgres_url),
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


def test_sqlite_has_one_process_which_does_the_work_itself(tmp_path: Path) -> None:
    said = refused(f"sqlite:///{tmp_path}/dragoman.db", "work", code=2)
    assert "work needs PostgreSQL" in said
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_away_is_said_in_a_line() -> None:
    said = refused(f"postgresql://dragoman:secret@127.0.0.1:{free_port()}/dragoman", "work")
    assert "the database says" in said
    assert "secret" not in said
