"""Acknowledged writes are kept, history is dense and in order, and every request is answered in time without a 500,
while 16 clients of all dialects work and servers are frozen and thawed."""

import pytest

from tests.conftest import add_user
from tests.resilience.nodes.mixed import Record, faults_of_history, run
from tests.support.databases import Databases
from tests.support.server import Server
from tests.support.sizes import sized

SECONDS = sized(6.0, 600.0)
SEEDS = sized((1,), (1, 2, 3))
PLACES = sized([("postgresql", 2)], [("sqlite", 1), ("postgresql", 1), ("postgresql", 2)])


def worked(url: str, nodes: int, seed: int) -> Record:
    add_user(url, "anna", admin=True)
    if nodes == 1:
        with Server(url) as only:
            return run([only], SECONDS, seed)
    with Server(url) as one, Server(url) as two:
        return run([one, two], SECONDS, seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("engine", "nodes"), PLACES)
def test_frozen_and_thawed_servers_keep_what_they_acknowledged(
    engine: str, nodes: int, seed: int, databases: Databases
) -> None:
    with databases.lent(engine) as url:
        record = worked(url, nodes, seed)
    assert not record.faults, "\n".join(record.faults[:20])
    assert {name.partition(" ")[0] for name in record.answered} == {"native", "crm", "genesys", "htm", "batch", "list"}


def test_a_history_with_a_gap_or_backwards_in_time_is_found() -> None:
    rows = [{"revision": 1, "at": "2026-01-01T00:00:01Z"}, {"revision": 3, "at": "2026-01-01T00:00:00Z"}]
    assert len(faults_of_history(rows)) == 2
    assert faults_of_history(rows[:1]) == []
