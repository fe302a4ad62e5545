"""PostgreSQL stopped, cut off, or standing still: 503 meanwhile, all is well afterwards, nothing is lost (RELIABILITY
34)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import add_user
from tests.resilience.faults.conftest import wholly
from tests.resilience.faults.ledger import Ledger
from tests.resilience.faults.postgresql import Stoppable
from tests.resilience.faults.proxy import Wire
from tests.resilience.faults.sizes import some
from tests.support.server import Answer, Server

CLIENTS = 6
IMPATIENT = "[timeouts]\ndatabase_seconds = 1\n"
MOST_CONNECTIONS = 9
"""Of a server to its database: three lanes, four readers, the one that hears of commits, and the one it starts with."""
ROUNDS = some([1], range(20))


class Machine(NamedTuple):
    """A database server, and the wire to it."""

    postgres: Stoppable
    wire: Wire


@pytest.fixture(scope="module")
def postgres() -> Iterator[Stoppable]:
    with Stoppable() as postgres:
        yield postgres


@pytest.fixture
def machine(postgres: Stoppable) -> Iterator[Machine]:
    with Wire(postgres.port) as wire:
        yield Machine(postgres, wire)


TROUBLES: dict[str, tuple[Callable[[Machine], None], Callable[[Machine], None]]] = {
    "stopped": (lambda machine: machine.postgres.shut_down(), lambda machine: machine.postgres.start_again()),
    "cut": (lambda machine: machine.wire.cut(), lambda machine: machine.wire.mend()),
    "silent": (lambda machine: machine.wire.hang(), lambda machine: machine.wire.mend()),
    "frozen": (lambda machine: machine.postgres.freeze(), lambda machine: machine.postgres.thaw()),
}
"""What happens to it, and what ends that."""


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_database_that_is_away_costs_no_more_than_refusals_meanwhile(
    machine: Machine, trouble: str, tmp_path: Path
) -> None:
    begin, end = TROUBLES[trouble]
    name = machine.postgres.create_database()
    url = machine.postgres.url(name)
    add_user(url, "anna", admin=True)
    with wholly(Server(url.replace(str(machine.postgres.port), str(machine.wire.port)), config=IMPATIENT)) as server:
        with Ledger(server, CLIENTS) as ledger:
            ledger.wait_for_more()
            for _ in ROUNDS:
                begin(machine)
                ledger.wait_for_refusal(CLIENTS)
                assert server.call("GET", "/healthz").status == 200
                end(machine)
                ledger.wait_for_more()
                assert all(map(is_soon_over, ledger.refusals))
                # PostgreSQL hears of the end of a connection some time after us.
                ledger.wait_for(lambda: machine.postgres.connections(name) <= MOST_CONNECTIONS)
        ledger.check()


def is_soon_over(answer: Answer) -> bool:
    """Whether a client is told to come back, and when."""
    return answer.status == 503 and int(answer.headers["retry-after"]) <= 5
