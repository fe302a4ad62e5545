"""Turns of writers to one SQLite file: one at a time, in line, and given up by who dies."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dragoman.store.engine.turns import Turn

HOLDER = """
import sys
from pathlib import Path
from dragoman.store.engine.turns import Turn
with Turn(Path(sys.argv[1])):
    print("has it", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(database: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process whose turn it is."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "has it\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_a_turn_waits_for_the_end_of_another(tmp_path: Path) -> None:
    database, done = tmp_path / "d.db", []
    first, second = Turn(database), Turn(database)
    with first:
        waits = threading.Thread(target=lambda: done.extend(_take(second)))
        waits.start()
        waits.join(0.1)
        assert done == []
    waits.join(10)
    assert done == ["has it"]
    first.close()
    second.close()


def _take(turn: Turn) -> list[str]:
    with turn:
        return ["has it"]


def test_a_killed_process_gives_its_turn_up(tmp_path: Path) -> None:
    turn = Turn(tmp_path / "d.db")
    with another_process(tmp_path / "d.db") as holder:
        holder.send_signal(signal.SIGKILL)
        assert _take(turn) == ["has it"]
    turn.close()


def test_who_has_waited_for_long_goes_on_and_stands_in_nobodys_way(tmp_path: Path) -> None:
    database = tmp_path / "d.db"
    hasty, patient = Turn(database, 0.05), Turn(database)
    with another_process(database) as holder:
        assert _take(hasty) == ["has it"]  # SQLite itself decides whether it may write
        holder.kill()
    assert _take(patient) == ["has it"]
    hasty.close()
    patient.close()


def test_the_files_are_private(tmp_path: Path) -> None:
    Turn(tmp_path / "d.db").close()
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
        "d.db-next": 0o600,
        "d.db-turn": 0o600,
    }
