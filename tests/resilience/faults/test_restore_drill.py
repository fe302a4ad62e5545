"""The drill: a copy is made while people work, put in place elsewhere, held against the original (RELIABILITY 6)."""

import random
from pathlib import Path
from typing import Any

import pytest

from dragoman.domain.errors import Invalid
from dragoman.store.engine.engines import Engine
from dragoman.store.maintenance import backup
from tests.conftest import add_user
from tests.integration.cli.command import rows
from tests.resilience.faults.conftest import wholly
from tests.resilience.faults.ledger import Ledger
from tests.resilience.faults.sizes import some
from tests.support.databases import Databases
from tests.support.server import Server, command

FLIPS = some([300], [20_000])[0]

Row = dict[str, Any]


def test_a_copy_made_while_people_work_is_one_moment_of_theirs(
    database_url: str, backend: str, databases: Databases, tmp_path: Path
) -> None:
    add_user(database_url, "anna", admin=True)
    with wholly(Server(database_url)) as server, Ledger(server, 4) as ledger:
        ledger.wait_for_more()
        known = ledger.acknowledged
        command(database_url, "backup", str(tmp_path / "copy"))
        ledger.wait_for_more()
    original = rows(database_url)

    with databases.lent(backend) as elsewhere:
        command(elsewhere, "restore", str(tmp_path / "copy"))
        assert command(elsewhere, "verify").startswith("all fits")
        copied = rows(elsewhere)

        assert not [row for row in entries(copied) if row not in entries(original)]  # nothing differs, nothing is new
        assert len(entries(copied)) < len(entries(original))
        assert revisions(copied) >= known  # and whatever was acknowledged by then is in it
        later = {row["number"] for row in entries(original) if row not in entries(copied)}
        assert [row for row in copied if stays(row, later)] == [row for row in original if stays(row, later)]

        with wholly(Server(elsewhere)) as server, Ledger(server) as ledger:
            ledger.wait_for_more()


def entries(all_rows: list[Row]) -> list[Row]:
    return [row for row in all_rows if row["table"] == "history"]


def revisions(all_rows: list[Row]) -> int:
    """How often tasks were changed after they were made."""
    return sum(row["entity"] == "task" and row["revision"] > 1 for row in entries(all_rows))


def stays(row: Row, changed: set[int]) -> bool:
    """Whether a row is none that moves on with every change, and of no task that was changed."""
    return row["table"] not in ("history", "lease", "counter") and row.get("number", row.get("task")) not in changed


@pytest.mark.parametrize("spoilt", ["copy", "copy.sha256"])
def test_every_bit_that_changed_in_a_copy_is_found(sqlite_url: str, tmp_path: Path, spoilt: str) -> None:
    command(sqlite_url, "backup", str(tmp_path / "copy"))
    target = Engine(f"sqlite:///{tmp_path / 'target.db'}")
    whole = (tmp_path / spoilt).read_bytes()
    looked_at = whole[:64] if spoilt == "copy.sha256" else whole  # behind the sum stands the file's name
    chance = random.Random(6)
    for _ in range(FLIPS):
        at, bit = chance.randrange(len(looked_at)), 1 << chance.randrange(8)
        (tmp_path / spoilt).write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        with pytest.raises(Invalid, match=r"is not what it was|is neither"):
            backup.restore(target, tmp_path / "copy")
    target.dispose()
